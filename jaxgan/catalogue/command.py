"""``jaxgan list``: what can be chosen, with a line each; of one row all that it says."""

import shutil
import textwrap

from jaxgan.catalogue.kinds import KINDS
from jaxgan.cli import Arguments, run_command
from jaxgan.core.errors import choose

LEFT = 30  # the widest column of names


def parser():
    """The command's arguments."""
    arguments = Arguments(
        "list", description="Tell what a config can name: all kinds, one kind, or one of a kind."
    )
    arguments.add_argument("kind", nargs="?", help=f"one of {', '.join(KINDS)}")
    arguments.add_argument("name", nargs="?", help="one of that kind: its options and source")
    return arguments


def of_kind(kind: str, width: int) -> str:
    """A kind's rows, a sentence each."""
    rows = KINDS[kind].rows()
    left = min(max(map(len, rows)), LEFT) + 4
    lines = [f"{kind}: {KINDS[kind].use}"]
    for name, told in rows.items():
        sentence, below = f"  {name:{left - 3}} {_plain(told.doc).splitlines()[0]}", " " * left
        lines.append(textwrap.fill(sentence, width, subsequent_indent=below))
    return "\n".join(lines)


def of_one(kind: str, name: str, width: int) -> str:
    """All that a row says of itself, and its options with their defaults."""
    told = choose(KINDS[kind].rows(), name, KINDS[kind].one)
    options = [f"  {key}={value!r}" for key, value in (told.options or {}).items()]
    none = [] if told.options is None else ["It has no options."]
    parts = [
        f"{KINDS[kind].one} {name}: {KINDS[kind].use.replace('NAME', name)}",
        _fitted(_plain(told.doc), width),
        "\n".join(textwrap.fill(fact, width) for fact in told.facts),
        "\n".join(["Options:", *options] if options else none),
    ]
    return "\n\n".join(filter(None, parts))


def _plain(doc):
    return doc.replace("``", "")


def _fitted(text, width):
    """The text in lines of ``width``; a line that is longer goes on in the next one."""
    joined, full = [], False
    for line in text.splitlines():
        if full and line:
            joined[-1] += f" {line.strip()}"
        else:
            joined.append(line)
        full = len(line) > width
    indents = [" " * (len(line) - len(line.lstrip())) for line in joined]
    return "\n".join(
        textwrap.fill(line, width, subsequent_indent=indent, break_on_hyphens=False)
        for line, indent in zip(joined, indents, strict=True)
    )


def main(argv=None):
    """Run the command; returns its exit code."""

    def command():
        flags = parser().parse_args(argv)
        width = shutil.get_terminal_size().columns
        if flags.kind:
            choose(KINDS, flags.kind, "kind")
        if flags.name:
            print(of_one(flags.kind, flags.name, width))
        else:
            kinds = [flags.kind] if flags.kind else KINDS
            print("\n\n".join(of_kind(kind, width) for kind in kinds))

    return run_command(command)
