"""A population is its members' own runs, in one program."""

import warnings

import jax
import numpy as np
import pytest

from jaxgan import defaults, sample
from jaxgan.build.run import prepare
from jaxgan.core.errors import Stopped, UserError
from jaxgan.evaluate import evaluate_run
from jaxgan.run import logs, tables
from jaxgan.step import population
from jaxgan.train import train

RATES = (1e-3, 3e-3, 2e-3)
WEIGHTS = (0.0, 0.5, 2.0)
VARY = (
    f"critic.optimizer.learning_rate={','.join(map(str, RATES))} "
    f"penalties.r1.weight={','.join(map(str, WEIGHTS))}"
)


def config(**options):
    config = defaults.get_config()
    config.data.name, config.data.options = "ring", {"points": 600}
    config.generator = defaults.generator("toy", features=(8,))
    config.critic = defaults.critic("toy", features=(8,))
    config.batch_size, config.game.z_dim, config.n_critic, config.steps = 8, 2, 2, 6
    config.steps_per_call, config.seed = 4, 5
    config.update(options)
    return config


def play(config, steps=3):
    run = prepare(config, device_count=1)
    state, feed = run.devices.replicate(jax.jit(run.create)()), run.feed(run.phases[0])
    return run, *run.call(run.phases[0], feed)(state, *feed.block(0, steps), np.int32(steps))


def close(got, want):
    jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, rtol=2e-4, atol=1e-6), got, want)


def test_members_are_runs_of_their_own():
    """Seed, learning rate and penalty of member i: as in a run that has them in its config."""
    many = config()
    many.population.members, many.population.vary = 3, VARY
    run, states, logs, done = play(many)
    assert done == 3 and states.step.shape == () and run.members.count == 3
    for i in range(3):
        one = config(seed=5 + i)
        one.critic.optimizer.learning_rate = RATES[i]
        one.penalties.r1.weight = WEIGHTS[i]
        _, state, log, _ = play(one)
        log.setdefault("r1", logs["r1"][:, i])  # of weight 0: a run of its own does not look
        close(jax.tree.map(lambda entries, i=i: entries[:, i], logs), log)
        close(population.member(states, i), state)


def test_a_member_that_goes_bad_leaves_the_others_alone():
    many = config()
    many.population.members = 3
    many.population.vary = "generator.optimizer.learning_rate=1e-3,1e30,1e-3"
    _, states, logs, done = play(many, 4)
    assert done == 4
    last = {name: entries[3] for name, entries in logs.items()}
    np.testing.assert_array_equal(population.alive(last), [True, False, True])
    np.testing.assert_array_equal(population.finite(states), [True, False, True])
    many.population.vary = "generator.optimizer.learning_rate=1e-3,1e-3,1e-3"
    _, well, _, _ = play(many, 4)
    for i in (0, 2):
        close(population.member(states, i), population.member(well, i))


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    many = config(eval_every=3, sample_every=6, checkpoint_every=3)
    many.population.members = 3
    many.population.vary = "critic.optimizer.learning_rate=1e-3,2e-3,1e30"
    many.evaluation.num = 100
    workdir = tmp_path_factory.mktemp("run")
    with warnings.catch_warnings(action="ignore"):  # so few samples mean little
        train(many, workdir)
    return workdir


def test_the_run_directory_has_every_member(trained):
    rows = logs.read_metrics(trained / "metrics.jsonl")
    each = logs.read_metrics(trained / "members.jsonl")
    assert [row["step"] for row in rows] == [row["step"] for row in each] == [3, 6]
    for name in ("critic_loss", "fd_points", "sliced_wasserstein"):
        values = [value for value in each[1][name] if value is not None]
        assert len(values) in (2, 3) and len(each[1][name]) == 3
        quartiles = [rows[1][name + ending] for ending in ("", "_q1", "_q3")]
        np.testing.assert_allclose(quartiles, np.quantile(values, (0.5, 0.25, 0.75)))
    assert each[1]["critic_loss"][2] is None  # a rate of 1e30 is too much
    for i in range(3):
        assert (trained / "samples" / f"member-{i:02d}" / "00000006.png").exists()
    told = tables.members_table(trained, "sliced_wasserstein", lambda i: f"who {i}")
    assert len(told.splitlines()) == 4 and told.splitlines()[-1].endswith("who 2")


def test_no_member_of_that_number(trained, mistake):
    wrong = [f"--workdir={trained}", "--member=3", "--out=a.png"]
    assert "member is 3; it must lie in [0, 3)" in mistake(sample.main, wrong)


def test_members_are_sampled_and_evaluated(trained):
    first, second = (sample.load(trained, member=i)(num=4) for i in (0, 1))
    assert not np.allclose(first, second)
    with warnings.catch_warnings(action="ignore"):
        found = evaluate_run(trained, names="fd", num=100)
    columns = ["ema", "ema_q1", "ema_q3", "raw", "raw_q1", "raw_q3"]
    assert list(found["values"]) == columns
    values = [found["values"][column]["fd_points"] for column in columns[:3]]
    assert values[1] <= values[0] <= values[2]


def test_it_goes_on_where_it_was(tmp_path):
    """Stopped and resumed, every member has the bits of the run that was never stopped."""
    ends = []
    for first in (6, 3):
        for steps in (first, 6):
            many = config(steps=steps, checkpoint_every=3)
            many.population.members = 2
            now = train(many, tmp_path / str(first))
        ends.append(now)
        rows = logs.read_metrics(tmp_path / str(first) / "members.jsonl")
        assert [row["step"] for row in rows] == [3, 6]
    assert all(map(np.array_equal, *map(jax.tree.leaves, ends)))


def test_mistakes():
    for members, vary, sentence in (
        (2, "n_critic=1,2", "members cannot differ in 'n_critic'; they can in generator.opt"),
        (2, "penalties.r1.weight=1", "has 1 values for 2 members; each needs one"),
        (2, "penalties.r1.weight=1,x", "must have numbers, as 1e-4,2e-4"),
        (2, "penalties.r1.weight=1,-1", "penalties.r1.weight is -1.0; it must"),
        (2, "critic.optimizer.learning_rate=0,1", "learning_rate is 0; it must be greater"),
        (1, "penalties.r1.weight=1 penalties.r1.weight=2", "names penalties.r1.weight twice"),
        (1, "penalties.r1.weight=1", "is of several members; set population.members"),
        (0, "", "population.members is 0; it must lie in"),
    ):
        many = config()
        many.population.members, many.population.vary = members, vary
        with pytest.raises(UserError, match=sentence):
            prepare(many)
    many = config()
    many.population.members, many.data.resident_bytes = 2, 10
    with pytest.raises(UserError, match="a population needs its data on the device"):
        prepare(many)


def test_dead_members_rank_last():
    """The median of 3 with one dead is the worse of the two; with two dead there is none."""
    assert population.rank([1.0, np.nan, 2.0]) == 2.0
    assert population.rank([1.0, np.nan, np.inf]) == np.inf
    assert population.summary({"a": [1.0, np.nan, 2.0], "b": 3.0}) == {
        "a": 1.5,
        "a_q1": 1.25,
        "a_q3": 1.75,
        "b": 3.0,
    }


def test_when_all_are_dead_the_run_stops(tmp_path):
    many = config(checkpoint_every=1, steps=20)
    many.population.members = 2
    many.population.vary = "critic.optimizer.learning_rate=1e30,1e30"
    with pytest.raises(Stopped, match="the last member that was finite became non-finite by step"):
        train(many, tmp_path / "run")
