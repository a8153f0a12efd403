"""What a page may ask for; that the page has words for all that it can show."""

import json
import re
import shlex

import pytest

from jaxgan import data
from jaxgan.build import parts
from jaxgan.build.check import check_config
from jaxgan.core.errors import UserError
from jaxgan.games import GAMES
from jaxgan.lab import bounds, controls, frames, server, setting
from jaxgan.lab.controls import CONTROLS
from jaxgan.lab.lessons import LESSONS
from jaxgan.losses import ADVERSARIAL, PENALTIES


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("{", "a message must be JSON."),
        ("[" * 5000, "a message must be JSON."),
        ("[1]", 'a message must be an object with "do"'),
        ('{"do": 3}', 'a message must be an object with "do"'),
        ('{"do": "__init__"}', "unknown command of the page '__init__'; known: look, pause"),
        ('{"do": "run", "x": "' + "y" * bounds.MESSAGE + '"}', "at most 65536 are read."),
    ],
)
def test_messages(text, told):
    with pytest.raises(UserError) as error:
        bounds.read_message(text)
    assert told in str(error.value)


def games(*settings, **more):
    return {"do": "set", "games": list(settings), **more}


@pytest.mark.parametrize(
    ("message", "told"),
    [
        ({"do": "set"}, '"games" must be a list of 1 to 2 settings.'),
        (games({}, {}, {}), '"games" must be a list of 1 to 2 settings.'),
        (games([]), "a setting must be an object of keys and texts."),
        (games({"steps": "9"}), "unknown control 'steps'; known: batch_size"),
        (games({"data": "folder:/etc"}), "unknown data 'folder:/etc'; known: drawn, grid"),
        (games({"data.data_dir": "/"}), "unknown control 'data.data_dir'"),
        (games({"n_critic": 5}), "n_critic must be a text of at most 64 characters."),
        (games({"n_critic": "9999"}), "n_critic is 9999; it must lie in [0, 51)."),
        (games({"batch_size": "nan"}), "batch_size is nan"),
        (games({"critic.features": "64,900"}), "an entry of critic.features is 900;"),
        (games({"critic.features": "8,8,8,8,8"}), "has 5 entries; it must have 1 to 4."),
        (games({"critic.features": "(8,)*9"}), "it must be numbers with commas between."),
        (games({"data": "drawn"}), "0 points are drawn; draw 8 to 2000."),
        (
            games({"data": "drawn"}, points=[[0, 0]] * 2001),
            "2001 points are drawn",
        ),
        (games({"data": "drawn"}, points=[[0, 9]] * 9), "two numbers in [-4, 4]."),
        (games({"data": "drawn"}, points=[[0, True]] * 9), "two numbers in [-4, 4]."),
        (games({"data": "drawn"}, points=[[0, float("nan")]] * 9), "two numbers in [-4, 4]."),
        (games({"data": "drawn"}, points=[[0, 10**400]] * 9), "two numbers in [-4, 4]."),
    ],
)
def test_settings(message, told):
    with pytest.raises(UserError) as error:
        bounds.read_games(message, CONTROLS)
    assert told in str(error.value)


@pytest.mark.parametrize(
    ("values", "told"),
    [
        ({"n_critic": "many"}, "--config.n_critic=many: n_critic must be a whole number."),
        ({"loss.alpha": "1"}, "unknown config key 'loss.alpha'"),
        ({"n_critic": "0", "n_generator": "0"}, "nobody"),
    ],
)
def test_what_passes_the_bounds_meets_the_rules_of_every_config(values, told):
    (read,), _ = bounds.read_games(games(values), CONTROLS)
    with pytest.raises(UserError) as error:
        check_config(setting.config_of(read))
    assert told in str(error.value)


def test_controls_are_the_tables():
    assert set(CONTROLS["loss"].choices) == set(ADVERSARIAL)
    assert set(CONTROLS["data"].choices) == {*data.TOYS, "drawn"}
    assert {f"penalties.{name}.weight" for name in PENALTIES} <= set(CONTROLS)
    of_others = {"source", "caption"}  # what points have not
    plays = {
        n for n, row in GAMES.items() if "z" in row.generator and not of_others & {*row.generator}
    }
    assert set(CONTROLS["game"].choices) == plays
    told = {row["key"]: row for row in controls.told(setting.base())}
    assert told["loss.alpha"]["of"] == {"loss": {"f_alpha": "0.5"}}
    assert told["data.options.std"]["of"]["data"] == {"ring": "0.01", "grid": "0.05"}
    assert told["data.options.std"]["value"] == "0.02" and not told["game.z_dim"]["of"]


@pytest.mark.parametrize("lesson", LESSONS, ids=lambda lesson: lesson.name)
def test_lessons_are_settings(lesson):
    assert not {key for game in lesson.games for key in game} & set(lesson.shared)
    message = games(*lesson.games, shared=lesson.shared, points=[[0, 0]] * 8)
    for read in bounds.read_games(message, CONTROLS)[0]:
        config = setting.config_of(read, "points.npz")
        check_config(config)
        parts.check_names(config)


def test_the_command_is_for_a_shell():
    words = shlex.split(setting.command_of({"n_critic": "2; ls", "steps": "5"}).replace("\\\n", ""))
    assert words[:4] == ["jaxgan", "train", "--config=toy_ring", "--workdir=runs/lab"]
    assert "--config.n_critic=2; ls" in words and "--config.ema=0.99" in words
    assert not [word for word in words if word.startswith("--config.steps")]


def words_of(name):
    text = (server.STATIC / f"{name}.js").read_text(encoding="utf-8")
    return dict(re.findall(r'^  "?([\w.]+)"?:\s*"(.*)",$', text, re.MULTILINE))


def test_every_lesson_and_control_has_words_in_both_languages():
    english, chinese = words_of("en"), words_of("zh")
    asked = {f"{w}_{each.name}" for each in LESSONS for w in ("lesson", "asked", "answered")}
    assert asked <= set(english) and asked <= set(chinese) <= set(english)
    keys = {"key_" + re.sub(r"^(generator|critic)\.", "side.", key) for key in CONTROLS}
    assert keys <= set(english)
    used = {key for key in english if not key.startswith(("key_", "choice_"))}
    assert used <= set(chinese)
    for file in server.STATIC.glob("*.js"):
        found = re.findall(r'\bword\("(\w+)"\)', file.read_text(encoding="utf-8"))
        assert set(found) <= set(english), file.name


def test_the_page_asks_nobody_else():
    for file in server.STATIC.iterdir():
        assert not re.search(r"https?://|//cdn|@import", file.read_text(encoding="utf-8")), file


def test_frames():
    message = frames.packed("frame", {"a": [[1, 2]], "b": [3.5]}, step=7, log={"x": float("nan")})
    length = int.from_bytes(message[:4], "little")
    head = json.loads(message[4 : 4 + length])
    assert length % 4 == 0 and message[4 + length :].hex() == "0000803f0000004000006040"
    assert head == {
        "kind": "frame",
        "step": 7,
        "log": {"x": None},
        "arrays": [["a", [1, 2]], ["b", [1]]],
    }
