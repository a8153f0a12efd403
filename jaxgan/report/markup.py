"""Text as HTML: it is escaped here."""

import json
import math
from html import escape

COLOURS = 8  # of the style sheet; more runs begin anew


def section(title: str, *parts: str) -> str:
    """A section of the page; "" without any part."""
    body = "\n".join(part for part in parts if part)
    return f"<section><h2>{escape(title)}</h2>\n{body}</section>" if body else ""


def table(header, rows, kind: str = "numbers") -> str:
    """A table of text; a cell may be a mark that ``name`` made."""
    head = "".join(f"<th scope=col>{cell(text)}</th>" for text in header)
    body = "".join(
        f"<tr><th scope=row>{cell(first)}</th>"
        + "".join(f"<td>{cell(text)}</td>" for text in others)
        + "</tr>"
        for first, *others in rows
    )
    whole = f"<table class={kind}><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
    return f"<div class=wide>{whole}</div>"


class Markup(str):
    """HTML, and not text to escape."""


def cell(text) -> str:
    """Text, escaped, or a mark as it is."""
    return text if isinstance(text, Markup) else escape(str(text))


def name(i: int, run) -> Markup:
    """A run's name beside its colour; ``i``: the run's place among the runs of the page."""
    return Markup(f"<span class='dot c{i % COLOURS}'></span>{escape(run.name)}")


def number(value) -> str:
    """A number in four digits."""
    if value is None or not math.isfinite(value):
        return "not finite"
    return f"{value:.4g}"


def shown(value) -> str:
    """A config's value as the command line takes it."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list | tuple):
        return ", ".join(map(shown, value))
    return json.dumps(value) if isinstance(value, dict) else str(value) or '""'
