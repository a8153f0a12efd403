"""``jaxgan tune``: members by hand, a sweep of a toy, and the command that goes on."""

import re
import shlex

import numpy as np
import pytest

from jaxgan import defaults
from jaxgan.build.overrides import load_recipe
from jaxgan.build.run import prepare
from jaxgan.core.errors import UserError
from jaxgan.main import parse
from jaxgan.tuning import sweep
from jaxgan.tuning.command import main
from jaxgan.tuning.sweep import Sweep, Tried, best_first, forecast, population_of, settings, table

SMALL = (
    "data.options.points=2500 generator.features=8 critic.features=8 n_critic=1 steps_per_call=5 "
    "epochs=20 steps=1 critic.optimizer.learning_rate=1e-3"
)


def config():
    """A rate of 1e-3 and one of 2e-4; R1 of 2 that falls to a tenth, and R2 of 0."""
    config = defaults.get_config()
    config.critic.optimizer.learning_rate = 1e-3
    config.penalties.r1.weight = 2.0
    config.schedules.to, config.schedules.steps = "penalties.r1.weight=*0.1", 50
    return config


def test_members_are_all_pairs_of_a_rate_and_a_weight():
    seven = config()
    seven.seed = 7
    many = population_of(seven, (0.5, 2.0))
    assert many.population.members == 6
    assert dict(word.split("=") for word in many.population.vary.split()) == {
        "generator.optimizer.learning_rate": "0.0001,0.0001,0.0001,0.0004,0.0004,0.0004",
        "critic.optimizer.learning_rate": "0.0005,0.0005,0.0005,0.002,0.002,0.002",
        "penalties.r1.weight": "0.2,2,20,0.2,2,20",
    }
    assert dict(settings(many, 5)) == {
        "generator.optimizer.learning_rate": "0.0004",
        "critic.optimizer.learning_rate": "0.002",
        "penalties.r1.weight": "20",
        "seed": "12",
    }
    without = config()
    without.penalties.r1.weight, without.schedules.to, without.schedules.steps = 0.0, "", 0
    alone = population_of(without, (1.0, 3.0))
    assert alone.population.members == 2 and "penalties" not in alone.population.vary
    with pytest.raises(UserError, match="nothing to choose from"):
        population_of(without, (1.0,))
    with pytest.raises(UserError, match="--weights are .* no penalty is played"):
        population_of(without, (1.0, 3.0), (0.1, 1.0))
    with pytest.raises(UserError, match=r"leave population.members at 1"):
        population_of(many, (1.0, 2.0), (1.0,))


def test_the_best_is_first_and_one_that_went_bad_is_last():
    values = {"penalties.r1.weight": 0.25}
    each = [Tried(i, values, distance, 0.5) for i, distance in enumerate((0.3, np.inf, 0.2))]
    ranked = best_first(Sweep(each, 7, 0.0625))
    assert [tried.number for tried in ranked.members] == [2, 0, 1]
    lines = table(ranked).splitlines()
    assert lines[0] == "After 7 steps; other real examples: 0.0625."
    assert [line.split() for line in lines[1:]] == [
        ["distance", "spread", "penalties.r1.weight"],
        ["0.2", "0.5", "0.25"],
        ["0.3", "0.5", "0.25"],
        ["none", "0.5", "0.25"],
    ]
    with pytest.raises(UserError, match="no member stayed finite"):
        best_first(Sweep(each[1:2], 7, None))


def test_too_few_steps_are_told():
    """A minute of 2 s each is 30 steps; 200 would be 400 s, which is 6.67 minutes, and 50 1.67."""
    about = "About 30 steps of 9 members in 60 seconds."
    few = "30 steps are too few to choose by; --minutes={} would be about {}."
    fewer = "Fewer --rates or --weights, as --rates=1, are fewer members."
    assert forecast(2.0, 60, 1500, 9) == [about, few.format(6.7, 200), fewer]
    assert forecast(2.0, 60, 50, 9) == [about, few.format(1.7, 50), fewer]
    assert forecast(2.0, 60, 50, 3) == [about.replace("9", "3"), few.format(1.7, 50)]
    assert forecast(2.0, 60, 30, 9) == [about]
    about = "About 240 steps of 9 members in 60 seconds."
    assert forecast(0.25, 60, 1500, 9) == [about]
    about = about.replace("seconds.", "seconds, at the speed of the first of 3 phases.")
    assert forecast(0.25, 60, 1500, 9, (0, 9, 239)) == [about]
    phase = "The run's last phase begins at step 240; --config.phases= plays it from the start."
    assert forecast(0.25, 60, 1500, 9, (0, 9, 240)) == [about, phase]


def test_a_toy_is_tuned_and_the_command_goes_on(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    begun, lasts = [], []  # as ``train`` has it: before whatever step a phase may begin with

    def watched(config):
        run = prepare(config)
        lasts.append(run.phases[-1].last_step)

        def begin(step, state):
            begun.append(step)
            return run.begin(step, state)

        return run._replace(begin=begin)

    monkeypatch.setattr(sweep, "prepare", watched)
    words = [f"--config.{word}" for word in SMALL.split()]
    flags = ["--config=toy_ring", "--minutes=0.01", "--rates=1,2", "--weights=1,3"]
    assert main([*flags, *words]) == 0
    out, err = capsys.readouterr()
    data, compiling, about, *_ = err.splitlines()
    assert data.startswith("jaxgan: Data: 2500 examples of ring")
    assert compiling == "jaxgan: Compiling 4 members."
    assert re.fullmatch(r"jaxgan: About \d+ steps of 4 members in 0.6 seconds.", about)
    first, heads, *rows, command = out.splitlines()
    said = rows.pop()
    few = rows.pop() if len(rows) == 5 else ""  # as this machine is slow
    assert ("so few steps" in few) == (int(first.split()[1]) < min(*lasts, sweep.ENOUGH))
    assert re.match(r"After \d+ steps; other real examples: ", first)
    found = [dict(zip(heads.split(), map(float, row.split()), strict=True)) for row in rows]
    distances = [row["distance"] for row in found]
    assert len(rows) == 4 and distances == sorted(distances)
    assert {row["critic.optimizer.learning_rate"] for row in found} == {1e-3, 2e-3}
    assert said.startswith("The best goes on") and list(tmp_path.iterdir()) == []
    assert begun[:3] == [0, 1, 2] and begun == sorted(set(begun))
    name, train, *rest = shlex.split(command)
    chosen, workdir, _ = parse(rest)
    assert (name, train, workdir) == ("jaxgan", "train", "runs/toy_ring")
    own, key = load_recipe("toy_ring").penalties, "penalties.gradient_penalty.weight"
    assert chosen.penalties.gradient_penalty.weight == found[0][key]
    ratios = sorted({row[key] / own.gradient_penalty.weight for row in found})
    np.testing.assert_allclose(ratios, [1, 3], rtol=1e-4)
    rate = chosen.critic.optimizer.learning_rate
    assert rate == found[0]["critic.optimizer.learning_rate"]
    assert (rate == 2e-3) == (chosen.seed in (2, 3))  # of that member
    assert chosen.epochs == 20 and chosen.population.members == 1


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--minutes=0"], "--minutes is 0; it must be finite and above 0"),
        (["--minutes=inf"], "--minutes is inf; it must be finite and above 0"),
        (["--minutes=nan"], "--minutes is nan; it must be finite and above 0"),
        (["--config.steps=0"], "a run of steps=0 trains nothing to choose by"),
        (["--rates=1,-1"], "--rates: '1,-1' must be numbers above 0, with commas between"),
        (["--rates=few"], "--rates: 'few' must be numbers above 0"),
        (["--minutes=few"], "--minutes: not a number: 'few'"),
        (["--workdir=x"], "'--workdir=x' is not an option; jaxgan tune --help"),
    ],
)
def test_a_wrong_word_is_told(words, told, mistake):
    assert told in mistake(main, ["--config=toy_ring", *words])
