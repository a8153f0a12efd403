"""Write the report of a run, or of several beside one another.

On the command line:

    jaxgan report --workdir=runs/wgan
    jaxgan report --workdir=runs/wgan runs/wgan_gp --out=both.html
"""

from pathlib import Path

from jaxgan.cli import Arguments, run_command, workdirs_of
from jaxgan.core.errors import UserError
from jaxgan.core.files import check_place
from jaxgan.report import page, read
from jaxgan.run import places


def parser():
    """The command's arguments."""
    arguments = Arguments(
        "report", description="One page of a run, or of several that it compares, for a browser."
    )
    arguments.add_workdirs()
    arguments.add_argument(
        "--out", metavar="FILE", help=f"{page.FILE}, in the directory of a run or else here"
    )
    return arguments


def main(argv=None):
    """Run the command; returns its exit code."""

    def command():
        flags = parser().parse_args(argv)
        workdirs = workdirs_of(flags)
        names = places.names(workdirs)
        runs = [read.open_run(*each) for each in zip(workdirs, names, strict=True)]
        out = Path(flags.out or (workdirs[0] if len(runs) == 1 else Path()) / page.FILE)
        if out.suffix != ".html":
            raise UserError(f"--out={out}: it must end in .html.")
        check_place(out)
        try:
            out.parent.mkdir(parents=True, exist_ok=True)
            page.write(runs, out)
        except OSError as error:
            raise UserError(f"cannot write {out}: {error.strerror or error}.") from error
        print(f"The report of {len(runs)} run{'s' * (len(runs) > 1)}: {out}")

    return run_command(command)
