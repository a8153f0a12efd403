"""The card beside an exported generator: what it is, how it is called, of which data, how good."""

import json
import re
from importlib import resources
from pathlib import Path

import jax

from jaxgan.build import parts
from jaxgan.data import TOYS
from jaxgan.data.bundled import FILES
from jaxgan.data.labels import class_names
from jaxgan.evaluate import FILE, table
from jaxgan.inference.translation import drops_out
from jaxgan.run.doctor import WARNINGS
from jaxgan.run.generator import ENDING, beside
from jaxgan.run.logs import METRICS, read_metrics

# How a form is read without jaxgan: what is installed, and three lines.
READERS = {
    ".safetensors": (
        "safetensors numpy",
        """\
from safetensors import safe_open

with safe_open("{file}", "numpy") as file:
    weights = {{name: file.get_tensor(name) for name in file.keys()}}
""",
    ),
    ".stablehlo": (
        "jax flatbuffers",
        """\
import numpy as np
from jax import export

generator = export.deserialize(bytearray(open("{file}", "rb").read()))
x = generator.call({arguments})
""",
    ),
    ".onnx": (
        "onnxruntime",
        """\
import numpy as np
import onnxruntime

generator = onnxruntime.InferenceSession("{file}")
(x,) = generator.run(None, dict({arguments}))
""",
    ),
}

OF_JAXGAN = 'With jaxgan: `{command}.load("{file}")`. The config is JSON, in `{config}`{needed}.'


def card(file, exported, workdir) -> str:
    """The card of an exported file, as Markdown.

    Args:
      file: its path.
      exported: ``Generator``.
      workdir: the run directory, whose records tell the metrics.
    """
    sections = [
        f"# {Path(file).name}",
        _what(Path(file), exported),
        "## Use\n\n" + _use(Path(file), exported),
        "## Data\n\n" + _data(exported),
        "## Metrics\n\n" + _metrics(Path(workdir), exported),
        "## Made by\n\n" + ", ".join(f"{n} {v}" for n, v in exported.content["versions"].items()),
    ]
    return "\n\n".join(sections) + "\n"


def _what(file, exported):
    config, step, variables = exported.config, exported.content["step"], exported.variables
    if exported.direction and file.suffix != ENDING:  # the function is one network of the two
        variables = {kind: group[exported.direction] for kind, group in variables.items()}
    count = sum(leaf.size for leaf in jax.tree.leaves(variables))
    return (
        f"The average generator of a GAN after {step} steps: network {config['generator']['name']} "
        f"({count:,} numbers), game {config['game']['name']}, loss {config['loss']['name']}, task "
        f"{config['data']['task']['name']}, seed {config['seed']}.{_way(file, exported)}"
    )


def _way(file, exported):
    if not exported.direction:
        return ""
    if file.suffix == ENDING:
        both = " and ".join(parts.rules(exported.config)[0].directions)
        return f" The file holds both {both}; the arrays below are those of {exported.direction}."
    return f" It translates {exported.direction}."


def _use(file, exported):
    known = exported.entries
    said = {"z": f"noise, {exported.config['game'].get('z')}", "mask": "1 in the hole"}
    rows = ["| array | shape | what |", "|---|---|---|"]
    for name, shape in exported.inputs.items():
        what = said.get(name, "in [-1, 1]")
        if name in known and known[name].classes:
            what = f"one-hot: {', '.join(class_names(known[name]))}"
        rows.append(f"| `{name}` | {_shape(shape)} | {what} |")
    kind = "an image in [-1, 1]" if len(exported.made) == 3 else "a point as it is"
    if parts.task(exported.config).picture:
        kind = f"in the colours of {dict(exported.config['data']['task'])}"
    rows.append(f"| result, `x` | {_shape(exported.made)} | {kind} |")
    zeros = [f"{n}=np.zeros({(16, *s)}, np.float32)" for n, s in exported.inputs.items()]
    packages, code = READERS[file.suffix]
    code = code.format(file=file.name, arguments=", ".join(zeros))
    config, needed = 'file.metadata()["jaxgan"]', ""
    if file.suffix != ENDING:
        config, needed = beside(file).name, ", which must lie beside the file"
    of_jaxgan = {
        "command": "translate" if "source" in exported.inputs else "sample",
        "file": file.name,
        "config": config,
        "needed": needed,
    }
    told = ["All arrays are float32.", "\n".join(rows), f"`pip install {packages}`"]
    told += [f"```python\n{code}```", OF_JAXGAN.format(**of_jaxgan)]
    if file.suffix != ENDING and drops_out(exported.config["generator"]):
        told.append("Dropout, this network's noise in sampling, is left out: one result an input.")
    return "\n\n".join(told)


def _shape(shape):
    return f"[B, {', '.join(map(str, shape))}]"


def _data(exported):
    name, kept = exported.config["data"]["name"], exported.content.get("data") or {}
    held = f", {kept['held_out']} held out" if kept.get("held_out") else ""
    size = f": {kept['examples']} examples{held}" if kept else ""
    return f"`{name}`{size}.\n\n{_licence(name)}"


def _licence(name):
    """What the package says of the licence of a set that it carries."""
    if name in TOYS:
        return "They are drawn at random, and nobody's."
    if name not in FILES:
        return "Their licence is not known to jaxgan; whoever passes this file on must know it."
    text = (resources.files("jaxgan.data") / "README.md").read_text()
    section = text.partition(f"## {FILES[name]}.npz\n")[2].partition("\n## ")[0]
    return re.search(r"\*\*Licences?\.\*\*.*?(?=\n\n|\Z)", section, re.DOTALL)[0]


def _metrics(workdir, exported):
    """The evaluation of this step with its protocol, or else the run's own row of it."""
    step, members = exported.content["step"], exported.config["population"]["members"]
    medians = f", medians of {members} members" if members > 1 else ""
    file = workdir / FILE
    found = json.loads(file.read_text()) if file.exists() else {}
    if found.get("run", {}).get("step") == step:  # one of folders has no run
        counts = found["counts"]["samples"]
        return (
            f"By `jaxgan evaluate`{medians}, {counts} samples against as many real examples, "
            f"features {found['network']}; reference: {found['reference']}.\n\n"
            f"```\n{table(found)}\n```"
        )
    rows = [row for row in read_metrics(workdir / METRICS) if row["step"] == step]
    if not rows:
        return "None were recorded of this step."
    row = {name: value for name, value in rows[-1].items() if name not in ("step", WARNINGS)}
    told = "\n".join(f"{name:36}{value:.4g}" for name, value in row.items() if value is not None)
    return f"What the run wrote down while it trained, at this step{medians}.\n\n```\n{told}\n```"
