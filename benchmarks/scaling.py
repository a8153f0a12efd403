"""How ours scales: with the batch, the image, the critic's updates and the devices.

Every number comes from a process of its own. Example: python -m benchmarks.scaling --row=dcgan
"""

import argparse
import contextlib
import statistics
import tempfile

from benchmarks.referee import Failed, Worker, contest, say
from benchmarks.rows import CONFIGS, ROWS
from benchmarks.tables import MEGA, number, table
from jaxgan.main import load_recipe


def measure(config, chosen, devices=1):
    """Steps a second and the most bytes of one process."""
    told = {"config": config.to_dict(), "module": "ours", "threads": 0}
    told |= {"device": chosen.device, "dtype": "float32"}
    environment = {"JAX_NUM_CPU_DEVICES": str(devices)} if chosen.device == "cpu" else {}
    with tempfile.TemporaryDirectory() as folder, contextlib.ExitStack() as stack:
        worker = Worker(told, folder, folder, environment)
        stack.callback(worker.close)
        rate = statistics.median(contest({"ours": worker}, 3, chosen.seconds)["ours"])
        memory = worker.ask("memory")
    return rate, memory["device"] or memory["host"]


def changed(build, **values):
    """A config with other values at its top."""
    config = build()
    for key, value in values.items():
        config[key] = value
    return config


def cases(build):
    """What is varied -> [(its value, config, devices)]."""
    images = [(32, "dcgan.py"), (64, "dcgan.py:paper")]
    return {
        "batch size": [(n, changed(build, batch_size=n), 1) for n in (16, 32, 64, 128, 256, 512)],
        "image side (dcgan)": [(n, load_recipe(f"{CONFIGS}/{name}"), 1) for n, name in images],
        "n_critic": [(n, changed(build, n_critic=n), 1) for n in (1, 2, 5)],
        "devices": [(n, build(), n) for n in (1, 2)],
    }


def main():
    """Measure and print."""
    parser = argparse.ArgumentParser("python -m benchmarks.scaling")
    parser.add_argument("--row", default="dcgan", choices=sorted(ROWS))
    parser.add_argument("--seconds", type=float, default=1.5, help="of each of three turns (1.5)")
    parser.add_argument("--device", default="cpu", choices=["cpu", "cuda"])
    chosen = parser.parse_args()
    for name, group in cases(ROWS[chosen.row]).items():
        rows = []
        for value, config, devices in group:
            say(f"{name} {value}")
            try:
                rate, memory = measure(config, chosen, devices)
                examples = rate * config.batch_size
                rows.append([str(value), *map(number, (rate, examples, memory / MEGA))])
            except Failed as error:
                rows.append([str(value), f"does not work: {str(error)[-80:]}", "", ""])
        print(table([name, "steps/s", "examples/s", "MB"], rows), end="\n\n", flush=True)


if __name__ == "__main__":
    main()
