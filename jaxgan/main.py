"""python -m jaxgan.main --config=configs/wgan.py --workdir=runs/wgan [--config.key=value ...]"""

import sys

from jaxgan import cli

if __name__ == "__main__":  # before the imports that take seconds: a signal may come
    raise SystemExit(cli.console(["train", *sys.argv[1:]]))

from jaxgan.build.overrides import load_recipe, override_all, read_words
from jaxgan.build.parts import both_dense
from jaxgan.cli import Arguments, run_command
from jaxgan.core.errors import UserError
from jaxgan.rehearsal.dry_run import dry_run
from jaxgan.run.directory import differences
from jaxgan.step import compilation, parallel
from jaxgan.train import train

HELP = """\
--config.KEY=VALUE overrides a key of the recipe, as often as needed:
  --config.loss=wasserstein --config.critic.optimizer.learning_rate=1e-4
  --config.generator.features=64,64 --config.generator=toy
jaxgan/defaults.py explains every key.
"""


def parser():
    """The command's arguments, without the overrides."""
    arguments = Arguments(
        "train",
        usage="jaxgan train --config=RECIPE --workdir=DIR [--config.KEY=VALUE ...]",
        description="Train a GAN, or go on training where the run directory left off.",
        epilog=HELP,
    )
    arguments.add_argument(
        "--config", required=True, metavar="RECIPE", help="one that ships, as wgan, or a file"
    )
    arguments.add_argument("--workdir", required=True, metavar="DIR", help="the run directory")
    arguments.add_argument(
        "--profile",
        action="store_true",
        help="trace a few steps into the folder profile/, for TensorBoard and Perfetto",
    )
    arguments.add_argument(
        "--new_data",
        action="store_true",
        help="go on with the run though its data have changed, where they fit its networks",
    )
    arguments.add_argument(
        "--dry_run",
        action="store_true",
        help="tell sizes and times, measured on a few steps, and stop; nothing is written",
    )
    arguments.add_argument(
        "--processes",
        metavar="SPEC",
        help="of a run of several: auto, or HOST:PORT,COUNT,INDEX with the first one's address",
    )
    return arguments


def parse(argv):
    """Read the command line.

    Args:
      argv: the arguments after the command's name.

    Returns:
      The config, locked, with its overrides; the run directory; the other options, and among them
      ``begun``, what ``train`` keeps of the command.

    Raises:
      UserError: no or a wrong recipe, an unknown option or key, a value of the wrong type.
    """
    flags, rest = parser().parse_known_args(argv)
    if not flags.workdir:
        raise UserError("--workdir is empty; it names the run directory.")
    overrides = read_words(rest, "train")
    config = load_recipe(flags.config)
    recipe = config.to_dict()
    override_all(config, overrides)
    differs = differences(recipe, config.to_dict())
    flags.begun = {"recipe": flags.config, "overrides": overrides, "differs": differs}
    return config, flags.workdir, flags


def main(argv=None):
    """Run the command; returns its exit code."""

    def command():
        config, workdir, flags = parse(sys.argv[1:] if argv is None else argv)
        compilation.set_xla_flags(both_dense(config))
        if flags.dry_run and flags.processes:
            raise UserError("--dry_run plays in one process; leave --processes out.")
        if flags.processes:  # before anything else asks JAX for its devices
            parallel.join_processes(flags.processes)
        if flags.dry_run:
            print(dry_run(config, workdir, flags.new_data))
            return
        options = {name: getattr(flags, name) for name in ("profile", "new_data", "begun")}
        train(config, workdir, **options)

    return run_command(command)
