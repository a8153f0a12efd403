"""The page of runs whose directories are written by hand: nothing is trained."""

import base64
import html.parser
import json
import re
import shlex

import numpy as np
import pytest

from jaxgan import cli, defaults
from jaxgan.core.errors import UserError
from jaxgan.data import Entry
from jaxgan.evaluation import grid
from jaxgan.report import command, curves, drawn, page, read
from jaxgan.run import directory, logs, places

HOSTILE = "<img src=x onerror=alert(1)>&\"'</script><script>alert(2)</script>"


def write_run(workdir, rows, floors=None, pictures=(), begun=None, **changed):
    config = defaults.get_config()
    config.update(changed)
    entries = {"x": Entry((28, 28, 1), np.dtype(np.uint8))}
    directory.write_config(workdir, config.to_dict(), entries, begun=begun)
    (workdir / logs.METRICS).write_text("".join(json.dumps(row) + "\n" for row in rows))
    if floors:
        (workdir / logs.FLOORS).write_text(json.dumps(floors))
    for name, pixels in pictures:
        grid.save_png(pixels, workdir / "samples" / name)
    return workdir


def rows(*numbers):
    """Rows of a translator, whose term l1 and whose metric l1 have one name."""
    found = []
    for i, distance in enumerate(numbers):
        step = 100 * (i + 1)
        found.append({"step": step - 50, "critic_loss": 1.5, "l1": 0.5})
        found.append({"step": step, "critic_loss": 1.25, "sliced_wasserstein": distance, "l1": 0.2})
    return found


def numbers(text):
    return np.frombuffer(base64.b64decode(text), "<f4").tolist()


class Elements(html.parser.HTMLParser):
    """What a browser would find: elements with their attributes, and the text of scripts."""

    def __init__(self, text):
        super().__init__()
        self.found, self.texts = [], []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.found.append((tag, dict(attrs)))
        self.texts.append("")

    def handle_data(self, data):
        if self.texts and self.texts[-1] == "":
            self.texts[-1] = data

    def of(self, tag):
        return [(a, t) for (name, a), t in zip(self.found, self.texts, strict=True) if name == tag]


def content_of(text):
    return json.loads(Elements(text).of("script")[0][1])


PICTURE = np.full((8, 8, 1), 99, np.uint8)


def test_a_page_of_a_run(tmp_path):
    begun = {
        "recipe": "configs/gan.py",
        "overrides": {"steps": "300", "data.where": "label=1|2"},
        "differs": {"steps": [10000, 300]},
        "device": "1 x cpu, x86_64",
        "ranked_by": "sliced_wasserstein",
    }
    floors = {"real": {"sliced_wasserstein": 0.03125}, "given": {"l1": 0.342}}
    pictures = [("00000100.png", PICTURE), ("00000200.png", PICTURE)]
    workdir = write_run(
        tmp_path / "run", rows(0.5, 0.25, 0.375), floors, pictures, begun, steps=300
    )
    page.write_own(workdir)
    text = (workdir / page.FILE).read_text()
    for told in (
        "<td>0.25</td><td>0.375</td><td>0.03125</td><td>–</td>",  # best, last, floor, given
        "<td>0.2</td><td>0.2</td><td>–</td><td>0.342</td>",
        "best <span class=step>step 200</span>",
        "last <span class=step>step 300</span>",
        "equal losses are no success",
        "1 x cpu, x86_64",
        f"jaxgan train --config=configs/gan.py --workdir={workdir}-again --config.steps=300 ",
        "&#x27;--config.data.where=label=1|2&#x27;",  # quoted for a shell
        "<tr><th scope=row>steps</th><td>10000</td><td>300</td></tr>",
    ):
        assert told in text, told
    content = content_of(text)
    charts = {chart["title"]: chart for chart in content["charts"]}
    assert numbers(charts["l1"]["curves"][0]["x"]) == [100, 200, 300]
    assert numbers(charts["l1, in training"]["curves"][0]["x"]) == [50, 150, 250]
    assert charts["sliced wasserstein"]["floor"] == 0.03125
    assert numbers(charts["losses"]["curves"][0]["y"]) == [1.5, 1.25] * 3
    (group,) = content["pictures"]["groups"]
    assert group["steps"] == [100, 200] and len(text) < 200_000


def test_a_page_asks_for_nothing_and_runs_nothing_but_its_own_script(tmp_path):
    workdir = tmp_path / HOSTILE.replace("/", "-")
    told = {"warnings": {"collapse": HOSTILE}, "sliced_wasserstein": 1.0, HOSTILE: 2.0}
    run = write_run(
        workdir,
        [*rows(0.5), {"step": 150, **told}],
        {HOSTILE: {HOSTILE: 1.0}},
        [("00000100.png", PICTURE), (f"member-{workdir.name}/00000100.png", PICTURE)],
        {"recipe": HOSTILE, "overrides": {HOSTILE: HOSTILE}, "differs": {HOSTILE: [HOSTILE, 1]}},
    )
    stored = json.loads((run / "config.json").read_text())
    stored["config"]["data"]["where"] = HOSTILE
    stored["versions"][HOSTILE] = HOSTILE
    (run / "config.json").write_text(json.dumps(stored))
    other = write_run(tmp_path / "other", rows(0.5))
    alone = [read.open_run(run, run.name)]
    for runs in (alone, [*alone, read.open_run(other, "other")]):
        text = page.render(runs)
        elements = Elements(text)
        sample = shlex.join(["jaxgan", "sample", f"--workdir={run}", "--step=best"])
        assert sample in html.unescape(text) and f"={run}" not in sample
        handlers = [key for _, attrs in elements.found for key in attrs if key.startswith("on")]
        links = [a.get("src", a.get("href")) for _, a in elements.found]
        outside = [each for each in links if each and not each.startswith("data:")]
        (data, _), (plain, script) = elements.of("script")
        assert not handlers and not outside and "alert" not in script
        assert data == {"type": "application/json", "id": "content"} and plain == {}
        (policy,) = [a["content"] for a, _ in elements.of("meta") if "http-equiv" in a]
        assert page._hash(script) in policy and "default-src 'none'" in policy
        assert "unsafe" not in policy and "http" not in policy
        titles = [chart["title"] for chart in content_of(text)["charts"]]
        assert HOSTILE.replace("_", " ") in titles


def test_runs_beside_one_another(tmp_path):
    first = write_run(tmp_path / "a" / "run", rows(0.5), seed=1)
    second = write_run(tmp_path / "b" / "run", [*rows(0.4), {"step": 150, "penalty": 1.0}], seed=2)
    names = places.names([first, second])
    assert names == ["a/run", "b/run"]
    text = page.render([read.open_run(*each) for each in zip((first, second), names, strict=True)])
    assert "<tr><th scope=row>seed</th><td>1</td><td>2</td></tr>" in text
    charts = {chart["title"]: chart["curves"] for chart in content_of(text)["charts"]}
    both = [(each["label"], each["colour"]) for each in charts["critic loss"]]
    assert both == [("a/run", 0), ("b/run", 1)]
    assert [(each["label"], each["colour"]) for each in charts["penalty"]] == [("b/run", 1)]


def test_bands():
    members = [{"step": 1, "a": 2.0, "a_q1": 1.0, "a_q3": None}, {"step": 2, "b": 1.0}]
    band = curves.curve(members, "a")
    assert [numbers(band[key]) for key in ("x", "y", "low")] == [[1], [2], [1]]
    assert np.isnan(numbers(band["high"])).all()
    assert curves.plain_names(["a", "a_q1", "a_q3", "b_q1"]) == ["a", "b_q1"]
    # 1502 rows: 751 points would be too many for half of 1500, so that each stands for three.
    many = [{"step": i, "a": float(i % 3)} for i in range(1502)]
    thin = {key: numbers(text) for key, text in curves.curve(many, "a").items()}
    assert thin["x"][:2] == [2, 5] and thin["x"][-1] == 1501 and len(thin["x"]) == 501
    assert (thin["y"][0], thin["low"][0], thin["high"][0]) == (1, 0, 2)


def test_sixty_large_pictures_are_less_than_five_megabytes(tmp_path):
    noise = np.random.default_rng(0).integers(64, 192, (160, 160, 3), np.uint8)  # 68 kB each
    pictures = [(f"{step:08d}.png", noise) for step in range(70)]
    workdir = write_run(tmp_path, rows(0.5), pictures=pictures)
    text = page.render([read.open_run(workdir, "run")])
    (group,) = content_of(text)["pictures"]["groups"]
    assert len(text) < 5_000_000 and len(group["steps"]) == 60 and group["steps"][-1] == 69
    assert set(re.findall("data:image/([a-z]*);", text)) == {"webp"}


def test_a_run_that_has_just_begun_and_one_of_an_older_version(tmp_path):
    workdir = write_run(tmp_path, [])
    text = page.render([read.open_run(workdir, "run")])
    assert "was not measured yet" in text and "begun from Python" in text
    assert content_of(text) == {"charts": [], "pictures": content_of(text)["pictures"]}


def test_training_goes_on_without_its_page(tmp_path):
    said = []
    page.write_own(tmp_path / "none", said.append)
    assert len(said) == 1 and "could not be written (UserError: " in said[0]


def test_the_command(tmp_path, capsys, mistake, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in ("a", "b"):
        write_run(tmp_path / name, rows(0.5))
    assert cli.main(["report", "--workdir=a"]) == 0
    assert cli.main(["report", "--workdir=a", "b", "--out=c.html"]) == 0
    assert cli.main(["report", "--workdir", "a", "b"]) == 0
    told = [line.rsplit(" ", 1)[1] for line in capsys.readouterr().out.splitlines()]
    assert told == ["a/report.html", "c.html", "report.html"]
    assert all((tmp_path / file).stat().st_size > 50_000 for file in told)
    assert "a is named twice" in mistake(command.main, ["--workdir=a", "a"])
    assert "must end in .html" in mistake(command.main, ["--workdir=a", "--out=a.png"])
    assert "c/config.json cannot be read" in mistake(command.main, ["--workdir=a", "c"])
    with pytest.raises(UserError):
        read.open_run(tmp_path, "none")


def test_a_picture_is_told_from_its_left(tmp_path):
    """By what its game gives a generator: images, sentences, or noise alone."""

    def told(game):
        write_run(tmp_path, [], game=defaults.game(game))
        return drawn.pictures([read.open_run(tmp_path, "run")])["told"]

    begin = "From the same rows and the same noise at every step."
    assert told("unconditional") == begin
    assert told("translation").startswith(f"{begin} From the left: what was given, what was made")
    assert told("text").startswith(f"{begin} From the left: what was made of a sentence")
