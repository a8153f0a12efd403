"""The page: tables are written here, curves and pictures drawn by ``assets/report.js``.

Whatever comes from a run is text: it is escaped, and the page's own policy lets no script run but
the one that it was written with.
"""

import base64
import hashlib
import json
import math
import shlex
from html import escape
from importlib import resources
from pathlib import Path
from string import Template

from jaxgan.core import process
from jaxgan.core.files import write_text
from jaxgan.evaluation import grid
from jaxgan.games import GAMES
from jaxgan.report import read, words
from jaxgan.report.curves import curve, plain_names
from jaxgan.run import directory

FILE = "report.html"
PICTURES, BYTES = 60, 3_300_000  # in a page at most; before base64, which adds a third
COLOURS = 8  # of the style sheet; more runs begin anew


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
    content = {"charts": _charts(runs), "pictures": _pictures(runs)}
    parts = [
        _header(runs),
        _warnings(runs),
        _differences(runs) if several else "",
        _section("Checkpoints", _checkpoints(runs)),
        _samples(content["pictures"]),
        _curves(runs[0], content["charts"]),
        *([] if several else [_config(runs[0])]),
        _section("Commands", *map(_commands, runs)),
        _section("Environment", _environment(runs)),
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


# HTML.


def _section(title, *parts):
    body = "\n".join(part for part in parts if part)
    return f"<section><h2>{escape(title)}</h2>\n{body}</section>" if body else ""


def _table(header, rows, kind="numbers"):
    """A table of text; a cell may be a mark that ``_name`` made."""
    head = "".join(f"<th scope=col>{_cell(text)}</th>" for text in header)
    body = "".join(
        f"<tr><th scope=row>{_cell(first)}</th>"
        + "".join(f"<td>{_cell(text)}</td>" for text in others)
        + "</tr>"
        for first, *others in rows
    )
    table = f"<table class={kind}><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
    return f"<div class=wide>{table}</div>"


class _Markup(str):
    """HTML, and not text to escape."""


def _cell(text):
    return text if isinstance(text, _Markup) else escape(str(text))


def _name(i, run):
    """A run's name beside its colour."""
    return _Markup(f"<span class='dot c{i % COLOURS}'></span>{escape(run.name)}")


def _number(value):
    if value is None or not math.isfinite(value):
        return "not finite"
    return f"{value:.4g}"


def _shown(value):
    """A config's value as the command line takes it."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list | tuple):
        return ", ".join(map(_shown, value))
    return json.dumps(value) if isinstance(value, dict) else str(value) or '""'


# Its parts.


def _header(runs):
    if len(runs) > 1:
        items = "".join(f"<li>{_name(i, run)}: {_summary(run)}</li>" for i, run in enumerate(runs))
        return f"<header><h1>{len(runs)} runs</h1><ul class=runs>{items}</ul></header>"
    (run,) = runs
    return f"<header><h1>{escape(run.name)}</h1><p>{_summary(run)}</p></header>"


def _summary(run):
    config = run.config
    words_ = [
        f"game {config['game']['name']}",
        f"loss {config['loss']['name']}",
        f"data {config['data']['name']}",
        f"seed {config['seed']}",
    ]
    if config["population"]["members"] > 1:
        words_.append(f"{config['population']['members']} members: medians, bands of quartiles")
    words_.append(f"step {run.step:,} of {config['steps']:,}")
    return escape(" · ".join(words_))


def _warnings(runs):
    items = [
        f"<li>{f'{_name(i, run)}: ' if len(runs) > 1 else ''}{escape(sentence)}</li>"
        for i, run in enumerate(runs)
        for sentence in run.warnings.values()
    ]
    return f"<aside><h2>Warnings</h2><ul>{''.join(items)}</ul></aside>" if items else ""


def _differences(runs):
    found = directory.differences(*(run.config for run in runs))
    rows = [[key, *map(_shown, values)] for key, values in found.items()]
    if not rows:
        return _section("What differs", "<p>Nothing: all have the same config.</p>")
    header = ["key", *(_name(i, run) for i, run in enumerate(runs))]
    return _section("What differs", _table(header, rows, "words"))


def _checkpoints(runs):
    header, columns, notes = ["metric"], [], []
    for i, run in enumerate(runs):
        best, last = read.best_and_last(run)
        mark = _name(i, run) if len(runs) > 1 else ""
        begin = mark and f"{mark}: "
        if not best:
            told = f"{run.ranked_by} was not measured yet, or never finite."
            notes.append(f"<p class=note>{begin}{escape(told)}</p>")
            continue
        for which, row in (("best", best), ("last", last)):
            columns.append(row)
            header.append(_Markup(f"{mark} {which} <span class=step>step {row['step']:,}</span>"))
        saved = ", ".join(f"{step:,}" for step in run.saved) or "none"
        told = f"Best by {run.ranked_by.replace('_', ' ')}; checkpoints at hand: steps {saved}."
        notes.append(f"<p class=note>{begin}{escape(told)}</p>")
    if not columns:
        return "".join(notes)
    floors = {of: floor for run in reversed(runs) for of, floor in run.floors.items()}
    names = plain_names(read.names_in([row for run in runs for row in run.measured]))
    rows = [
        [name.replace("_", " "), *(_measured(row, name) for row in (*columns, *floors.values()))]
        for name in names
    ]
    header += [f"floor: {of}" for of in floors]
    if floors:
        told = (
            "The floor of real examples is what they score that the reference does not hold: no "
            "generator can be expected to do better."
        )
        if len(floors) > 1:
            told += " The other floors are of what takes no learning."
        notes.append(f"<p class=note>{told}</p>")
    return _table(header, rows) + "".join(notes)


def _measured(row, name):
    return _number(row[name]) if name in row else "–"


def _samples(pictures):
    if not pictures["groups"]:
        return ""
    figures = "".join(
        f"<figure><img alt='samples {escape(group['name'])}'><figcaption></figcaption></figure>"
        for group in pictures["groups"]
    )
    return _section(
        "Samples",
        "<div class=slider><button type=button id=play>Play</button>"
        "<input type=range id=when min=0 value=0 aria-label=step>"
        "<output id=step for=when></output></div>",
        f"<div class=figures>{figures}</div>",
        f"<p class=note>{escape(pictures['told'])}</p>",
    )


def _curves(run, charts):
    if not charts:
        return ""
    boxes = "".join(
        f"<figure class=chart><h3>{escape(chart['title'])}</h3><div class=plot></div>"
        f"<figcaption>{escape(chart['told'])}</figcaption></figure>"
        for chart in charts
    )
    note = (
        "Move over a chart to read it at a step; drag across one to zoom all of them in; double "
        "click to zoom out. A band is the span of what its line stands for."
    )
    return _section("Curves", f"<p class=note>{note}</p>", f"<div class=charts>{boxes}</div>")


def _config(run):
    begun, parts = run.stored["begun"], []
    if begun.get("recipe"):
        rows = [[key, *map(_shown, pair)] for key, pair in begun["differs"].items()]
        parts.append(f"<h3>Other than in {escape(begun['recipe'])}</h3>")
        header = ("key", "recipe", "this run")
        parts.append(_table(header, rows, "words") if rows else "<p>Nothing.</p>")
    rows = [[key, *map(_shown, pair)] for key, pair in read.from_defaults(run.config).items()]
    parts.append("<h3>Other than the defaults</h3>")
    parts.append(_table(("key", "default", "this run"), rows, "words"))
    whole = escape(json.dumps(run.config, indent=2))
    parts.append(f"<details><summary>The whole config</summary><pre>{whole}</pre></details>")
    return _section("Config", *parts)


def _commands(run):
    again = read.command(run, f"{run.workdir}-again")
    if not again:
        return (
            f"<p>{escape(run.name)} was begun from Python: <code>train(config, workdir)</code> "
            "with the config of its config.json.</p>"
        )
    lines = {
        "Again, from the start": again,
        "Go on where it left off": read.command(run, run.workdir),
        "Sample from the best checkpoint": shlex.join(
            ["jaxgan", "sample", f"--workdir={run.workdir}", "--step=best"]
        ),
    }
    items = "".join(
        f"<dt>{escape(told)}</dt><dd><pre>{escape(line)}</pre></dd>" for told, line in lines.items()
    )
    return f"<dl>{items}</dl>"


def _environment(runs):
    facts = [{**run.stored["versions"], **_places(run)} for run in runs]
    names = dict.fromkeys(name for each in facts for name in each)
    rows = [[name, *(each.get(name, "unknown") for each in facts)] for name in names]
    header = ["", *(_name(i, run) for i, run in enumerate(runs))] if len(runs) > 1 else ("", "")
    return _table(header, rows, "words")


def _places(run):
    data = run.stored["data"]
    told = {"device": run.stored["begun"].get("device", "unknown")}
    if data:
        told["data"] = data.origin or run.config["data"]["name"]
    return told


# What the script draws.


def _charts(runs):
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


def _pictures(runs):
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
    if any("source" in GAMES[run.config["game"]["name"]].generator for run in runs):
        told += " From the left: what was given, what was made of it, and the truth, if known."
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
