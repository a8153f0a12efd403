"""``jaxgan export``: the average generator of a run as a file for other programs, and its card."""

from pathlib import Path

from jaxgan.cli import Arguments, run_command
from jaxgan.core.errors import UserError
from jaxgan.core.files import check_place, write_text
from jaxgan.export.card import card
from jaxgan.export.forms import FORMS
from jaxgan.export.generator import load
from jaxgan.run import generator


def parser():
    """The command's arguments."""
    arguments = Arguments("export", description="Write a generator as a file for other programs.")
    arguments.add_argument("--workdir", required=True, metavar="DIR", help="the run directory")
    arguments.add_argument(
        "--out",
        required=True,
        metavar="FILE",
        help=f"its ending tells the form: {', '.join(FORMS)}; a card, FILE.md, beside it",
    )
    arguments.add_of_runs("member", "direction", "step")
    return arguments


def main(argv=None):
    """Run the command; returns its exit code."""

    def command():
        flags = parser().parse_args(argv)
        out = Path(flags.out)
        if out.suffix not in FORMS:
            raise UserError(f"cannot write {out}: it must end in one of {', '.join(FORMS)}.")
        beside = out.with_name(f"{out.name}.md")
        content = () if out.suffix == generator.ENDING else (generator.beside(out),)
        for place in (out, beside, *content):
            check_place(place)
        of = (flags.workdir, flags.step, flags.member, flags.direction)
        exported = load(*of, weights=out.suffix == generator.ENDING)
        out.parent.mkdir(parents=True, exist_ok=True)
        FORMS[out.suffix](out, exported)
        write_text(beside, card(out, exported, flags.workdir))
        size = out.stat().st_size / 1e6
        print(f"The generator of step {exported.content['step']}: {out} ({size:.3g} MB), {beside}")

    return run_command(command)
