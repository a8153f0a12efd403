"""Ours against PyTorch on the same work; prints Markdown.

Examples:

    python -m benchmarks --rows=gan,dcgan --rounds=7 --out=record.json
    python -m benchmarks --batch_sizes=64,256 --dtype=float32,bfloat16 --device=cuda
"""

import argparse
import contextlib
import datetime
import json
import os
import platform
import tempfile
from pathlib import Path

os.environ.setdefault("JAX_PLATFORMS", "cpu")  # the referee itself leaves an accelerator alone

import jax
import numpy as np

from benchmarks import tables
from benchmarks.referee import Failed, Worker, contest, say, spread
from benchmarks.rows import ROWS, cases
from jaxgan.build.parts import DTYPES, rules
from jaxgan.build.run import prepare
from jaxgan.data import union

# side -> (module, mode of torch.compile, whether it keeps what it compiled)
SIDES = {
    "ours": ("ours", None, True),
    "eager": ("rival", None, False),
    "compile": ("rival", "default", True),
}


def several(known):
    """What reads known names with commas between."""

    def read(text):
        names = text.split(",")
        if unknown := [name for name in names if name not in known]:
            raise argparse.ArgumentTypeError(f"{unknown[0]!r} is none of {', '.join(known)}")
        return names

    return read


def sizes(text):
    """Positive integers with commas between."""
    words = text.split(",")
    if not all(word.isdecimal() and int(word) for word in words):
        raise argparse.ArgumentTypeError(f"{text!r} should be positive integers, as 64,256")
    return [int(word) for word in words]


def arguments(argv=None):
    """The command line."""
    parser = argparse.ArgumentParser("python -m benchmarks", description=__doc__.splitlines()[0])
    every = ",".join(ROWS)
    parser.add_argument("--rows", type=several(ROWS), default=every, help=f"({every})")
    parser.add_argument("--batch_sizes", type=sizes, help="each with every row (the rows' own, 64)")
    parser.add_argument(
        "--sizes", type=sizes, help="of images, each with every row (the rows' own)"
    )
    parser.add_argument("--rounds", type=int, default=7, help="in which every side plays once (7)")
    parser.add_argument("--seconds", type=float, default=1.5, help="of a turn, about (1.5)")
    parser.add_argument("--threads", type=int, default=0, help="cores of each side; 0: all")
    parser.add_argument("--device", default="cpu", choices=["cpu", "cuda"])
    told = f"of {', '.join(DTYPES)} (float32)"
    parser.add_argument("--dtype", type=several(DTYPES), default="float32", help=told)
    parser.add_argument("--no_compile", action="store_true", help="leave torch.compile out")
    parser.add_argument(
        "--compile_mode", default="default", help="of torch.compile; reduce-overhead: CUDA graphs"
    )
    parser.add_argument("--out", help="a JSON file for every number")
    return parser.parse_args(argv)


def task(config, folder, chosen):
    """What the workers of a config are told, but for their side; the data goes to a file."""
    run = prepare(config, device_count=1)
    source, fewest = run.sources[0], min(source.size for source in run.sources)
    if config.batch_size > fewest:  # which the rival, as a lecture does, leaves out
        raise Failed(f"its data has {fewest} examples, fewer than a batch")
    path = f"{folder}/data.npz"
    np.savez(path, **union(source.arrays() for source in run.sources))
    state = jax.eval_shape(run.create)
    parameters = [
        sum(leaf.size for leaf in jax.tree.leaves(side.params))
        for side in (state.generator, state.critic)
    ]
    classes = source.classes if "label" in rules(config)[0].generator else 0
    told = {"config": config.to_dict(), "data": path, "classes": classes}
    told |= {"dtype": config.compute_dtype, "device": chosen.device, "threads": chosen.threads}
    return told, parameters


def start(side, told, folder, chosen):
    """A worker, and how long it and one before it, with nothing compiled yet, took to begin."""
    module, compile, keeps = SIDES[side]
    compile = chosen.compile_mode if compile else None
    told = {**told, "module": module, "compile": compile}
    cache = f"{folder}/{side}"
    worker = Worker(told, folder, cache)
    times = {"cold": worker.first}
    if keeps:
        worker.close()
        worker = Worker(told, folder, cache)
        times["warm"] = worker.first
    return worker, times


def measure(row, config, chosen):
    """Every number of a row."""
    with tempfile.TemporaryDirectory() as folder, contextlib.ExitStack() as stack:
        told, parameters = task(config, folder, chosen)
        record = {"dtype": config.compute_dtype, "parameters": parameters}
        record |= {"failed": {}, "first_step": {}, "facts": {}}
        workers = {}
        for side in SIDES:
            if side == "compile" and chosen.no_compile:
                continue
            say(f"{row}: {side} starts")
            try:
                workers[side], record["first_step"][side] = start(side, told, folder, chosen)
            except Failed as error:
                if side != "compile":
                    raise
                record["failed"][side] = str(error)
                say(f"{row}: {side} does not work: {error}")
                continue
            stack.callback(workers[side].close)
            record["facts"][side] = workers[side].facts
            found = workers[side].facts["parameters"]
            if found != parameters:
                raise SystemExit(f"{row}: {side} has {found} parameters, not {parameters}.")
        say(f"{row}: {chosen.rounds} rounds")
        record["rates"], failed = contest(workers, chosen.rounds, chosen.seconds, ["compile"])
        record["failed"] |= failed
        record["ratios"] = {
            side: spread([a / b for a, b in zip(record["rates"]["ours"], rates, strict=True)])
            for side, rates in record["rates"].items()
            if side != "ours"
        }
        record["memory"] = {side: workers[side].ask("memory") for side in record["rates"]}
        record["roof"] = max(workers[side].ask("roof") for side in ("ours", "eager"))
        record["operations"] = workers["eager"].ask("operations")
    return record


def main():
    """Measure, print, write; a row that one side cannot play is told, and the others go on."""
    chosen = arguments()
    record = {
        "date": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        "machine": platform.platform(),
        "cores": os.cpu_count(),
        "options": vars(chosen) | {"OMP_WAIT_POLICY": os.environ.get("OMP_WAIT_POLICY", "")},
        "rows": {},
    }
    for row, config in cases(chosen.rows, chosen.batch_sizes, chosen.dtype, chosen.sizes).items():
        try:
            record["rows"][row] = measure(row, config, chosen)
        except Failed as error:
            say(f"{row} could not be played: {error}")
        if chosen.out:
            Path(chosen.out).write_text(json.dumps(record, indent=1) + "\n")
    if record["rows"]:
        print(tables.report(record))


if __name__ == "__main__":
    main()
