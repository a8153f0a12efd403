"""What the page's script draws, as plain JSON: the curves and the pictures."""

import base64

from jaxgan.evaluation import grid
from jaxgan.games import GAMES
from jaxgan.report import read, words
from jaxgan.report.curves import curve, plain_names
from jaxgan.report.markup import COLOURS

PICTURES, BYTES = 60, 3_300_000  # in a page at most; before base64, which adds a third


def charts(runs) -> list[dict]:
    """A chart a panel of ``words.panels``: curves, floor, and what they mean."""
    several = len(runs) > 1
    training, measured = (
        plain_names(read.names_in([row for run in runs for row in getattr(run, kind)]))
        for kind in ("training", "measured")
    )
    found = []
    for panel in words.panels(training, measured, alone=several):
        kind = "measured" if panel.measured else "training"
        curves = []
        for i, run in enumerate(runs):
            rows = getattr(run, kind)
            for j, name in enumerate(panel.names):
                if any(row.get(name) is not None for row in rows):
                    label = run.name if several else name.replace("_", " ")
                    colour = (i if several else j) % COLOURS
                    curves.append({"label": label, "colour": colour, **curve(rows, name)})
        if not curves:
            continue
        told = panel.told(runs[0].config)
        chart = {"title": panel.title, "log": panel.log, "told": told, "curves": curves}
        floor = runs[0].floors.get("real", {}).get(panel.names[0]) if panel.measured else None
        found.append(chart | {"floor": floor})
    return found


def pictures(runs) -> dict:
    """The pictures of all runs and members: evenly chosen, so many and so large that they fit."""
    several = len(runs) > 1
    groups = [
        (" ".join(filter(None, [run.name * several, member])), pictures)
        for run in runs
        for member, pictures in run.pictures.items()
    ][:PICTURES]
    each = max(1, PICTURES // max(1, len(groups)))
    chosen = [(name, _evenly(pictures, each)) for name, pictures in groups]
    fewer = any(len(own) < len(all_) for (_, own), (_, all_) in zip(chosen, groups, strict=True))
    told = "From the same rows and the same noise at every step."
    takes = {name for run in runs for name in GAMES[run.config["game"]["name"]].generator}
    if "source" in takes:
        told += " From the left: what was given, what was made of it, and the truth, if known."
    elif "caption" in takes:
        told += " From the left: what was made of a sentence, and the image that it is of."
    if fewer:
        told += " Not all are shown; the others lie in samples/."
    return {
        "told": told,
        "groups": [
            {
                "name": name,
                "steps": [step for step, _ in pictures],
                "images": [_uri(path) for _, path in pictures],
            }
            for name, pictures in chosen
        ],
    }


def _evenly(items, most):
    """At most so many of a list, evenly chosen, the last among them."""
    if len(items) <= most:
        return items
    return [items[round((i + 1) * len(items) / most) - 1] for i in range(most)]


def _uri(path):
    stamp = path.stat().st_mtime_ns
    kind, content = grid.read_small(str(path), stamp, BYTES // PICTURES)
    return f"data:image/{kind};base64,{base64.b64encode(content).decode()}"
