"""How every command starts and ends: a user's mistake is one sentence and exit code 2."""

import argparse
import errno
import importlib
import sys

from jaxgan.core.errors import Stopped, UserError, choose

# name -> (its file, an example)
COMMANDS = {
    "train": ("jaxgan.main", "--config=configs/wgan.py --workdir=runs/wgan"),
    "evaluate": ("jaxgan.evaluate", "--workdir=runs/wgan"),
    "sample": ("jaxgan.sample", "--workdir=runs/wgan --num=64 --out=grid.png"),
}
HELP = "\n".join(
    [
        "usage: jaxgan COMMAND [options]",
        "",
        *(f"  jaxgan {name:9}{example}" for name, (_, example) in COMMANDS.items()),
        "",
        "jaxgan COMMAND --help tells the options.",
    ]
)


class Arguments(argparse.ArgumentParser):
    """A command's arguments; a wrong one is a ``UserError``, no option can be abbreviated."""

    def __init__(self, name, **options):
        layout = argparse.RawDescriptionHelpFormatter
        prog = f"jaxgan {name}"
        super().__init__(prog, allow_abbrev=False, formatter_class=layout, **options)

    def error(self, message):
        """Raise what ``run_command`` tells, where argparse would print its usage and exit."""
        raise UserError(f"{message}; {self.prog} --help tells the options.")


def step_of(text):
    """A checkpoint's step on the command line: a number, or a word as ``best``."""
    return int(text) if text.isdigit() else text


def run_command(command):
    """Call ``command()`` and return the process's exit code: what it returns, or 0 for None."""
    try:
        return command() or 0
    except UserError as error:
        print(f"jaxgan: {error}", file=sys.stderr)
        return 2
    except OSError as error:
        if error.errno != errno.ENAMETOOLONG:  # all others are told where they occur
            raise
        print(f"jaxgan: {str(error.filename):.40}...: {error.strerror}.", file=sys.stderr)
        return 2
    except MemoryError as error:
        print(f"jaxgan: this needs more memory than there is ({error}).", file=sys.stderr)
        return 2
    except Stopped as stopped:
        print(f"jaxgan: {stopped}", file=sys.stderr)
        return stopped.exit_code


def main(argv=None):
    """The console command ``jaxgan``: ``jaxgan train ...``, ``jaxgan sample ...``."""
    argv = sys.argv[1:] if argv is None else argv
    if not argv or argv[0] in ("-h", "--help"):
        print(HELP, file=sys.stdout if argv else sys.stderr)
        return 0 if argv else 2

    def command():
        room, _ = choose(COMMANDS, argv[0], "command")
        return importlib.import_module(room).main(argv[1:])

    return run_command(command)
