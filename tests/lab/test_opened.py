"""A run of images that is looked at: what its page can ask for, how it is answered, and bounded."""

import asyncio
import base64
import io
import urllib.parse

import numpy as np
import pytest
from PIL import Image, ImageFile

pytest.importorskip("starlette", reason="the extra `lab` brings it")
pytest.importorskip("httpx2", reason="the extra `test` brings it")

from starlette.requests import Request
from starlette.testclient import TestClient

from jaxgan import data
from jaxgan.data.view import to_uint8
from jaxgan.evaluation import grid
from jaxgan.games.draw import DISTRIBUTIONS
from jaxgan.inference import sampling, translation
from jaxgan.inference.directions import principal
from jaxgan.lab import bounds, command, frames, http, samples, server
from jaxgan.lab.opened import open_run
from tests import test_sample, test_stargan, test_translate

HOME = "http://127.0.0.1:8000"
YEARS = ("2019", "1", "fox")


def read(text):
    """The pixels [H, W] or [H, W, 3] of a picture in an answer."""
    with Image.open(io.BytesIO(base64.b64decode(text.removeprefix(frames.PNG)))) as opened:
        return np.asarray(opened)


def contents(folder):
    """{file: (its bytes, when it was changed)}."""
    files = [path for path in folder.rglob("*") if path.is_file()]
    return {path: (path.read_bytes(), path.stat().st_mtime_ns) for path in files}


@pytest.fixture(scope="module")
def years(tmp_path_factory):
    return test_sample.write_run(tmp_path_factory.mktemp("years"), YEARS)


@pytest.fixture(scope="module")
def noise(years):
    """The questions of a run of noise, of three classes."""
    return open_run(years).questions


@pytest.fixture(scope="module")
def holes(tmp_path_factory):
    config = test_translate.RUNS["inpainting"]
    return test_translate.write_run(tmp_path_factory.mktemp("holes"), config)


@pytest.fixture(scope="module")
def drawn(holes):
    """The questions of a run that fills holes in pictures of 8x8."""
    return open_run(holes).questions


def test_samples_are_those_of_the_command(years, noise):
    made = sampling.load(years)
    told = noise["samples"]({"seed": 5, "label": ""})
    want = to_uint8(made(samples.SHOWN, seed=5))[..., 0].reshape(-1, 28)
    np.testing.assert_array_equal(read(told["strip"]), want)
    assert told["labels"][:4] == ["2019", "1", "fox", "2019"]
    told = noise["samples"]({"seed": 5, "label": "fox"})
    want = to_uint8(made(samples.SHOWN, seed=5, label="fox"))[..., 0].reshape(-1, 28)
    np.testing.assert_array_equal(read(told["strip"]), want)


def test_a_sample_is_moved_along_a_direction(years, noise):
    generate = sampling.load(years)
    made, z_of = generate.described, generate.sampler.z_of
    z = z_of(5, [7])
    rows = np.arange(1024)
    way = principal(z_of(0, rows), made(rows=rows).x, samples.DIRECTIONS, rows % 3)
    assert way.shape == (4, 4)  # z has four numbers
    for amounts in ([0, 0, 0, 0], [0, 2.5, 0, -1]):
        told = noise["moved"]({"of": {"seed": 5, "sample": 7, "label": ""}, "amounts": amounts})
        want = made(rows=[7], seed=5, z=z + np.float32(amounts) @ way).x
        np.testing.assert_allclose(read(told["strip"]), to_uint8(want)[0, ..., 0], atol=1)
        assert told["labels"] == ["1"]  # of row 7, of three classes in turn
    np.testing.assert_array_equal(made(rows=[7], seed=5).x, made(8, seed=5).x[7:])


def test_a_way_has_samples_at_its_ends(years, noise):
    made = sampling.load(years)(samples.SHOWN, seed=5)
    ends = {"from": {"seed": 5, "sample": 3, "label": ""}, "to": {"seed": 5, "sample": 7}}
    told = noise["way"](ends)
    assert told["labels"] == ["2019", "1"]
    first, second = (read(strip).reshape(samples.WAY, 28, 28) for strip in told["strips"])
    np.testing.assert_allclose(first[0], to_uint8(made[3])[..., 0], atol=1)
    np.testing.assert_allclose(second[-1], to_uint8(made[7])[..., 0], atol=1)
    alike = {name: {"seed": 5, "sample": i, "label": "fox"} for name, i in (("from", 3), ("to", 7))}
    assert noise["way"](alike)["labels"] == ["fox"]


def test_no_slider_leaves_what_z_can_be(tmp_path):
    assert set(samples.LIMITS) == set(DISTRIBUTIONS)
    plain = test_sample.write_run(tmp_path / "plain", z="uniform")
    generate = sampling.load(plain)
    made, z_of = generate.described, generate.sampler.z_of
    rows = np.arange(1024)
    way = principal(z_of(0, rows), made(rows=rows).x, samples.DIRECTIONS)[0]
    z = z_of(5, [7]) + 3 * way
    assert abs(z).max() > 1.5
    told = open_run(plain).questions["moved"]({"of": {"seed": 5, "sample": 7}, "amounts": [3]})
    want = to_uint8(made(rows=[7], z=np.clip(z, -1, 1)).x)[0, ..., 0]
    np.testing.assert_allclose(read(told["strip"]), want, atol=1)
    assert abs(want - np.float64(to_uint8(made(rows=[7], z=z).x)[0, ..., 0])).max() > 2


def test_of_several_generators_the_own_z_is_moved(tmp_path):
    several = test_sample.write_run(tmp_path / "several", generators=2)
    generate = sampling.load(several)
    made, z_of = generate.described, generate.sampler.z_of
    rows, z = np.arange(1024), np.array(z_of(5, [3]))
    assert z.shape == (1, 2, 4)
    way = principal(z_of(0, rows)[:, 1], made(rows=rows).x[1::2], samples.DIRECTIONS)
    z[:, 1] += 2 * way[1]
    opened = open_run(several)
    assert opened.told()["directions"] == 4
    told = opened.questions["moved"]({"of": {"seed": 5, "sample": 7}, "amounts": [0, 2]})
    np.testing.assert_allclose(
        read(told["strip"]), to_uint8(made(rows=[3], z=z).x)[1, ..., 0], atol=1
    )


def test_a_translation_is_that_of_the_command(holes, drawn):
    picture = np.random.default_rng(0).integers(0, 256, (8, 8, 3), np.uint8)
    mask = np.zeros((8, 8, 1), np.uint8)
    mask[2:5, 3:6] = 255
    want = translation.load(holes)(picture, mask=mask[..., 0] > 127, seed=3)
    for zoom in (1, 4):  # a drawing has more pixels than the network
        sent = {
            name: frames.picture(image.repeat(zoom, axis=0).repeat(zoom, axis=1))
            for name, image in (("picture", picture), ("mask", mask))
        }
        told = drawn["translation"]({**sent, "direction": None, "classes": {}, "seed": 3})
        np.testing.assert_allclose(read(told["picture"]), want, atol=1)


def test_a_picture_of_ones_own_is_brought_to_size(drawn):
    grey = np.arange(0, 240, 20, dtype=np.uint8).repeat(20).reshape(12, 20, 1)
    for fit, corner in (("pad", 0), ("crop", None)):
        told = drawn["fitted"]({"picture": frames.picture(grey), "fit": fit})
        found = read(told["picture"])
        assert found.shape == (8, 8, 3) and (corner is None or found[0, 0, 0] == corner)


def test_an_example_of_the_data_is_whole_where_holes_are_drawn(holes, drawn):
    told = drawn["example"]({"seed": 1, "direction": None})
    np.testing.assert_array_equal(read(told["picture"]), read(told["truth"]))
    given = to_uint8(sampling.load(holes).described(1, seed=1).truth[0])
    np.testing.assert_array_equal(read(told["picture"]), given)


def test_an_example_is_asked_for_as_its_truth_is(tmp_path):
    """Of people in tones and genders: the truth's own are told, by their names."""
    config = test_stargan.tiny()
    example = open_run(test_translate.write_run(tmp_path, config)).questions["example"]
    _, (held_out,) = data.load_parts(config.data.to_dict())
    pairs, found = held_out.arrays(), set()
    for seed in range(6):
        told = example({"seed": seed, "direction": None})
        here = [pairs[n] == read(told[key]) for n, key in (("source", "picture"), ("x", "truth"))]
        row = np.argmax(np.all(here, axis=(0, 2, 3, 4)))
        of_row = {n: held_out.entries[n].names[pairs[n][row]] for n in ("tone", "gender")}
        assert told["classes"] == of_row
        found.add(of_row["tone"])
    assert len(found) > 1


OF = {"seed": 0, "sample": 0, "label": ""}
DOT, SQUARE = (frames.picture(np.zeros((side, side, 1), np.uint8)) for side in (1, 8))


@pytest.mark.parametrize(
    ("question", "asked", "told"),
    [
        ("samples", {"seed": 1.5}, "seed must be a whole number."),
        ("samples", {"seed": -1}, "seed is -1; it must lie in [0, 2147483648)."),
        ("samples", {"seed": 0, "label": "dog"}, "label dog is unknown; known: 2019, 1, fox"),
        ("samples", {"seed": 0, "label": ["fox"]}, "label must be a text of at most 256"),
        ("samples", {"seed": 0, "num": 9}, "unknown part of samples 'num'; known: label, seed."),
        ("moved", {"of": {**OF, "sample": 10**6}}, "sample is 1000000; it must lie in [0, 30)."),
        ("moved", {"of": OF, "amounts": [9]}, "amounts must be at most 6 numbers in [-3, 3]."),
        ("moved", {"of": OF, "amounts": [float("nan")]}, "amounts must be at most 6 numbers"),
        ("moved", {"of": OF, "amounts": [0] * 7}, "amounts must be at most 6 numbers"),
        ("way", {"from": OF, "to": "x"}, "to must be an object."),
        ("translation", {}, "a translation needs picture."),
        ("translation", {"picture": "file:///etc/passwd"}, "picture must be a picture, as data:"),
        ("translation", {"picture": frames.PNG + "!"}, "picture is no base64"),
        (
            "translation",
            {"picture": frames.PNG + "AAAA"},
            "the picture: cannot be read as an image (cannot identify image file the picture).",
        ),
        ("translation", {"picture": DOT, "seed": 0}, "a drawing must have 8 x 8 pixels, or whole"),
        ("translation", {"picture": SQUARE, "seed": 0}, "fills holes: name a mask"),
        ("fitted", {"picture": DOT, "fit": "melt"}, "unknown fit 'melt'; known: crop, pad, stret"),
    ],
)
def test_what_is_not_asked_rightly(noise, drawn, question, asked, told):
    with pytest.raises(ValueError) as error:
        ({**noise, **drawn})[question](asked)
    assert told in str(error.value)


def test_a_large_picture_is_refused_before_it_is_decoded(drawn, monkeypatch):
    monkeypatch.setattr(bounds, "PIXELS", 99)
    monkeypatch.setattr(ImageFile.ImageFile, "load", lambda image: pytest.fail("is decoded"))
    oblong = frames.picture(np.zeros((9, 12, 1), np.uint8))
    with pytest.raises(ValueError, match="the picture has 9 x 12 pixels; at most 99 are read."):
        drawn["fitted"]({"picture": oblong})
    # An icon would be decoded as it opens.
    icon = io.BytesIO()
    Image.new("L", (16, 16)).save(icon, "ICO")
    sent = frames.PNG + base64.b64encode(icon.getvalue()).decode()
    with pytest.raises(ValueError, match="the picture: cannot be read as an image"):
        drawn["fitted"]({"picture": sent})


@pytest.fixture
def client(years):
    folder = years / "samples"
    for step in (10, 9):
        grid.save_png(np.full((2, 2, 1), step, np.uint8), folder / f"{step:06d}.png")
    (folder / "notes.txt").write_text("of nobody else")
    with TestClient(server.application(run=open_run(years)), base_url=HOME) as client:
        yield client


def test_the_page_and_what_it_is_told(client, years):
    page = client.get("/run")
    assert (
        page.status_code == 200 and "default-src 'self'" in page.headers["content-security-policy"]
    )
    told = client.get("/run/told").json()
    assert told["kind"] == "samples" and told["name"] == years.name and told["step"] == 3
    assert told["pictures"] == {"": [9, 10]} and told["classes"] == list(YEARS)
    picture = client.get("/run/picture", params={"member": "", "step": "10"})
    assert picture.content == (years / "samples" / "000010.png").read_bytes()
    for step in ("11", "notes.txt", "../config.json", "000010", ""):
        asked = client.get(f"/run/picture?member=&step={urllib.parse.quote(step)}")
        assert (asked.status_code, asked.json()["sentence"]) == (
            400,
            "the run has kept no such picture.",
        )
    answer = client.post("/run/ask/samples", json={"seed": 0}, headers={"origin": HOME})
    assert read(answer.json()["strip"]).shape == (28 * samples.SHOWN, 28)


def test_nothing_is_written_into_a_run(years, holes):
    sent = {"picture": SQUARE, "mask": SQUARE, "seed": 0}
    for workdir, question, asked in (
        (years, "samples", {"seed": 0}),
        (holes, "example", {"seed": 0}),
        (holes, "translation", sent),
    ):
        before = contents(workdir)
        open_run(workdir).questions[question](asked)
        assert contents(workdir) == before


@pytest.mark.parametrize(
    ("question", "body", "headers", "code", "told"),
    [
        ("samples", b"{", {}, 200, "a question must be JSON."),
        ("samples", b"[" * 5000, {}, 200, "a question must be JSON."),
        ("samples", rb'{"seed": 0, "label": "\ud800"}', {}, 200, "a question must be JSON."),
        ("samples", b"[]", {}, 200, "a question must be an object."),
        ("write", b"{}", {}, 200, "unknown question 'write'; known: moved, samples, way."),
        ("samples", b'{"seed": "0"}', {}, 200, "seed must be a whole number."),
        (
            "samples",
            b"{}",
            {"origin": "http://evil.example"},
            403,
            "a page of another origin asks.",
        ),
        ("samples", b"{}", {"origin": "null"}, 403, "a page of another origin asks."),
        ("samples", b"{}", {"origin": "http://["}, 403, "a page of another origin asks."),
    ],
)
def test_questions_are_bounded(client, question, body, headers, code, told):
    answer = client.post(f"/run/ask/{question}", content=body, headers=headers)
    assert (answer.status_code, answer.json()["sentence"]) == (code, told)


def test_a_question_is_never_long_nor_are_many_heard_at_once(client, monkeypatch):
    monkeypatch.setattr(bounds, "BODY", 100)
    answer = client.post("/run/ask/samples", content=b" " * 101)
    assert answer.json()["sentence"] == "what is sent has more than 100 bytes, which is the most."
    monkeypatch.setattr(bounds, "QUESTIONS", 1)
    for _ in range(2):  # one that failed waits no more
        answer = client.post("/run/ask/samples", json={"seed": "0"})
        assert answer.json()["sentence"] == "seed must be a whole number."
    monkeypatch.setattr(bounds, "QUESTIONS", 0)
    answer = client.post("/run/ask/samples", json={"seed": 0})
    assert (answer.status_code, answer.json()["sentence"]) == (
        429,
        "more than 0 questions wait; slow down.",
    )
    assert client.get("/run/ask/samples").status_code == 405


def test_a_question_that_never_ends_is_not_waited_for(monkeypatch):
    async def still():
        await asyncio.sleep(60)

    async def leaves():
        return {"type": "http.disconnect"}

    monkeypatch.setattr(bounds, "UPLOAD", 0.01)
    for receive, told in ((still, "took longer than 0.01 seconds"), (leaves, "asked has left")):
        request = Request({"type": "http", "method": "POST"}, receive)
        with pytest.raises(ValueError, match=told):
            asyncio.run(http.body_of(request, 100))


def test_without_a_run_there_is_no_page_of_one():
    with TestClient(server.application(), base_url=HOME) as client:
        assert client.get("/run").status_code == 404


def test_what_the_command_refuses(mistake, tmp_path):
    toy = test_sample.write_run(tmp_path / "toy", name="ring")
    told = mistake(command.main, [f"--workdir={toy}", "--no_browser"])
    assert told.startswith(f"{toy} is a run of points; jaxgan film and jaxgan report show it")
    assert mistake(command.main, ["--workdir="]) == "--workdir is empty; it names a run directory."
    told = mistake(command.main, ["--step=0"])
    assert told == "--step, --member and --data are of a run; name its --workdir, too."
    assert "is this a run's directory?" in mistake(command.main, [f"--workdir={tmp_path}"])
