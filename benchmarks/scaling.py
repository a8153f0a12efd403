"""How ours scales: with the batch, the image, the critic's updates, the devices, the members.

Every number comes from a process of its own. Examples:

    python -m benchmarks.scaling --recipe=dcgan.py
    python -m benchmarks.scaling --recipe=mad_gan.py --vary=members
"""

import argparse
import contextlib
import statistics
import tempfile

from benchmarks.referee import Failed, Worker, contest, say
from benchmarks.tables import MEGA, number, table
from jaxgan.build.check import find
from jaxgan.build.overrides import load_recipe


def measure(config, chosen, devices=1):
    """Steps a second and the most bytes of one process."""
    told = {"config": config.to_dict(), "module": "ours", "threads": 0}
    told |= {"device": chosen.device, "dtype": "float32"}
    visible = ",".join(map(str, range(devices)))
    environment = {"JAX_NUM_CPU_DEVICES": str(devices), "CUDA_VISIBLE_DEVICES": visible}
    with tempfile.TemporaryDirectory() as folder, contextlib.ExitStack() as stack:
        worker = Worker(told, folder, folder, environment)
        stack.callback(worker.close)
        if worker.facts["devices"] != devices:
            raise Failed(f"there are {worker.facts['devices']} devices")
        rates, _ = contest({"ours": worker}, 3, chosen.seconds)
        memory = worker.ask("memory")
    return statistics.median(rates["ours"]), memory["device"] or memory["host"]


def changed(name, **values):
    """A recipe with other values; keys with a double underscore for the dot."""
    config = load_recipe(name)
    for dotted, value in values.items():
        group, key = find(config, dotted.replace("__", "."))
        group[key] = value
    return config


# what is varied -> recipe -> [(its value, config, devices)]
CASES = {
    "batch": lambda name: [(n, changed(name, batch_size=n), 1) for n in (16, 64, 256, 512)],
    "side": lambda name: [(32, changed(name), 1), (64, changed(f"{name}:paper"), 1)],
    "n_critic": lambda name: [(n, changed(name, n_critic=n), 1) for n in (1, 2, 5)],
    "devices": lambda name: [(n, changed(name), n) for n in (1, 2)],
    "members": lambda name: [(n, changed(name, population__members=n), 1) for n in (1, 4, 16, 64)],
}


def main(argv=None):
    """Measure and print."""
    parser = argparse.ArgumentParser("python -m benchmarks.scaling")
    parser.add_argument("--recipe", default="dcgan.py", help="of configs/ (dcgan.py)")
    parser.add_argument("--vary", default="batch,n_critic,devices", help=f"of {', '.join(CASES)}")
    parser.add_argument("--seconds", type=float, default=1.5, help="of each of three turns (1.5)")
    parser.add_argument("--device", default="cpu", choices=["cpu", "cuda"])
    chosen = parser.parse_args(argv)
    names = chosen.vary.split(",")
    if unknown := set(names) - set(CASES):
        parser.error(f"--vary={min(unknown)} is unknown; known: {', '.join(CASES)}")
    if "side" in names and chosen.recipe != "dcgan.py":
        parser.error("--vary=side needs --recipe=dcgan.py, the one recipe for 32 and 64 pixels")
    for name in names:
        rows = []
        for value, config, devices in CASES[name](chosen.recipe):
            say(f"{name} {value}")
            try:
                rate, memory = measure(config, chosen, devices)
                examples = rate * config.batch_size * config.population.members
                rows.append([str(value), *map(number, (rate, examples, memory / MEGA))])
            except Failed as error:
                rows.append([str(value), f"does not work: {str(error)[-80:]}", "", ""])
        print(table([name, "steps/s", "examples/s", "MB"], rows), end="\n\n", flush=True)


if __name__ == "__main__":
    main()
