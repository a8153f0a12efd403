"""python -m jaxgan.main --config=configs/wgan.py --workdir=runs/wgan [--config.key=value ...]"""

import difflib
import sys

from absl import flags
from ml_collections import ConfigDict, config_flags

from jaxgan import parallel
from jaxgan.command import run_command
from jaxgan.errors import UserError
from jaxgan.train import train

USAGE = "jaxgan train --config=configs/wgan.py --workdir=runs/wgan [--config.key=value ...]"


def _flags(argv):
    """absl's own reading of the command line, kept apart from its global flags."""
    values = flags.FlagValues()
    config_flags.DEFINE_config_file(
        "config", None, "Path of a recipe.", lock_config=True, flag_values=values, sys_argv=argv
    )
    flags.DEFINE_string("workdir", None, "The run directory.", flag_values=values)
    flags.DEFINE_string("processes", None, "See parallel.join_processes.", flag_values=values)
    rest = values(["jaxgan train", *argv])[1:]
    return values, rest


def _check_key(config, dotted):
    """Raise ``UserError`` unless the dotted key is one of the config's."""
    known = [key for key, _ in _flat(config)]
    if dotted not in known:
        near = difflib.get_close_matches(dotted, known, n=1)
        parent = dotted.rpartition(".")[0]
        level = [key for key in known if key.rpartition(".")[0] == parent]
        raise UserError(
            f"unknown config key {dotted!r}; "
            + (f"did you mean {near[0]!r}? " if near else "")
            + f"Known: {', '.join(level or known)}."
        )


def _flat(config, prefix=""):
    for key, value in config.items():
        yield prefix + key, value
        if isinstance(value, ConfigDict):
            yield from _flat(value, f"{prefix}{key}.")


def _config_arguments(argv):
    """The words of the command line that load the recipe, and the keys that it overrides."""
    loads, keys = [], []
    for place, word in enumerate(argv):
        name, equals, _ = word.lstrip("-").partition("=")
        if word.startswith("-") and name == "config":
            loads += [word] if equals else argv[place : place + 2]
        elif word.startswith("-") and name.startswith("config."):
            keys.append(name.removeprefix("config."))
    return loads, keys


def parse(argv):
    """Read the command line.

    Args:
      argv: the arguments after the command's name.

    Returns:
      The config, locked, with its overrides; the run directory; and how to join other processes.

    Raises:
      UserError: no or a wrong config file, an unknown key, a value of the wrong type.
    """
    loads, keys = _config_arguments(argv)
    try:
        values, _ = _flags(loads)
        config = values.config
        if config is None:
            raise UserError(f"--config is missing; the command is {USAGE}.")
        config.get("seed")  # a file that could not be loaded says so at the first look
    except (flags.Error, OSError) as error:
        named = " ".join(loads)
        raise UserError(f"{named}: there is no such recipe; see the folder configs/.") from error
    for key in keys:
        _check_key(config, key)
    try:
        values, rest = _flags(argv)
    except (flags.Error, TypeError, ValueError) as error:
        raise UserError(f"{str(error).removeprefix('flag ')}; the command is {USAGE}.") from error
    if rest or not values.workdir:
        wrong = f"{rest[0]!r} is not an option" if rest else "--workdir is missing"
        raise UserError(f"{wrong}; the command is {USAGE}.")
    return values.config, values.workdir, values.processes


def main(argv=None):
    """Run the command; returns its exit code."""

    def command():
        config, workdir, processes = parse(sys.argv[1:] if argv is None else argv)
        if processes:
            parallel.join_processes(processes)  # before anything else asks JAX for its devices
        train(config, workdir)

    return run_command(command)


if __name__ == "__main__":
    raise SystemExit(main())
