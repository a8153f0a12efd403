"""The table of a config's keys is kept: defaults in range, ranges kept, older configs completed."""

import json

import pytest
from ml_collections import ConfigDict

from jaxgan import defaults
from jaxgan.build import parts
from jaxgan.build.check import check_config, find, ranges
from jaxgan.build.overrides import load_recipe, override
from jaxgan.core.errors import UserError
from jaxgan.core.table import Row, options_of
from jaxgan.defaults import GROUPS, KEYS, OPTIMIZER, WEIGHTED, Key, free
from jaxgan.run.directory import contradictions

NUMBERS = [name for name, key in KEYS.items() if type(key.default) in (int, float)]
# What a run is does not depend on these: where it is computed, how far, how often it is seen.
FREE = {
    *("steps", "steps_per_call", "parallel", "compilation_cache"),
    *("data.data_dir", "data.resident_bytes", "data.workers", "evaluation.inception_weights"),
    *("log_every", "sample_every", "checkpoint_every", "keep_checkpoints", "eval_every"),
    *("epochs", "sample_epochs", "checkpoint_epochs"),
    *("pictures.num", "pictures.columns", "pictures.of"),
}


def plain(config, prefix=""):
    for key, value in config.items():
        if isinstance(value, ConfigDict):
            yield from plain(value, f"{prefix}{key}.")
        else:
            yield prefix + key, value


def changed(dotted, value):
    config = defaults.get_config()
    group, key = find(config, dotted)
    with config.ignore_type():
        group[key] = value
    return config


def test_the_tables_are_the_whole_config():
    check_config(defaults.get_config())
    rest = {name: value for name, value in plain(defaults.get_config()) if name not in KEYS}
    roots = (*GROUPS, *WEIGHTED)
    assert all(name.startswith(tuple(f"{root}." for root in roots)) for name in rest)
    assert {name.split(".")[0] for name in rest} == {name.split(".")[0] for name in roots}
    for name in KEYS:
        group, last = find(defaults.get_config(), name)
        assert group[last] == KEYS[name].default and type(group[last]) is type(KEYS[name].default)


@pytest.mark.parametrize("name", [*KEYS, *OPTIMIZER])
def test_every_key_says_why(name):
    key = {**KEYS, **OPTIMIZER}[name]
    assert isinstance(key, Key) and isinstance(key.free, bool) and len(key.why) > 5
    number = type(key.default) in (int, float)
    assert (key.low is not None) == (key.high is not None) == number
    assert not number or key.low <= key.default < key.high
    assert type(key.default) is not int or key.high < float("inf"), "a device counts no further"


@pytest.mark.parametrize("name", NUMBERS)
def test_a_number_out_of_range_is_named(name):
    key = KEYS[name]
    wrong = [key.low - 1, key.high] if isinstance(key.default, int) else [-0.1, float("nan"), 1e400]
    for value in wrong:
        with pytest.raises(UserError, match=f"^{name} is {value}; it must "):
            check_config(changed(name, value))
    check_config(changed(name, type(key.default)(key.low if name != "n_critic" else 0)))


@pytest.mark.parametrize("name", KEYS)
def test_a_value_of_another_type_is_named(name):
    with pytest.raises(UserError, match=f"^{name} is .*; it must be "):
        check_config(changed(name, (1,)))


@pytest.mark.parametrize("name", KEYS)
def test_what_a_resumed_run_may_change(name):
    config, other = defaults.get_config().to_dict(), changed(name, "another").to_dict()
    told = contradictions(config, other, free=free(config))
    assert [line.split(" was ")[0] for line in told] == ([] if name in FREE else [name])


@pytest.mark.parametrize("side", ["generator", "critic"])
def test_an_annealed_rate_ties_the_steps(side):
    config = changed(f"{side}.optimizer.anneal", True)
    assert set(free(config)) == FREE - {"steps"}


def test_options_of_rows_have_ranges_and_types():
    assert {"game.z_dim", "critic.dropout", "terms.l1.weight", "penalties.r1.weight"} <= set(
        ranges(defaults.get_config())
    )
    for name, value, sentence in (
        ("game.z_dim", 0, "^game.z_dim is 0; it must lie in "),
        ("game.z_dim", 1.5, "^game.z_dim is 1.5; it must be a whole number"),
        ("game.z", "cauchy", "^unknown game.z 'cauchy'; known: bernoulli, clusters, normal, u"),
        ("critic.dropout", float("nan"), "^critic.dropout is nan; it must lie in "),
        ("critic.features", (2**40,), f"^critic.features is {2**40}; it must lie in "),
        ("penalties.dragan.std", float("inf"), "^penalties.dragan.std is inf; it must be finite"),
        ("critic.optimizer.b1", "x", "^critic.optimizer.b1 is 'x'; it must be a number"),
        ("critic.optimizer.anneal", 1, "^critic.optimizer.anneal is 1; it must be true or false"),
        ("critic.optimizer.clip_gradient", -1.0, "^critic.optimizer.clip_gradient is -1.0; it m"),
    ):
        with pytest.raises(UserError, match=sentence):
            check_config(changed(name, value))


def test_options_that_a_row_does_not_have():
    row = Row(dict, {"widths": (8,), "rate": 1.0})
    assert options_of(row, "thing", "a", {"widths": [1, 2]}) == {"widths": (1, 2), "rate": 1.0}
    assert options_of(row, "thing", "a", {"rate": 2}) == {"widths": (8,), "rate": 2}
    for given, sentence in (
        ({"width": 1}, "^thing 'a' has no option 'width'; it has widths, rate.$"),
        ({"widths": 1}, "^thing.widths is 1; it must be several values, as \\(8,\\)"),
        ({"rate": True}, "^thing.rate is True; it must be a number"),
    ):
        with pytest.raises(UserError, match=sentence):
            options_of(row, "thing", "a", given)
    with pytest.raises(UserError, match="has no option 'x'; it has none."):
        options_of(Row(dict), "thing", "a", {"x": 1})


def test_z_dim_of_an_older_version_is_the_games():
    """The keys of commit 7ef3ae7: a run of it goes on, its z as long as it was."""
    config = defaults.get_config().to_dict()
    config["game"] = defaults.game("multi_generator", z_dim=2).to_dict()
    old = json.loads(json.dumps(config))
    for name in ("n_generator", "adversarial", "terms", "phases"):
        del old[name]
    del old["game"]["z"]
    old["z_dim"] = old["game"].pop("z_dim")
    before = json.dumps(old)
    assert contradictions(defaults.complete(old), config) == []
    assert json.dumps(old) == before  # a record is read, not written to
    assert defaults.complete(config) == config


def test_a_group_that_names_no_row():
    config = defaults.get_config().to_dict()
    del config["critic"]["optimizer"]["name"]
    with pytest.raises(UserError, match="names no critic.optimizer, or in an older way"):
        defaults.complete(config)


def test_a_recipe_of_an_older_version(tmp_path):
    recipe = tmp_path / "old.py"
    recipe.write_text(
        "from jaxgan import defaults\n"
        "def get_config():\n"
        "    config = defaults.get_config()\n"
        "    config.z_dim = 2\n"
        "    config.game = defaults.game('conditional')\n"
        "    return config\n"
    )
    config = load_recipe(str(recipe))
    assert config.game.z_dim == 2 and "z_dim" not in config
    override(config, "z_dim", "7")
    assert config.game.z_dim == 7


@pytest.mark.parametrize("side", ["generator", "critic"])
def test_a_fall_that_never_begins_is_told(side):
    config = changed(f"{side}.optimizer.anneal_after", 0.5)
    with pytest.raises(UserError, match=f"set {side}.optimizer.anneal=true, too"):
        parts.check_names(config)


@pytest.mark.parametrize("side", ["generator", "critic"])
def test_no_rate_falls_over_optimisers_that_begin_anew(side):
    config = load_recipe("progressive")
    config[side].optimizer = {**config[side].optimizer, "anneal": True}  # both sides share one
    first = config.phases.partition(":")[0]
    with pytest.raises(UserError, match=f"{side}.optimizer.anneal .* begin anew at step {first},"):
        parts.check_names(config)
