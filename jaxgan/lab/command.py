"""jaxgan lab [--host=127.0.0.1] [--port=8000] [--no_browser]: toy games, live in the browser."""

import importlib.util
import sys
import threading
import webbrowser

from jaxgan.cli import Arguments, run_command
from jaxgan.core import process
from jaxgan.core.errors import UserError, within

EVERYWHERE = ("0.0.0.0", "::")  # who listens so is asked for under any name
NEEDED = ("starlette", "uvicorn", "websockets")


def parser():
    """The command's arguments."""
    arguments = Arguments(
        "lab",
        usage="jaxgan lab [--port=8000] [--host=127.0.0.1] [--no_browser]",
        description="Serve a page that trains toy games live, until Ctrl-C.",
    )
    arguments.add_argument("--port", type=int, default=8000, help="0: any that is free (8000)")
    arguments.add_argument(
        "--host",
        default="127.0.0.1",
        help="where it listens; another than the loopback opens it to whoever reaches it, "
        "without a password",
    )
    arguments.add_argument(
        "--no_browser", action="store_true", help="print the address and open nothing"
    )
    return arguments


def check_extra():
    """Raise ``UserError`` unless the packages of the extra are there."""
    missing = [name for name in NEEDED if importlib.util.find_spec(name) is None]
    if missing:
        raise UserError(
            f"the lab needs {' and '.join(missing)}; install the extra: pip install 'jaxgan[lab]'."
        )


def main(argv=None):
    """Run the command; returns its exit code."""

    def command():
        flags = parser().parse_args(sys.argv[1:] if argv is None else argv)
        within("--port", flags.port, 0, 2**16)
        check_extra()
        from jaxgan.lab import server, setting
        from jaxgan.step import compilation

        compilation.set_xla_flags(setting.base())

        def started(address):
            process.say(f"The lab is at {address} - Ctrl-C ends it.")
            if not flags.no_browser:
                # A browser of the terminal's returns only when it is left.
                threading.Thread(target=webbrowser.open, args=[address], daemon=True).start()

        app = server.application(["*" if flags.host in EVERYWHERE else flags.host])
        server.serve(app, flags.host, flags.port, started)
        process.bound(0)  # games that are compiled still are not waited for

    return run_command(command)
