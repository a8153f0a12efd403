"""The sections of the page: tables, lists and the places of what the script draws."""

import json
import shlex
from html import escape

from jaxgan.report import markup, read
from jaxgan.report.curves import plain_names
from jaxgan.run import directory


def header(runs) -> str:
    """The title, and in a line what is trained and how far; of several runs a list."""
    if len(runs) > 1:
        items = "".join(
            f"<li>{markup.name(i, run)}: {_summary(run)}</li>" for i, run in enumerate(runs)
        )
        return f"<header><h1>{len(runs)} runs</h1><ul class=runs>{items}</ul></header>"
    (run,) = runs
    return f"<header><h1>{escape(run.name)}</h1><p>{_summary(run)}</p></header>"


def _summary(run):
    config = run.config
    told = [
        f"game {config['game']['name']}",
        f"loss {config['loss']['name']}",
        f"data {config['data']['name']}",
        f"seed {config['seed']}",
    ]
    if config["population"]["members"] > 1:
        told.append(f"{config['population']['members']} members: medians, bands of quartiles")
    told.append(f"step {run.step:,} of {config['steps']:,}")
    return escape(" · ".join(told))


def warnings(runs) -> str:
    """What the doctor says of the last checkpoint of each."""
    items = [
        f"<li>{f'{markup.name(i, run)}: ' if len(runs) > 1 else ''}{escape(sentence)}</li>"
        for i, run in enumerate(runs)
        for sentence in run.warnings.values()
    ]
    return f"<aside><h2>Warnings</h2><ul>{''.join(items)}</ul></aside>" if items else ""


def differences(runs) -> str:
    """The keys of the configs that differ."""
    found = directory.differences(*(run.config for run in runs))
    rows = [[key, *map(markup.shown, values)] for key, values in found.items()]
    if not rows:
        return markup.section("What differs", "<p>Nothing: all have the same config.</p>")
    titles = ["key", *(markup.name(i, run) for i, run in enumerate(runs))]
    return markup.section("What differs", markup.table(titles, rows, "words"))


def checkpoints(runs) -> str:
    """The metrics of the best and the last checkpoint of each, beside their floors."""
    titles, columns, notes = ["metric"], [], []
    for i, run in enumerate(runs):
        best, last = read.best_and_last(run)
        mark = markup.name(i, run) if len(runs) > 1 else ""
        begin = mark and f"{mark}: "
        if not best:
            told = f"{run.ranked_by} was not measured yet, or never finite."
            notes.append(f"<p class=note>{begin}{escape(told)}</p>")
            continue
        for which, row in (("best", best), ("last", last)):
            columns.append(row)
            titles.append(
                markup.Markup(f"{mark} {which} <span class=step>step {row['step']:,}</span>")
            )
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
    titles += [f"floor: {of}" for of in floors]
    if floors:
        told = (
            "The floor of real examples is what they score that the reference does not hold: no "
            "generator can be expected to do better."
        )
        if len(floors) > 1:
            told += " The other floors are of what takes no learning."
        notes.append(f"<p class=note>{told}</p>")
    return markup.table(titles, rows) + "".join(notes)


def _measured(row, name):
    return markup.number(row[name]) if name in row else "–"


def samples(pictures: dict) -> str:
    """The places of the pictures, as ``drawn.pictures`` gives them."""
    if not pictures["groups"]:
        return ""
    figures = "".join(
        f"<figure><img alt='samples {escape(group['name'])}'><figcaption></figcaption></figure>"
        for group in pictures["groups"]
    )
    return markup.section(
        "Samples",
        "<div class=slider><button type=button id=play>Play</button>"
        "<input type=range id=when min=0 value=0 aria-label=step>"
        "<output id=step for=when></output></div>",
        f"<div class=figures>{figures}</div>",
        f"<p class=note>{escape(pictures['told'])}</p>",
    )


def curves(run, charts: list) -> str:
    """The places of the charts, as ``drawn.charts`` gives them."""
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
    return markup.section("Curves", f"<p class=note>{note}</p>", f"<div class=charts>{boxes}</div>")


def config(run) -> str:
    """Where the config differs from its recipe and from the defaults; and the whole."""
    begun, parts = run.stored["begun"], []
    if begun.get("recipe"):
        rows = [[key, *map(markup.shown, pair)] for key, pair in begun["differs"].items()]
        parts.append(f"<h3>Other than in {escape(begun['recipe'])}</h3>")
        titles = ("key", "recipe", "this run")
        parts.append(markup.table(titles, rows, "words") if rows else "<p>Nothing.</p>")
    rows = [[key, *map(markup.shown, pair)] for key, pair in read.from_defaults(run.config).items()]
    parts.append("<h3>Other than the defaults</h3>")
    parts.append(markup.table(("key", "default", "this run"), rows, "words"))
    whole = escape(json.dumps(run.config, indent=2))
    parts.append(f"<details><summary>The whole config</summary><pre>{whole}</pre></details>")
    return markup.section("Config", *parts)


def commands(run) -> str:
    """The commands that train the run again, go on with it, and sample from it."""
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


def environment(runs) -> str:
    """Versions, device and data."""
    facts = [{**run.stored["versions"], **_places(run)} for run in runs]
    names = dict.fromkeys(name for each in facts for name in each)
    rows = [[name, *(each.get(name, "unknown") for each in facts)] for name in names]
    titles = (
        ["", *(markup.name(i, run) for i, run in enumerate(runs))] if len(runs) > 1 else ("", "")
    )
    return markup.table(titles, rows, "words")


def _places(run):
    data = run.stored["data"]
    told = {"device": run.stored["begun"].get("device", "unknown")}
    if data:
        told["data"] = data.origin or run.config["data"]["name"]
    return told
