"""What a run directory tells: numbers, pictures, how the run was begun. No data are loaded."""

import shlex
from pathlib import Path
from typing import NamedTuple

from jaxgan import data, defaults
from jaxgan.core.dotted import at, put
from jaxgan.evaluation.ranking import QUALITY
from jaxgan.run import checkpoint, directory, doctor, logs, tables


class Run(NamedTuple):
    """A run, as its directory has it.

    Attributes:
      name: what tells it from the others of a page.
      workdir: its path.
      stored: what ``directory.read_config`` gives.
      training, measured: the numbers of each row of metrics.jsonl that training tells, and of each
        row of a checkpoint those that its generator was measured by.
      warnings: what the doctor says of the last checkpoint: {name: sentence}.
      floors: {of what: {name: number or None}}; empty where nothing was measured yet.
      saved: steps of the checkpoints at hand, ascending.
      pictures: {member, "" of a run of one: [(step, path), ...]}, ascending.
    """

    name: str
    workdir: Path
    stored: dict
    training: list
    measured: list
    warnings: dict
    floors: dict
    saved: list
    pictures: dict

    @property
    def step(self):
        """The last step that is told of."""
        return self.training[-1]["step"] if self.training else 0

    @property
    def ranked_by(self):
        """The name of the metric that ranks checkpoints, lower is better."""
        return self.stored["begun"].get("ranked_by", QUALITY)

    @property
    def config(self) -> dict:
        """The whole config, plain."""
        return self.stored["config"]


def open_run(workdir, name) -> Run:
    """Read a run directory.

    Raises:
      UserError: it holds no run, or a config that cannot be read.
    """
    workdir = Path(workdir)
    stored = directory.read_config(workdir)
    rows = logs.read_metrics(workdir / logs.METRICS)
    looked = [row for row in rows if QUALITY in row]
    return Run(
        name=name,
        workdir=workdir,
        stored=stored,
        training=[_parts(row)[0] for row in rows],
        measured=[_parts(row)[1] for row in looked],
        warnings=looked[-1].get(doctor.WARNINGS, {}) if looked else {},
        floors=logs.read_floors(workdir / logs.FLOORS),
        saved=checkpoint.steps_in(workdir / "checkpoints"),
        pictures=pictures(workdir / "samples"),
    )


def pictures(folder):
    """The pictures that a run has kept: {member, "" of a run of one: [(step, path), ...]}."""
    members = sorted(path for path in folder.glob("member-*") if path.is_dir())
    found = {path.name: _by_step(path) for path in members} or {"": _by_step(folder)}
    return {name: each for name, each in found.items() if each}


def _by_step(folder):
    return [(int(p.stem), p) for p in sorted(folder.glob("*.png")) if p.stem.isdecimal()]


def _parts(row):
    """A row's numbers of training, and those that were measured, which end it: each with its step.

    A term of a loss and a metric may have one name.
    """
    names = [name for name in row if name != doctor.WARNINGS]
    begin = names.index(QUALITY) if QUALITY in names else len(names)
    training, measured = names[:begin], names[begin:]
    return {n: row[n] for n in training}, {n: row[n] for n in ("step", *measured)}


def names_in(rows) -> list[str]:
    """The names of the numbers in rows, in their order."""
    return [name for name in dict.fromkeys(n for row in rows for n in row) if name != "step"]


def best_and_last(run: Run) -> tuple:
    """The rows of the best checkpoint and of the last one that was measured; None without any.

    Each is of the metric that ranks; where it is of an evaluation, so are they.
    """
    return tables.ranked(run.measured, run.ranked_by)


def from_defaults(config) -> dict:
    """Where a config differs from the defaults: {dotted key: (default, its own)}.

    The options of a row that it names differ from that row's defaults.
    """
    plain, chosen = defaults.get_config().to_dict(), {}
    for dotted in defaults.GROUPS:
        put(chosen, f"{dotted}.name", at(config, dotted)["name"])
    named = defaults.complete(chosen)
    named["data"]["options"] = dict(data.options_of(config["data"]["name"]))
    for dotted in defaults.GROUPS:  # the names themselves
        put(named, f"{dotted}.name", at(plain, dotted)["name"])
    return directory.differences(named, config)


def command(run: Run, workdir) -> str:
    """The command that trains this run in a directory, for a shell; "" where none is known."""
    begun = run.stored["begun"]
    if not begun.get("recipe"):
        return ""
    words = [f"--config={begun['recipe']}", f"--workdir={workdir}"]
    words += [f"--config.{key}={text}" for key, text in begun["overrides"].items()]
    return " ".join(["jaxgan train", *map(shlex.quote, words)])
