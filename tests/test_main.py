"""``jaxgan train``: every mistake is one sentence, before anything is compiled or written."""

import importlib.util
import json
import logging
from pathlib import Path

import jax
import numpy as np
import pytest
from ml_collections import ConfigDict

import jaxgan.main
from jaxgan import data, games, losses, models
from jaxgan.build import parts, recipes
from jaxgan.build.check import check_config
from jaxgan.build.limits import check_limits
from jaxgan.build.overrides import load_recipe, override
from jaxgan.build.population import members
from jaxgan.build.run import prepare
from jaxgan.core import noise
from jaxgan.core.errors import UserError
from jaxgan.games import draw
from jaxgan.main import main, parse
from jaxgan.models import dcgan, inits, layers, norms
from jaxgan.run import directory
from jaxgan.step import optim, parallel

CONFIGS = Path(__file__).parents[1] / "configs"


def arguments(tmp_path, overrides, recipe="gan"):
    workdir = f"--workdir={tmp_path / 'run'}"
    return [
        f"--config={CONFIGS / recipe}.py",
        workdir,
        *(f"--config.{word}" for word in overrides.split()),
    ]


@pytest.fixture
def refused(mistake, tmp_path):
    """``refused(overrides, recipe)``: what ``jaxgan train`` says; no run directory is made."""

    def told(overrides, recipe="gan"):
        sentence = mistake(main, arguments(tmp_path, overrides, recipe))
        assert not (tmp_path / "run").exists()
        return sentence

    return told


TABLES = [
    ("gan", "game", "game", games.GAMES),
    ("gan", "game.z", "game.z", draw.DISTRIBUTIONS),
    ("gan", "loss.name", "loss", losses.ADVERSARIAL),
    ("gan", "generator.name", "generator", models.GENERATORS),
    ("gan", "critic.name", "critic", models.CRITICS),
    ("gan", "generator.optimizer.name", "optimizer", optim.OPTIMIZERS),
    ("gan", "generator.norm", "norm", norms.NORMS),
    ("gan", "critic.initializer", "initializer", inits.INITS),
    ("toy_ring", "critic.activation", "activation", layers.ACTIVATIONS),
    ("dcgan", "generator.upsample", "upsample", dcgan.UPSAMPLES),
    ("dcgan", "critic.downsample", "downsample", dcgan.DOWNSAMPLES),
    ("gan", "compute_dtype", "compute_dtype", ("bfloat16", "float32")),
    ("gan", "parallel", "value of parallel", [*parallel.PARALLEL, "auto"]),
    ("gan", "data.fit", "fit", data.view.FITS),
    ("gan", "pictures.of", "pictures.of", ("ema", "raw")),
]


@pytest.mark.parametrize("recipe, key, kind, table", TABLES, ids=[row[1] for row in TABLES])
def test_an_unknown_name_lists_the_known_ones(refused, recipe, key, kind, table):
    known = ", ".join(sorted(table))
    assert refused(f"{key}=nonsense", recipe) == f"unknown {kind} 'nonsense'; known: {known}."


KEYS = {
    "batchsize=8": "unknown config key 'batchsize'; did you mean batch_size? Known: adversarial, ",
    "critic.featurs=8": "did you mean critic.features? Known: critic.dropout, critic.features, ",
    "learning_rate=1": "did you mean critic.optimizer.learning_rate or generator.optimizer.learnin",
    "game.zdim=5": "unknown config key 'game.zdim'; did you mean game.z_dim? Known: ",
    "game.generators=5": "unknown config key 'game.generators'; known: game.name, game.z, game.z_d",
    "penalties.gp=1": f"known: {', '.join(f'penalties.{p}' for p in sorted(losses.PENALTIES))}.",
    "steps.more=1": "unknown config key 'steps.more'; did you mean steps?",
    "steps=1.5": "--config.steps=1.5: steps must be a whole number.",
    "steps=many": "--config.steps=many: steps must be a whole number.",
    "ema=much": "--config.ema=much: ema must be a number.",
    "steps": "--config.steps needs a value: --config.steps=VALUE.",
    "generator.features=wide": "features must be values with commas between, as (128, 256, 512).",
    "generator.features=8,'a'": "generator.features is 'a'; it must be a whole number.",
    "generator.features=8,0": "an entry of generator.features is 0; it must be at least 1.",
    "penalties=1": "--config.penalties takes no value, its keys do: penalties.consistency, ",
    "penalties.r1=1": "--config.penalties.r1 takes no value, its keys do: penalties.r1.weight.",
    "loss.alpha=2": "unknown config key 'loss.alpha'; did you mean terms.gradient_di",
}


@pytest.mark.parametrize("overrides", KEYS)
def test_keys_and_types(refused, overrides):
    assert KEYS[overrides] in refused(overrides)


NUMBERS = {
    "steps=-1": f"steps is -1; it must lie in [0, {noise.INITIAL}).",
    "seed=-1": "seed is -1; it must lie in [0, 2147483648).",
    "n_critic=-1": "n_critic is -1; it must lie in [0, 1048576).",
    "n_critic=0 n_generator=0": "n_critic and n_generator are both 0, and nobody learns; set one",
    "adversarial=-1": "adversarial is -1.0; it must be finite and at least 0.",
    "terms.l1.weight=-1": "terms.l1.weight is -1.0; it must be finite and at least 0.",
    "game.z_dim=0": "game.z_dim is 0; it must lie in [1, 1048576).",
    "batch_size=0": "batch_size is 0; it must lie in [1, 2147483648).",
    "batch_size=6": "batch_size 6 is not divisible by the 4 devices; 4 or 8 would be.",
    "steps_per_call=0": "steps_per_call is 0; it must lie in [1, 1048576).",
    "log_every=-1": "log_every is -1; it must lie in [0, 2147483648).",
    "keep_checkpoints=0": "keep_checkpoints is 0; it must lie in [1, 2147483648).",
    "ema=1.0": "ema is 1.0; it must lie in [0, 1).",
    "ema=nan": "ema is nan; it must lie in [0, 1).",
    "label_smoothing=1": "label_smoothing is 1.0; it must lie in [0, 1).",
    "label_smoothing=0.1 loss=wasserstein": "label_smoothing needs a loss whose critic is a class",
    "penalties.r1.weight=-1": "penalties.r1.weight is -1.0; it must be finite and at least 0.",
    "instance_noise.std=-1": "instance_noise.std is -1.0; it must be finite and at least 0.",
    "data.size=-1": "data.size is -1; it must lie in [0, 16384).",
    "data.channels=2": "channels must be 1 or 3",
    "data.workers=0": "data.workers is 0; it must lie in [1, 1024).",
    "critic.optimizer.learning_rate=0": "critic.optimizer: learning_rate is 0.0; it must be great",
    "critic.optimizer.learning_rate=nan": "learning_rate is nan; it must be finite and at least 0.",
    "critic.optimizer.b1=1": "critic.optimizer: b1 is 1.0; it must lie in [0, 1).",
    "generator.optimizer.weight_limit=-1": "weight_limit is -1.0; it must be finite and at least ",
}


@pytest.mark.parametrize("overrides", NUMBERS)
def test_numbers_out_of_range(refused, overrides):
    assert NUMBERS[overrides] in refused(overrides)


@pytest.mark.parametrize(
    "overrides", ["", "game=multi_generator loss=minimax generator=mlp", "population.members=2"]
)
def test_points_that_the_generator_cannot_reach(refused, tmp_path, overrides):
    """Whoever plays; those within its reach, or a generator without bounds, are taken."""
    np.savez(tmp_path / "a.npz", x=np.random.default_rng(0).normal(0, 5, (99, 2)))
    told = refused(f"data=npz:{tmp_path}/a.npz batch_size=8 {overrides}")
    assert "the generator makes numbers in [-1, 1] alone: scale the data, or set --conf" in told
    assert told.endswith("--config.generator=toy.") and f"npz:{tmp_path}/a.npz goes from -1" in told
    if not overrides:
        np.savez(tmp_path / "b.npz", x=np.float32([[-1, 1.00001]] * 9))
        for words in (f"data=npz:{tmp_path}/b.npz", f"data=npz:{tmp_path}/a.npz generator=toy"):
            config, *_ = parse(arguments(tmp_path, words))
            check_limits(prepare(config), config)


def numbers(config, prefix=""):
    """Dotted names of all numbers of a config, with their types."""
    for key, value in config.items():
        if isinstance(value, ConfigDict):
            yield from numbers(value, f"{prefix}{key}.")
        elif type(value) in (int, float):
            yield prefix + key, type(value)


@pytest.mark.parametrize("recipe", ["stacked_digits", "mad_gan"])
def test_no_number_is_too_wild_for_a_sentence(mistake, recipe):
    path = f"{CONFIGS}/{recipe}.py"
    known = list(numbers(load_recipe(path)))
    assert len(known) > 40
    for key, kind in known:
        for text in ("nan", "-1e400") if kind is float else ("1e20", "9" * 20, "-" + "9" * 20):
            told = mistake(main, [f"--config={path}", "--workdir=run", f"--config.{key}={text}"])
            assert key in told, told


NONSENSE = (
    *("1e20", "-1", "0", "nan", "inf", "1e39", "2147483648", "9223372036854775808", "9" * 5000),
    *("", "None", "true", "x", "'a'", "(1,)", "()", "é"),
)


@pytest.mark.parametrize("recipe", ["toy_ring", "pix2pix"])
def test_nonsense_is_a_sentence_or_legal(recipe):
    """Every key, and every group: what a wrong value is not, is an exception of another kind."""
    whole, legal = load_recipe(f"{CONFIGS}/{recipe}.py"), set()
    for key in names(whole):
        for text in NONSENSE:
            config = whole.copy_and_resolve_references().lock()
            try:
                override(config, key, text)
                check_config(config)
                members(config)
                parts.check_names(config)
            except UserError as error:
                told = str(error)
                assert told.endswith((".", "?")) and "\n" not in told, (key, text, told)
            else:
                legal.add((key, text))
    assert ("steps", "0") in legal and ("adversarial", "1e20") in legal
    known = {key for key, _ in numbers(whole)}
    taken = {text for key, text in legal if key in known}
    assert taken <= {"1e20", "-1", "0", "2147483648", "9223372036854775808"}


def names(config, prefix=""):
    """Dotted names of all keys and groups of a config."""
    for key, value in config.items():
        yield prefix + key
        if isinstance(value, ConfigDict):
            yield from names(value, f"{prefix}{key}.")


SIZES = {
    "population.members=1000000": "optimisers take 15.71 TB, of ",
    "generator.features=2000000000,8": "narrow the networks or z, or take fewer popul",
    "batch_size=1000000000 steps_per_call=1": "compiled call take at least 785 GB, of ",
    "batch_size=4000000 data.resident_bytes=0": "lower batch_size or steps_per_call.",
}


@pytest.mark.parametrize("overrides", SIZES)
def test_sizes_that_cannot_fit(refused, overrides):
    assert SIZES[overrides] in refused(overrides)


@pytest.mark.parametrize(
    "recipe, overrides, sentence",
    [
        ("dcgan", "data.size=28", "sides are multiples of 8, not 28x28; resize the data"),
        ("dcgan", "data.name=ring data.size=0", "needs images of shape (H, W, C), not data of sha"),
        (
            "wgan_gp",
            "critic.norm=batch",
            "no meaning; set critic.norm to none, layer or spectral",
        ),
        ("gan", "penalties.consistency.weight=2", "compares dropout passes; set critic.dropout"),
        ("gan", "critic.dropout=1", "critic.dropout is 1.0; it must lie in [0, 1)."),
        ("gan", "loss=f_alpha loss.alpha=1", "alpha is 1.0"),
        ("gan", "penalties.dragan.weight=1 penalties.dragan.std=-1", "std is -1.0; it must be f"),
        ("gan", "game=multi_generator label_smoothing=.1", "no label to smooth; set label_smoo"),
        ("gan", "game=multi_generator loss=hinge", "its loss must be minimax, non_saturating, w"),
        ("gan", "game=multi_generator game.generators=1", "game.generators is 1; it must lie in"),
        ("gan", "game=multi_generator game.shared=Dense_9", "has no layer 'Dense_9' to share; "),
        ("toy_ring", "data.size=32", "ring holds points, which have no size and no channels"),
        ("toy_ring", "data.options.modes=0", "data.options.modes is 0; it must lie in [1, 65536)."),
        ("toy_ring", "data.options.seed=-1", "seed is -1; it must be at least 0."),
    ],
)
def test_parts_that_do_not_fit(refused, recipe, overrides, sentence):
    assert sentence in refused(overrides, recipe)


def test_data_that_nobody_knows(refused):
    told = refused("data.name=mnist-10k")
    for name in [*data.SETS, *data.TOYS, *(f"{form}:PATH" for form in data.FORMS)]:
        assert name in told
    assert "unknown data set ''" in refused("data.name=")
    assert "mnist10k has no split 'test'; known: train." in refused("data.split=test")


def test_files_are_named(refused, tmp_path):
    empty = tmp_path / "empty"
    empty.mkdir()
    torn, plain = tmp_path / "torn.npz", tmp_path / "plain.npz"
    np.savez(plain, images=np.zeros((20, 8, 8), np.uint8))
    torn.write_bytes(plain.read_bytes()[:200])
    assert f"{empty}: holds no image" in refused(f"data.name=folder:{empty}")
    assert f"{empty}/a: no such directory" in refused(f"data.name=folder:{empty}/a")
    assert f"{empty}/train-images-idx3-ubyte: no such" in refused(f"data.name=idx:{empty}")
    assert f"{torn}: not a sound .npz file" in refused(f"data.name=npz:{torn}")
    told = refused(f"data.name=npz:{plain}", "cgan")
    assert "game 'conditional' needs labels" in told and str(plain) in told


def test_a_set_that_cannot_be_prepared(refused, tmp_path, monkeypatch):
    find_spec = importlib.util.find_spec
    without = lambda name, *rest: None if name == "tensorflow" else find_spec(name, *rest)  # noqa: E731
    monkeypatch.setattr(importlib.util, "find_spec", without)
    told = refused(f"data.name=mnist data.data_dir={tmp_path}")
    assert f"mnist is not prepared in {tmp_path}/mnist" in told and "jaxgan[tfds]" in told


HEAD = "from ml_collections import ConfigDict; from jaxgan import defaults\n"
BODY = "def get_config():\n  config = defaults.get_config()\n  {}\n  return config"
RECIPES = {
    "x = 1": ": a recipe must have a function get_config().",
    "def f(:": ": SyntaxError: invalid syntax",
    "import nopackage": ", line 2: ModuleNotFoundError: No module named 'nopackage'.",
    "def get_config():\n  raise RuntimeError('no luck')": ", line 3: RuntimeError: no luck.",
    "def get_config():\n  return {'steps': 1}": "must return a config; it returns {'steps': 1}.",
    "def get_config():\n  return ConfigDict({'steps': 1})": ": the config has no adversarial; ",
    "config.loos = 'minimax'": ": unknown config key 'loos'; did you mean loss?",
    "config.penalties.gp = 1.0": ": unknown config key 'penalties.gp'; known: penalties.consiste",
    "config.steps = 'many'": ", line 4: TypeError: Could not override field 'steps'",
    "config.seed = -1": ": seed is -1; it must lie in",
    "config.generator = defaults.generator('mpl')": ", line 4: unknown generator 'mpl'; known: big",
    "config.generator = ConfigDict({'name': 'mlp'})": ": the config has no generator.optimizer; ",
    "config.data = ConfigDict({'name': 'ring'})": ": the config has no data.attributes; ",
}


@pytest.mark.parametrize("text", RECIPES)
def test_a_recipe_that_fails_is_named_with_its_line(mistake, tmp_path, text):
    recipe = tmp_path / "recipe.py"
    recipe.write_text(HEAD + (BODY.format(text) if text.startswith("config.") else text))
    told = mistake(main, [f"--config={recipe}", f"--workdir={tmp_path / 'run'}"])
    assert told.startswith(str(recipe)) and RECIPES[text] in told
    assert not (tmp_path / "run").exists()


def test_a_recipe_may_take_a_word(tmp_path):
    words = [f"--config={CONFIGS}/toy_ring.py:grid", f"--workdir={tmp_path}"]
    config, *_ = parse([*words, "--config.data.options.side=3"])
    assert config.data.name == "grid" and config.data.options.side == 3


def test_a_recipe_is_found_by_its_name_from_anywhere(mistake, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in ("toy_ring:grid", "toy_ring.py:grid", "configs/toy_ring.py:grid"):
        assert load_recipe(name).data.name == "grid"
    near = f"did you mean wgan_gp? Known: {', '.join(sorted(recipes.known()))}."
    for name in ("wgan_pg", "configs/wgan_pg.py"):
        told = mistake(main, [f"--config={name}", "--workdir=run"])
        assert told == f"--config={name}: there is no such file or recipe; {near}"
    (tmp_path / "mine.py").write_text("")
    told = mistake(main, ["--config=mime.py", "--workdir=run"])
    assert "; did you mean mine.py? Known: baseline, biggan, " in told
    assert "or recipe; known: baseline, biggan, " in mistake(
        main, ["--config=zzz", "--workdir=run"]
    )
    # A file is nearer than a name.
    (tmp_path / "wgan.py").write_text(HEAD + BODY.format("config.steps = 7"))
    assert load_recipe("wgan.py").steps == 7 and load_recipe("wgan").steps == 2000


def test_options(mistake, tmp_path):
    config, workdir = f"--config={CONFIGS}/wgan.py", f"--workdir={tmp_path}"
    assert "arguments are required: --config, --workdir" in mistake(main, [])
    assert "arguments are required: --workdir" in mistake(main, [config])
    assert "--workdir is empty" in mistake(main, [config, "--workdir="])
    assert "'--confg.steps=8' is not an option" in mistake(
        main, [config, workdir, "--confg.steps=8"]
    )
    assert "'steps=8' is not an option" in mistake(main, [config, workdir, "steps=8"])
    told = mistake(main, [config, workdir, "--processes=localhost:80,2,2"])
    assert "INDEX is 2; it must lie in [0, 2)." in told
    assert "HOST:PORT,COUNT,INDEX" in mistake(main, [config, workdir, "--processes=two"])


def test_a_run_directory_of_another_config(mistake, tmp_path):
    argv = arguments(tmp_path, "n_critic=2 generator.features=8,8")
    config, workdir, _ = parse(argv)
    directory.write_config(workdir, config.to_dict(), data.load("mnist10k").entries)
    before = (tmp_path / "run" / "config.json").read_bytes()
    told = mistake(main, arguments(tmp_path, "n_critic=3 generator.features=8,9 log_every=7"))
    assert "generator.features was [8, 8], is [8, 9]" in told and "n_critic was 2, is 3" in told
    assert "log_every" not in told  # free to change
    assert (tmp_path / "run" / "config.json").read_bytes() == before
    assert [path.name for path in (tmp_path / "run").iterdir()] == ["config.json"]


def test_run_directories_that_cannot_be(mistake, tmp_path):
    argv = arguments(tmp_path, "")
    (tmp_path / "run").write_text("a file")
    assert mistake(main, argv) == f"{tmp_path}/run cannot be a run directory: File exists."
    (tmp_path / "run").unlink()
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "config.json").write_text(json.dumps({"config": {}}))
    assert f"{tmp_path}/run/config.json is damaged" in mistake(main, argv)


def test_overrides_have_the_types_of_what_they_replace(tmp_path):
    words = "ema=0 data.size=32 generator.features=8,16 critic.features=(4,) parallel=pmap"
    config, workdir, flags = parse(arguments(tmp_path, words))
    assert (config.ema, config.data.size, config.parallel) == (0.0, 32, "pmap")
    assert (config.generator.features, config.critic.features) == ((8, 16), (4,))
    assert (workdir, flags.processes, config.is_locked) == (str(tmp_path / "run"), None, True)


def test_a_new_name_brings_the_options_of_its_row(tmp_path):
    """Whatever the order of the words; what both rows know stays."""
    words = (
        "critic.optimizer.momentum=0.5 critic.optimizer.name=sgd generator.activation=tanh "
        "generator=toy data.options.modes=3 data=ring loss.alpha=2 loss=f_alpha "
        "game=multi_generator game.shared=Dense_0,Dense_1"
    )
    config, *_ = parse(arguments(tmp_path, words, "wgan"))
    assert config.loss.to_dict() == {"name": "f_alpha", "saturating": False, "alpha": 2.0}
    assert config.game.to_dict() == {
        "name": "multi_generator",
        "z_dim": 32,
        "z": "clusters",
        "generators": 4,
        "shared": "Dense_0,Dense_1",
    }
    assert config.critic.optimizer.to_dict() == {
        "name": "sgd",
        "momentum": 0.5,
        "learning_rate": 2e-5,
        "anneal": False,
        "anneal_after": 0.0,
        "weight_limit": 0.01,
        "clip_gradient": 0.0,
        "orthogonal": 0.0,
    }
    assert config.generator.activation == "tanh" and "channels" not in config.generator
    assert config.generator.optimizer.to_dict() == {
        "name": "rmsprop",
        "decay": 0.99,
        "eps": 1e-8,
        "learning_rate": 1e-3,
        "anneal": True,
        "anneal_after": 0.8,
        "weight_limit": 0.0,
        "clip_gradient": 0.0,
        "orthogonal": 0.0,
    }
    assert config.data.options.modes == 3 and config.data.options.points == 100_000


def test_another_game_keeps_the_noise(tmp_path):
    words = "game=multi_generator game.z=uniform game.generators=3"
    config, *_ = parse(arguments(tmp_path, words, "toy_ring"))
    noise = {"z_dim": 2, "z": "uniform"}  # the recipe's and the command line's
    assert (
        config.game.to_dict() == {"name": "multi_generator", "generators": 3, "shared": ""} | noise
    )


def test_a_right_command_line_reaches_the_training(tmp_path, monkeypatch, caplog):
    """What the tests of mistakes rely on: a right one gets past, and compiling is seen."""
    seen = []
    monkeypatch.setattr(jaxgan.main, "train", lambda *call, **options: seen.append(call))
    assert main(arguments(tmp_path, "steps=3")) == 0
    ((config, workdir),) = seen
    assert config.steps == 3 and workdir == str(tmp_path / "run")
    logging.getLogger("jax").addHandler(caplog.handler)
    with jax.log_compiles():
        jax.jit(lambda x: x + 1)(1.0)
    logging.getLogger("jax").removeHandler(caplog.handler)
    assert any(line.startswith("Compiling") for line in caplog.messages)
