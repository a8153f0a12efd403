"""The page of a run of images, in Chromium: samples, and a drawing that is translated."""

import numpy as np
import pytest
from PIL import Image

pytest.importorskip("starlette", reason="the extra `lab` brings it")

from jaxgan.evaluation import grid
from tests import test_sample, test_translate
from tests.lab.pages import TOO_WIDE, UNNAMED, served, until, visits

PIXELS = "canvas => canvas.toDataURL()"


@pytest.fixture(scope="module")
def samples(browser, tmp_path_factory):
    """The address of the page of a run of noise with three classes and two pictures."""
    folder = test_sample.write_run(tmp_path_factory.mktemp("years"), ("2019", "1", "<b>fox</b>"))
    for step in (5, 10):
        picture = np.full((4, 4, 1), 20 * step, np.uint8)
        grid.save_png(picture, folder / "samples" / f"{step:06d}.png")
    with served(f"--workdir={folder}") as address:
        yield address


@pytest.fixture(scope="module")
def holes(browser, tmp_path_factory):
    """The address of the page of a run that fills holes in coloured pictures of 8x8."""
    config = test_translate.RUNS["inpainting"]
    folder = test_translate.write_run(tmp_path_factory.mktemp("holes"), config)
    with served(f"--workdir={folder}") as address:
        yield address


def ready(page):
    return page.inner_text("#status") in ("ready", "就绪")


def settled(page, met=lambda: True):
    """Wait until something is met and nothing is asked for any more."""
    page.wait_for_timeout(100)
    until(page, lambda: ready(page) and met())


def test_samples_are_chosen_moved_and_joined(browser, samples):
    with visits(browser, samples) as visit:
        page = visit("run")
        until(page, lambda: page.locator("#samples button").count() == 30)
        settled(page, lambda: page.locator("#way canvas").count() == 20)  # of two classes
        assert page.inner_text("#samples button:nth-child(3)").startswith("<b>fox</b>")
        moved = page.locator("#moved")
        first = moved.evaluate(PIXELS)
        page.click("#samples button:nth-child(5)")
        settled(page, lambda: moved.evaluate(PIXELS) != first)
        chosen = page.locator("#samples button[aria-pressed=true]")
        assert [each.strip()[0] for each in chosen.locator("i").all_inner_texts()] == ["1", "2"]
        assert page.locator("#way canvas").count() == 10  # of one class, the second
        first = moved.evaluate(PIXELS)
        page.focus("#direction-1")
        for _ in range(20):
            page.keyboard.press("ArrowRight")
        assert page.inner_text("#sliders label:nth-child(2) output") == "2.0"
        settled(page, lambda: moved.evaluate(PIXELS) != first)
        page.click("#back")
        settled(page, lambda: moved.evaluate(PIXELS) == first)
        before = page.locator("#samples canvas").first.evaluate(PIXELS)
        page.select_option("#label", "1")
        page.click("#next-seed")
        settled(page, lambda: page.locator("#samples canvas").first.evaluate(PIXELS) != before)
        assert set(page.locator("#samples button").all_inner_texts()) >= {"1"}
        assert page.input_value("#seed") == "1"
        page.fill("#seed", "x")
        page.keyboard.press("Tab")
        settled(page, lambda: page.is_visible("#error"))
        assert page.inner_text("#error") == "seed must be a whole number."
        page.route("**/run/ask/samples", lambda route: route.fulfill(body="no JSON"))
        page.click("#next-seed")
        settled(page, lambda: page.is_visible("#error"))
        assert page.inner_text("#error") == "200 OK"


def test_pictures_over_time_in_chinese_on_a_phone(browser, samples):
    with visits(browser, samples) as visit:
        page = visit("run", viewport={"width": 360, "height": 740}, locale="zh-CN")
        settled(page, lambda: page.locator("#way canvas").count() > 0)
        assert page.get_attribute("html", "lang") == "zh"
        assert page.evaluate(TOO_WIDE) == [] and page.evaluate(UNNAMED) == []
        assert page.inner_text("#time-step") == "10"
        page.focus("#time")
        page.keyboard.press("ArrowLeft")
        assert page.inner_text("#time-step") == "5"
        assert page.get_attribute("#kept", "src").endswith("step=5")
        page.click("#language")
        assert page.inner_text("#samples-name") == "Samples"
        assert page.inner_text("#run-name").endswith("step 3")
        page.click("header a")  # to the toy games, which lead back
        until(page, lambda: page.is_visible("#of-run"))
        page.click("#of-run")
        settled(page)


def test_a_drawing_is_translated(browser, holes, tmp_path):
    with visits(browser, holes) as visit:
        page = visit("run")
        made, drawing = page.locator("#made"), page.locator("#sketch")
        settled(page, lambda: made.get_attribute("src"))
        assert page.is_visible("#truth")  # of the example that is there first

        def answers(act):
            """``act`` changes the drawing, and so what is made of it."""
            old = drawing.evaluate(PIXELS), made.get_attribute("src")
            act()
            settled(page, lambda: made.get_attribute("src") != old[1])
            assert drawing.evaluate(PIXELS) != old[0]

        def stroke():
            box = drawing.bounding_box()
            page.mouse.move(box["x"] + 20, box["y"] + 20)
            page.mouse.down()
            page.mouse.move(box["x"] + 150, box["y"] + 180, steps=4)
            page.mouse.up()

        page.click("#tools button:nth-of-type(3)")  # a hole
        place = drawing.bounding_box()
        answers(stroke)
        assert not page.is_visible("#truth") and drawing.bounding_box() == place
        held = made.get_attribute("src")
        page.click("#palette button:nth-of-type(4)")  # a colour brings the pen back
        assert page.get_attribute("#tools button:nth-of-type(1)", "aria-pressed") == "true"
        page.click("#sizes button:nth-of-type(3)")
        answers(stroke)
        answers(lambda: page.click("#undo"))
        settled(page, lambda: made.get_attribute("src") == held)
        answers(lambda: page.click("#clear"))

        def by_keys():
            drawing.focus()
            for key in (" ", "ArrowRight", "Shift+ArrowDown", " "):
                page.keyboard.press("Space" if key == " " else key)

        answers(by_keys)
        Image.new("RGB", (40, 20), (200, 30, 60)).save(tmp_path / "red.png")
        answers(lambda: page.set_input_files("#file", tmp_path / "red.png"))
        answers(lambda: page.select_option("#fit", "pad"))
        answers(lambda: page.click("#clear"))
        answers(lambda: page.set_input_files("#file", tmp_path / "red.png"))  # the same again
        (tmp_path / "broken.png").write_bytes(b"no picture")
        page.set_input_files("#file", tmp_path / "broken.png")
        settled(page, lambda: page.is_visible("#error"))
        assert page.inner_text("#error").startswith("the picture: cannot be read as an image")
        assert page.evaluate(UNNAMED) == []
        page.set_viewport_size({"width": 360, "height": 740})
        assert page.evaluate(TOO_WIDE) == []
