"""The studies of networks in small: their configs are built, their tables and figures drawn."""

import numpy as np
import pytest
from PIL import Image

from experiments import baselines, networks
from jaxgan import film
from jaxgan.build.check import check_config
from jaxgan.build.parts import check_names
from jaxgan.core.errors import UserError


@pytest.mark.parametrize("name", networks.STUDIES)
def test_every_row_is_a_config(name):
    study, seen = networks.STUDIES[name], set()
    for row, settings in study.rows.items():
        configs = [networks.config_of(game, settings) for game in study.games]
        for config in configs:
            config.steps = 2
            check_config(config)
            check_names(config)
        seen |= set(map(str, configs))
        for side in ("generator", "critic"):  # of the same layers, whatever the game
            layers = ({**c[side], "optimizer": 0, "norm_eps": 0} for c in configs)
            assert len({str(sorted(each.items())) for each in layers}) == 1, row
    assert len(seen) == len(study.rows) * len(study.games)  # each is another


@pytest.mark.parametrize("name", ["equal", "layers"])
def test_a_study(name, monkeypatch, capsys, tmp_path):
    """Runs, looks and clocks are others' work; seeds 0 and 1, judged after 2 and 4 steps."""
    played, study = [], networks.STUDIES[name]

    def play(name, config, seed, flags):
        played.append((name, seed))
        return seed

    def look(seed, step, flags):
        assert flags.features == "mnist10k_cnn" and flags.metrics == "fd"
        return {"values": {"ema": {"fd_mnist10k_cnn": 10.0 * seed + step}}}

    def shoot(run, steps, num):
        assert run == 0 and steps == (4,)  # of the rows with pictures
        return [film.Reel("", steps, [("", np.zeros((4, 4, 1), np.uint8))], [], [])]

    monkeypatch.setattr(baselines, "play", play)
    monkeypatch.setattr(baselines, "look", look)
    monkeypatch.setattr(networks.film, "shoot", shoot)
    monkeypatch.setattr(networks, "seconds_a_step", lambda config: 0.25)
    networks.main([f"--studies={name}", "--steps=4", "--seeds=2", f"--out={tmp_path}"])
    lines = [line for line in capsys.readouterr().out.splitlines() if line.startswith("|")][2:]
    assert len(lines) == len(study.rows) * len(study.games) == len({name for name, _ in played})
    cells = {
        line.split("|")[2].strip(): [c.strip() for c in line.split("|")[3:7]] for line in lines
    }
    # Looks at 2 and 4, of the GAN beside others at 8 and 16; seed 1 has 10 more. 0.25 s a step.
    if name == "equal":
        assert cells["GAN"] == ["16", "13.0 ± 5.0", "21.0 ± 5.0", "25.0"]
        assert cells["WGAN"] == ["4", "7.0 ± 5.0", "9.0 ± 5.0", "25.0"]
    else:
        assert cells["GAN"] == ["4", "7.0 ± 5.0", "9.0 ± 5.0", "25.0"]
    with Image.open(tmp_path / f"networks_{name}.png") as picture:
        assert min(picture.size) > 10


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ("--studies=equal,nosuch", "unknown study 'nosuch'; known: equal, layers, named"),
        ("--steps=0", "steps"),
    ],
)
def test_wrong_words_are_told_before_a_run(wrong, told, monkeypatch):
    monkeypatch.setattr(baselines, "play", lambda *_: pytest.fail("a run began"))
    with pytest.raises(UserError, match=told):
        networks.main([wrong])
