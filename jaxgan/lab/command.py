"""``jaxgan lab``: toy games that learn, live, in the browser, and the images of a run."""

import sys
import threading
import webbrowser

from jaxgan.cli import Arguments, run_command
from jaxgan.core import process
from jaxgan.core.errors import UserError, within
from jaxgan.core.extras import bring

EVERYWHERE = ("0.0.0.0", "::")  # who listens so is asked for under any name
NEEDED = ("starlette", "uvicorn", "websockets")


def parser():
    """The command's arguments."""
    arguments = Arguments(
        "lab",
        usage="jaxgan lab [--workdir=DIR] [--port=8000] [--host=ADDRESS] [--no_browser]",
        description="Serve a page that trains toy games live, and with --workdir one on which the\n"
        "images of a run are looked at, and pictures drawn and translated; until Ctrl-C.",
    )
    arguments.add_argument(
        "--workdir",
        metavar="DIR",
        help="a run directory of images, or a file of jaxgan export; nothing is written there",
    )
    arguments.add_of_runs("member", "data", "step")
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


def main(argv=None):
    """Run the command; returns its exit code."""

    def command():
        flags = parser().parse_args(sys.argv[1:] if argv is None else argv)
        within("--port", flags.port, 0, 2**16)
        of_run = {"step": flags.step, "member": flags.member, "moved": flags.data}
        if flags.workdir == "":
            raise UserError("--workdir is empty; it names a run directory.")
        given = flags.step is not None or flags.member or flags.data
        if flags.workdir is None and given:
            raise UserError("--step, --member and --data are of a run; name its --workdir, too.")
        bring(*NEEDED, what="the lab", extra="lab")
        from jaxgan.build.parts import both_dense
        from jaxgan.lab import opened, server, setting
        from jaxgan.step import compilation

        # The flag is for the toys' dense networks; those of a run may be convolutions.
        compilation.set_xla_flags(not flags.workdir and both_dense(setting.base()))
        run = opened.open_run(flags.workdir, **of_run) if flags.workdir else None

        def started(address):
            address = f"{address}run" if run else address
            process.say(f"The lab is at {address} - Ctrl-C ends it.")
            if not flags.no_browser:
                # A browser of the terminal's returns only when it is left.
                threading.Thread(target=webbrowser.open, args=[address], daemon=True).start()

        app = server.application(["*" if flags.host in EVERYWHERE else flags.host], run)
        server.serve(app, flags.host, flags.port, started)
        process.bound(0)  # games that are compiled still are not waited for

    return run_command(command)
