"""The page: one file, which asks for nothing else.

Tables are written by ``sections``; curves and pictures are drawn by ``assets/report.js``. Whatever
comes from a run is text: it is escaped, and the page's own policy lets no script run but the one
that it was written with.
"""

import base64
import hashlib
import json
from html import escape
from importlib import resources
from pathlib import Path
from string import Template

from jaxgan.core import process
from jaxgan.core.files import write_text
from jaxgan.report import drawn, read, sections
from jaxgan.report.markup import section

FILE = "report.html"


def write(runs, path) -> None:
    """Write the page of one run, or of several beside one another.

    Args:
      runs: ``read.Run`` of each.
      path: of the file.
    """
    write_text(path, render(runs))


def write_own(workdir, say=process.say) -> None:
    """Write a run's page into its own directory, as training does: it must not end for that."""
    try:
        write([read.open_run(workdir, Path(workdir).resolve().name)], Path(workdir) / FILE)
    except Exception as error:
        say(f"The report could not be written ({type(error).__name__}: {error}).")


def render(runs) -> str:
    """The page as HTML, with everything that it needs inside."""
    several = len(runs) > 1
    licence = f"/*\n{_asset('uPlot-LICENSE')}\n*/"
    script = "\n".join([licence, _asset("uPlot.iife.min.js"), _asset("report.js")])
    style = f"{_asset('uPlot.min.css')}\n{_asset('report.css')}"
    content = {"charts": drawn.charts(runs), "pictures": drawn.pictures(runs)}
    parts = [
        sections.header(runs),
        sections.warnings(runs),
        sections.differences(runs) if several else "",
        section("Checkpoints", sections.checkpoints(runs)),
        sections.samples(content["pictures"]),
        sections.curves(runs[0], content["charts"]),
        *([] if several else [sections.config(runs[0])]),
        section("Commands", *map(sections.commands, runs)),
        section("Environment", sections.environment(runs)),
    ]
    return Template(_asset("report.html")).substitute(
        title=escape(_title(runs)),
        policy=f"default-src 'none'; img-src data:; style-src '{_hash(style)}'; "
        f"script-src '{_hash(script)}'; base-uri 'none'; form-action 'none'",
        style=style,
        body="\n".join(part for part in parts if part),
        # Within a script element "<" could end it.
        content=json.dumps(content, allow_nan=False).replace("<", "\\u003c"),
        script=script,
    )


def _asset(name):
    return (resources.files("jaxgan.report") / "assets" / name).read_text()


def _hash(text):
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"


def _title(runs):
    return runs[0].name if len(runs) == 1 else f"{len(runs)} runs: " + ", ".join(_names(runs))


def _names(runs):
    return [run.name for run in runs]
