"""Every key of a config, with its unit and its reason. A recipe in ``configs/`` overrides a few.

On the command line: ``--config.key=value``; a key that is not here is an error.
"""

from ml_collections import ConfigDict

from jaxgan import models
from jaxgan.core.errors import UserError, choose
from jaxgan.data import TASKS
from jaxgan.games import GAMES
from jaxgan.losses import ADVERSARIAL, PENALTIES
from jaxgan.step import optim


def optimizer(
    name="adam",
    *,
    learning_rate=2e-4,
    anneal=False,
    clip_gradient=0.0,
    weight_limit=0.0,
    **options,
):
    """A side's ``optimizer``: a row of ``optim.OPTIMIZERS`` with all of its options."""
    _, defaults = choose(optim.OPTIMIZERS, name, "optimizer")
    return ConfigDict(
        {
            "name": name,
            "learning_rate": learning_rate,
            "anneal": anneal,  # the rate falls linearly, to 0 at the last step
            "clip_gradient": clip_gradient,  # largest global norm of the gradient; 0: not clipped
            "weight_limit": weight_limit,  # c of WGAN's weight clipping; 0: not clipped
            **defaults,
            **options,
        }
    )


def _side(table, name, kind, options):
    known = models.options(choose(table, name, kind))
    return ConfigDict({"name": name, "optimizer": optimizer(), **known, **options})


def generator(name, **options):
    """The ``generator`` of a config: a row of ``models.GENERATORS`` with all of its options.

    ``optimizer`` is one of them; without it, Adam as in the lectures.
    """
    return _side(models.GENERATORS, name, "generator", options)


def critic(name, **options):
    """The ``critic`` of a config: a row of ``models.CRITICS`` with all of its options.

    ``optimizer`` is one of them; without it, Adam as in the lectures.
    """
    return _side(models.CRITICS, name, "critic", options)


def game(name, **options):
    """The ``game`` of a config: a row of ``games.GAMES`` with all of its options."""
    return ConfigDict({"name": name, **choose(GAMES, name, "game").options, **options})


def loss(name, **options):
    """The ``loss`` of a config: a row of ``losses.ADVERSARIAL`` with all of its options."""
    return ConfigDict({"name": name, **choose(ADVERSARIAL, name, "loss").options, **options})


def task(name, **options):
    """The ``data.task`` of a config: a row of ``data.TASKS`` with all of its options."""
    return ConfigDict({"name": name, **choose(TASKS, name, "task").options, **options})


def get_config():
    """The lectures' GAN on the bundled digits, every key spelt out."""
    config = ConfigDict()

    # The run.
    config.seed = 0  # of everything: initial weights, noise, the order of the data
    config.steps = 10_000  # generator updates
    config.batch_size = 64  # examples an update, over all devices; divisible by their number
    config.steps_per_call = 50  # steps in one compiled call, between two looks of the host
    config.compute_dtype = "float32"  # or bfloat16; parameters, losses, penalties stay float32
    config.compilation_cache = True  # keep compiled programs in the user's cache folder
    config.parallel = "auto"  # jit, pmap or shard_map; auto: jit on one device, else shard_map

    # The game.
    config.game = game("unconditional")  # a row of games.GAMES
    config.loss = loss("non_saturating")  # a row of losses.ADVERSARIAL
    config.label_smoothing = 0.0  # the critic's target for real examples is 1 minus this
    config.penalties = ConfigDict(  # the rows of losses.PENALTIES; weight 0: not played
        {name: {"weight": 0.0, **row.options} for name, row in PENALTIES.items()}
    )
    config.instance_noise = ConfigDict(
        {
            "std": 0.0,  # of the noise on all that the critic sees, in units of the [-1, 1] range
            "anneal_steps": 0,  # generator updates over which it falls to 0 linearly; 0: stays
        }
    )
    config.n_critic = 1  # critic updates for each generator update
    config.z_dim = 100  # length of the noise vector, z ~ N(0, I)
    config.ema = 0.999  # decay of the generator's average, per generator update; 0: no averaging

    config.population = ConfigDict(
        {
            "members": 1,  # trained at once in one program: of the seeds seed, seed + 1, ...
            "vary": "",  # what else they differ in, KEY=VALUE,VALUE,... of rates and weights
        }
    )

    # The players.
    config.generator = generator("mlp")
    config.critic = critic("mlp")

    # The data.
    config.data = ConfigDict(
        {
            "name": "mnist10k",  # bundled, a toy, a TFDS name, idx:DIR, folder:DIR or npz:FILE
            "split": "train",
            "held_out": "",  # not trained on: a share as 0.1, or a split as test; "": nothing
            "size": 0,  # side of the square images in pixels; 0: as they come
            "fit": "crop",  # how they get there: crop, stretch or pad
            "channels": 0,  # 1 or 3 converts; 0: as they come
            "data_dir": "",  # where TFDS keeps prepared sets; "": its own default
            "options": ConfigDict(),  # of a toy set: modes, radius, std, ...; of pairs: x, source
            "task": task("none"),  # a row of data.TASKS: what is given of an example
            "resident_bytes": 2 * 1024**3,  # a larger set streams from the host through Grain
            "workers": 8,  # threads that read a streamed set
        }
    )

    # What the run writes, every so many generator updates. 0: never but at the end.
    config.log_every = 100  # a row of metrics
    config.sample_every = 500  # a picture
    config.checkpoint_every = 1000
    config.keep_checkpoints = 3  # the last so many, beside the best
    config.eval_every = 0  # metrics of the average generator, and a checkpoint; 0: never
    config.evaluation = ConfigDict(
        {
            "metrics": "",  # rows of judge.METRICS with commas between; "": the usual ones
            "num": 2000,  # samples; half of the real examples at most
            "features": "",  # row of features.FEATURES; "": as the data needs
            "inception_weights": "",  # pytorch-fid's file; "": the cache's copy, or a download
            "rank_by": "sliced_wasserstein",  # a row of judge.RANKING: the best checkpoint's
        }
    )
    return config


def complete(stored):
    """A stored config with the keys that its version did not have yet, as their defaults are.

    A new key's default is what was before it, or a run could not go on under a newer version.

    Args:
      stored: nested dictionaries, as ``config.json`` holds them.

    Returns:
      nested dictionaries.

    Raises:
      UserError: a group that names no row.
    """
    known = get_config().to_dict()
    rows = {"game": game, "loss": loss, "generator": generator, "critic": critic}
    try:
        for kind, make in rows.items():
            known[kind] = make(stored[kind]["name"]).to_dict()
            if "optimizer" in known[kind]:
                known[kind]["optimizer"] = optimizer(stored[kind]["optimizer"]["name"]).to_dict()
        kind = "data.task"
        if "task" in stored["data"]:  # runs of older versions have none
            known["data"]["task"] = task(stored["data"]["task"]["name"]).to_dict()
    except (KeyError, TypeError) as error:
        raise UserError(
            f"the run's config names no {kind}, or in an older way; retrain it, or use the version "
            "of jaxgan that its config.json tells."
        ) from error
    return _merged(known, stored)


def _merged(known, stored):
    """``stored`` over ``known``; in a group both may have keys of their own."""
    both = {key: known[key] for key in known if key not in stored}
    for key, value in stored.items():
        deeper = isinstance(value, dict) and isinstance(known.get(key), dict)
        both[key] = _merged(known[key], value) if deeper else value
    return both
