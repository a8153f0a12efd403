"""How every command ends: a user's mistake is one sentence and exit code 2, never a traceback."""

import importlib
import sys

from jaxgan.errors import Stopped, UserError, choose

COMMANDS = {"train": "jaxgan.main", "sample": "jaxgan.sample"}


def run_command(command):
    """Call ``command()`` and return the process's exit code: what it returns, or 0 for None."""
    try:
        return command() or 0
    except UserError as error:
        print(f"jaxgan: {error}", file=sys.stderr)
        return 2
    except Stopped as stopped:
        print(f"jaxgan: {stopped}", file=sys.stderr)
        return stopped.exit_code


def main(argv=None):
    """The console command ``jaxgan``: ``jaxgan train ...``, ``jaxgan sample ...``."""
    argv = sys.argv[1:] if argv is None else argv
    name, rest = (argv[0], argv[1:]) if argv else ("", [])

    def command():
        room = choose(COMMANDS, name, "command")
        return importlib.import_module(room).main(rest)

    return run_command(command)
