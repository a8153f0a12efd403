"""The comparison at equal seconds in small: phases in proportion, tables and pictures."""

import numpy as np
import pytest
from PIL import Image

from experiments import baselines, seconds
from jaxgan import film
from jaxgan.build.check import check_config
from jaxgan.build.parts import check_names
from jaxgan.build.phases import phases
from jaxgan.core.errors import UserError


@pytest.mark.parametrize("name", seconds.SETS)
@pytest.mark.parametrize("recipe", seconds.RECIPES)
def test_every_recipe_is_a_config_of_every_set_and_length(recipe, name):
    config = seconds.lasting(seconds.config_of(recipe, name), 0.3)
    check_config(config)
    check_names(config)
    assert phases(config)[-1].last_step == config.steps


def test_a_growing_network_is_squeezed_in_proportion(monkeypatch):
    """Seven parts of 150, 150, 200, 200, 200, 250, 350 steps at 1, ..., 7 s: 6,800 s in all."""
    config = seconds.config_of("progressive", "digits")
    parts = seconds.parts_of(config)
    assert [steps for steps, _ in parts] == [150, 150, 200, 200, 200, 250, 350]
    alone = [phases(part) for _, part in parts]
    assert [(p.level, p.fade) for (p,) in alone] == [(p.level, p.fade) for p in phases(config)]

    took = iter(range(1, 8))
    monkeypatch.setattr(seconds.networks, "seconds_a_step", lambda config, **_: next(took))
    factor = seconds.factor_of(config, 680)
    assert factor == pytest.approx(0.1)
    short = phases(seconds.lasting(config, factor))
    assert [p.last_step for p in short] == [15, 30, 50, 70, 90, 115, 150]


def test_schedules_keep_their_proportion():
    config = seconds.lasting(seconds.config_of("baseline", "digits"), 0.5)
    assert config.steps == config.schedules.steps == 750


def test_the_comparison(monkeypatch, capsys, tmp_path):
    """Runs, looks and clocks are others' work; seeds 0 and 1, a hundredth of a recipe's steps."""
    played, measured = [], []

    def play(name, config, seed, flags):
        assert config.steps == flags.steps
        played.append((name, seed))
        return seed

    def look(seed, step, flags):
        return {"values": {"ema": {f"{flags.metrics}_{flags.features}": 10.0 * seed + step}}}

    def shoot(run, steps, num):
        return [film.Reel("", steps, [("", np.zeros((4, 4, 1), np.uint8))], [], [])]

    def factor_of(config, seconds):
        measured.append(config.data.name)
        return 0.01

    monkeypatch.setattr(baselines, "play", play)
    monkeypatch.setattr(baselines, "look", look)
    monkeypatch.setattr(seconds.film, "shoot", shoot)
    monkeypatch.setattr(seconds, "factor_of", factor_of)
    words = ["--recipes=dcgan,sngan", "--seeds=2", f"--out={tmp_path}", f"--runs={tmp_path}"]
    seconds.main(words)
    # dcgan has 2000 steps: looks at 10 and 20, of seed 1 ten more; sngan 1000.
    lines = [line.split("|") for line in capsys.readouterr().out.splitlines() if "|" in line]
    cells = [[cell.strip() for cell in line[1:-1]] for line in lines]
    ours = [
        ["dcgan", "20", "15.0 ± 5.0", "25.0 ± 5.0"],
        ["sngan", "10", "10.0 ± 5.0", "15.0 ± 5.0"],
    ]
    assert [row for row in cells if row[0] in seconds.RECIPES] == 2 * ours
    assert measured == 2 * ["mnist10k"] + 2 * ["emoji"] and len(played) == 8
    for name in seconds.SETS:
        with Image.open(tmp_path / f"seconds_{name}.png") as picture:
            assert min(picture.size) > 10

    seconds.main(["--recipes=sngan", *words[1:]])  # with what was measured, and no other recipe
    assert len(measured) == 4 and {name.split("-")[1] for name, _ in played[8:]} == {"sngan"}


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ("--sets=faces", "unknown set of this comparison 'faces'; known: digits, emoji"),
        ("--recipes=dcgan,gan", "unknown recipe of this comparison 'gan'"),
        ("--seconds=0", "seconds"),
    ],
)
def test_wrong_words_are_told_before_a_run(wrong, told, monkeypatch):
    monkeypatch.setattr(seconds, "factor_of", lambda *_: pytest.fail("it began"))
    with pytest.raises(UserError, match=told):
        seconds.main([wrong])
