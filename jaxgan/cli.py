"""How every command starts and ends: a user's mistake is one sentence and exit code 2."""

import argparse
import importlib
import signal
import sys

from jaxgan.core import process
from jaxgan.core.errors import Stopped, UserError, choose
from jaxgan.core.files import expand

# name -> (its file, an example)
COMMANDS = {
    "train": ("jaxgan.main", "--config=wgan --workdir=runs/wgan"),
    "tune": ("jaxgan.tuning.command", "--config=baseline --minutes=5"),
    "evaluate": ("jaxgan.evaluate", "--workdir=runs/wgan"),
    "sample": ("jaxgan.sample", "--workdir=runs/wgan --num=64 --out=grid.png"),
    "film": ("jaxgan.film", "--workdir=runs/wgan --out=film.gif"),
    "report": ("jaxgan.report.command", "--workdir=runs/wgan"),
    "export": ("jaxgan.export.command", "--workdir=runs/wgan --out=wgan.safetensors"),
    "list": ("jaxgan.catalogue.command", "losses hinge"),
    "translate": ("jaxgan.translate", "--workdir=runs/pix2pix --input=pictures --out=redrawn"),
    "lab": ("jaxgan.lab.command", "--port=8000"),
}
HELP = "\n".join(
    [
        "usage: jaxgan COMMAND [options]",
        "",
        *(f"  jaxgan {name:10}{example}" for name, (_, example) in COMMANDS.items()),
        "",
        "jaxgan COMMAND --help tells the options.",
    ]
)


# Options of any command whose value is a path.
PATHS = (
    "config",
    "workdir",
    "input",
    "mask",
    "out",
    "real",
    "fake",
    "neighbours",
    "inception_weights",
)

# What argparse names as Python does.
NUMBERS = {"int": "a whole number", "float": "a number"}


def step_of(text):
    """A checkpoint's step on the command line: a number, or a word as ``best``."""
    return int(text) if text.isdigit() else text


# Options of several commands: what of a run is looked at.
OF_RUNS = {
    "workdir": {  # of the commands that ask the average generator alone
        "required": True,
        "metavar": "DIR",
        "help": "the run directory, or a file of jaxgan export",
    },
    "member": {"type": int, "default": 0, "help": "of a population (0)"},
    "data": {
        "default": "",
        "metavar": "NAME",
        "help": "where the run's data are now: folder:DIR, or the directory of TFDS sets",
    },
    "direction": {"help": "AtoB or BtoA, of a run that translates both ways"},
    "seed": {"type": int, "default": 0, "help": "of the noise (0)"},
    "step": {"type": step_of, "help": "of the checkpoint, or 'best'; default: the latest"},
}


class Arguments(argparse.ArgumentParser):
    """A command's arguments; a wrong one is a ``UserError``, no option can be abbreviated."""

    def __init__(self, name, **options):
        layout = argparse.RawDescriptionHelpFormatter
        prog = f"jaxgan {name}"
        super().__init__(prog, allow_abbrev=False, formatter_class=layout, **options)

    def parse_known_args(self, args=None, namespace=None):
        """As argparse has it; a path that begins with ``~`` is expanded.

        A shell does that where a word begins, and not within ``--out=~/grid.png``.
        """
        flags, rest = super().parse_known_args(args, namespace)
        for name in PATHS:
            value = getattr(flags, name, None) or ""
            if value.startswith("~"):
                slash = "/" * value.endswith("/")  # it asks for a folder
                setattr(flags, name, f"{expand(value)}{slash}")
        return flags, rest

    def add_of_runs(self, *names):
        """Add rows of ``OF_RUNS``."""
        for name in names:
            self.add_argument(f"--{name}", **OF_RUNS[name])

    def add_workdirs(self):
        """Add ``--workdir`` of one run or of several, which ``workdirs_of`` reads."""
        several = {"metavar": "DIR", "default": []}
        self.add_argument(
            "--workdir",
            dest="first",
            nargs="+",
            required=True,
            help="the run directories",
            **several,
        )
        self.add_argument("more", nargs="*", help="more of them", **several)

    def error(self, message):
        """Raise what ``run_command`` tells, where argparse would print its usage and exit."""
        for kind, words in NUMBERS.items():
            message = message.replace(f"invalid {kind} value: ", f"not {words}: ")
        raise UserError(f"{message}; {self.prog} --help tells the options.")


def workdirs_of(flags) -> list:
    """The run directories that a command with ``add_workdirs`` is given."""
    words = [*flags.first, *flags.more]
    if "" in words:
        raise UserError("--workdir is empty; it names the run directories.")
    return [expand(word) for word in words]


def run_command(command):
    """Call ``command()`` and return the process's exit code: what it returns, or 0 for None.

    A mistake, a signal and a place that cannot be read or written are told in one sentence.
    """
    try:
        code = command() or 0
        sys.stdout.flush()  # or what cannot be printed would show after the last chance to tell
        return code
    except UserError as error:
        process.tell(error)
        return 2
    except MemoryError as error:
        told = f" ({error})" if str(error) else ""
        process.tell(f"this needs more memory than there is{told}.")
        return 2
    except Stopped as stopped:
        process.tell(stopped)
        return stopped.exit_code
    except KeyboardInterrupt:
        process.tell("ended at once by SIGINT; what is saved is whole.")
        return 128 + signal.SIGINT
    except BrokenPipeError:  # as of any command whose reader has left
        process.silence(sys.stdout)
        return 128 + signal.SIGPIPE
    except OSError as error:
        process.silence(sys.stdout)  # or Python would tell once more
        place = f"{str(error.filename):.200} " if error.filename else "a file or the output "
        process.tell(f"{place}cannot be read or written: {error.strerror or error}.")
        return 2


def main(argv=None):
    """The console command ``jaxgan``: ``jaxgan train ...``, ``jaxgan sample ...``.

    Args:
      argv: the words after it; None: those of the process, which is then this command's alone.
    """
    if argv is None:
        return console(sys.argv[1:])
    if not argv or argv[0] in ("-h", "--help"):
        print(HELP, file=sys.stdout if argv else sys.stderr)
        return 0 if argv else 2

    def command():
        room, _ = choose(COMMANDS, argv[0], "command")
        return importlib.import_module(room).main(argv[1:])

    return run_command(command)


def console(argv):
    """Be a process of its own: as ``main``, and signals are heard from here on."""
    process.start()
    try:
        code = run_command(lambda: main(argv))
    except Exception:  # a bug: told in full, and no thread is waited for either
        process.bound(1)
        raise
    if code:  # of a run of several processes, one that is done waits for the others
        process.bound(code)
    return code
