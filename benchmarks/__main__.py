"""Ours against PyTorch on the same work; prints Markdown.

Example: python -m benchmarks --rows=gan,dcgan --rounds=7 --out=record.json
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
from benchmarks.rows import ROWS
from jaxgan.prepare import prepare

# side -> (module, mode of torch.compile, whether it keeps what it compiled)
SIDES = {
    "ours": ("ours", None, True),
    "eager": ("rival", None, False),
    "compile": ("rival", "default", True),
}


def arguments():
    """The command line."""
    parser = argparse.ArgumentParser("python -m benchmarks", description=__doc__.splitlines()[0])
    parser.add_argument("--rows", default=",".join(ROWS), help=f"of {', '.join(ROWS)}")
    parser.add_argument("--rounds", type=int, default=7, help="in which every side plays once (7)")
    parser.add_argument("--seconds", type=float, default=1.5, help="of a turn, about (1.5)")
    parser.add_argument("--threads", type=int, default=0, help="cores of each side; 0: all")
    parser.add_argument("--device", default="cpu", choices=["cpu", "cuda"])
    parser.add_argument("--dtype", default="float32", choices=["float32", "bfloat16"])
    parser.add_argument("--no_compile", action="store_true", help="leave torch.compile out")
    parser.add_argument(
        "--compile_mode", default="default", help="of torch.compile; reduce-overhead: CUDA graphs"
    )
    parser.add_argument("--out", help="a JSON file for every number")
    chosen = parser.parse_args()
    if unknown := set(chosen.rows.split(",")) - set(ROWS):
        parser.error(f"unknown row {min(unknown)}; known: {', '.join(ROWS)}")
    return chosen


def task(row, folder, chosen):
    """What the workers of a row are told, but for their side; the data goes to a file."""
    config = ROWS[row]()
    config.compute_dtype = chosen.dtype
    run = prepare(config, device_count=1)
    arrays = run.source.arrays()
    path = f"{folder}/data.npz"
    np.savez(path, x=arrays["x"], label=arrays["label"])
    state = jax.eval_shape(run.create)
    parameters = [
        sum(leaf.size for leaf in jax.tree.leaves(side.params))
        for side in (state.generator, state.critic)
    ]
    told = {"config": config.to_dict(), "data": path, "classes": run.classes}
    told |= {key: getattr(chosen, key) for key in ("device", "dtype", "threads")}
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


def measure(row, chosen):
    """Every number of a row."""
    with tempfile.TemporaryDirectory() as folder, contextlib.ExitStack() as stack:
        told, parameters = task(row, folder, chosen)
        record = {"parameters": parameters, "failed": {}, "first_step": {}, "facts": {}}
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
        record["rates"] = contest(workers, chosen.rounds, chosen.seconds)
        record["ratios"] = {
            side: spread([a / b for a, b in zip(record["rates"]["ours"], rates, strict=True)])
            for side, rates in record["rates"].items()
            if side != "ours"
        }
        record["memory"] = {side: worker.ask("memory") for side, worker in workers.items()}
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
    for row in chosen.rows.split(","):
        try:
            record["rows"][row] = measure(row, chosen)
        except Failed as error:
            say(f"{row} could not be played: {error}")
        if chosen.out:
            Path(chosen.out).write_text(json.dumps(record, indent=1) + "\n")
    if record["rows"]:
        print(tables.report(record))


if __name__ == "__main__":
    main()
