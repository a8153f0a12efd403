"""The lab as people use it: ``jaxgan lab`` in a process of its own, its page in Chromium."""

import json
from urllib.parse import urlencode

import pytest

pytest.importorskip("starlette", reason="the extra `lab` brings it")

from tests.lab.pages import TOO_WIDE, UNNAMED, served, until, visits

TINY = {"generator.features": "8", "critic.features": "8", "batch_size": "16", "n_critic": "1"}

NUMBERS = """told => Object.fromEntries([...told.children].map(
    each => [each.firstChild.textContent, each.lastChild.firstChild.textContent]))"""
# The error that a message of one's own gets.
ANSWER = """text => new Promise(done => {
    const socket = new WebSocket(location.origin.replace("http", "ws") + "/play");
    socket.onopen = () => socket.send(text);
    socket.onmessage = ({ data }) => {
        const message = typeof data === "string" ? JSON.parse(data) : {};
        if (message.kind === "error") done(message.sentence);
    };
})"""


@pytest.fixture(scope="module")
def address(browser):  # without one no lab is begun
    with served() as address:
        yield address


@pytest.fixture
def visit(browser, address):
    """Open a page at a setting, or a new one; in the end the console must be empty."""

    def at(games=({},), **options):
        words = {"games": len(games or ()), **TINY}
        for i, game in enumerate(games or ()):
            words |= {f"{i}:{key}": text for key, text in game.items()}
        page = visit(f"#{urlencode(words)}" if games else "", **options)
        until(page, lambda: step(page) is not None)
        return page

    with visits(browser, address) as visit:
        yield at


def numbers(page, game=0):
    """{name: text} of what stands under a game, read at one moment."""
    return page.locator("dl").nth(game).evaluate(NUMBERS)


def step(page):
    """Of the first game; None where there is none yet."""
    if page.locator("dl dd").count() == 0:
        return None
    return int(next(iter(numbers(page).values())))


def picture(page):
    return page.locator("article canvas.plane").first.evaluate("canvas => canvas.toDataURL()")


def test_trains_pauses_and_steps(visit):
    page = visit()
    first = picture(page)
    until(page, lambda: step(page) > 20)
    assert picture(page) != first
    page.click("#run")
    until(page, lambda: page.inner_text("#status") == "paused")
    page.wait_for_timeout(300)
    still = step(page)
    page.wait_for_timeout(700)
    assert step(page) == still
    page.click("#step-critic")
    until(page, lambda: step(page) == still + 1)
    page.click("#step-generator")
    until(page, lambda: step(page) == still + 2)
    page.click("#reset")
    until(page, lambda: step(page) == 0)


def test_two_pages(visit):
    first, second = visit(), visit()
    until(first, lambda: step(first) > 0)  # or the click would begin what it is to end
    first.click("#run")
    until(first, lambda: first.inner_text("#status") == "paused")
    at = step(second)
    until(second, lambda: step(second) > at + 20)
    assert first.inner_text("#status") == "paused"


def test_by_keyboard_in_chinese_on_a_phone(visit):
    page = visit(viewport={"width": 360, "height": 740}, locale="zh-CN")
    assert page.get_attribute("html", "lang") == "zh"
    assert page.evaluate(TOO_WIDE) == []
    until(page, lambda: step(page) > 0)
    page.focus("#run")
    page.keyboard.press("Enter")
    until(page, lambda: page.inner_text("#status") == "已暂停")
    page.click("#language")
    assert page.inner_text("#run") == "▶ Run"
    assert page.evaluate(UNNAMED) == []


def test_the_skip_link_keeps_the_setting(visit):
    page = visit()
    until(page, lambda: step(page) > 0)
    page.click("#run")
    until(page, lambda: page.inner_text("#status") == "paused")
    page.wait_for_timeout(300)  # the last frames are still on their way
    held, at = page.url, step(page)
    page.focus(".skip")
    page.keyboard.press("Enter")
    until(page, lambda: page.evaluate("document.activeElement.id") == "stage")
    page.wait_for_timeout(300)
    assert (page.url, step(page)) == (held, at) and page.inner_text("#status") == "paused"


def test_points_of_ones_own(visit):
    page = visit()
    until(page, lambda: step(page) > 0)
    page.select_option("[name=data]", "drawn")  # the ring rests until there are points
    until(page, lambda: page.inner_text("#run") == "▶ Run")
    page.click("#run")
    assert page.inner_text("#run") == "▶ Run"
    assert page.inner_text("#status") == "draw at least eight points first"
    pad = page.locator("#pad")
    pad.focus()
    for key in ("ArrowLeft", "Space", "ArrowUp", "Space"):  # without a mouse
        page.keyboard.press(key)
    box = pad.bounding_box()
    page.mouse.move(box["x"] + 0.75 * box["width"], box["y"] + box["height"] / 2)
    page.mouse.down()
    for i in range(10):
        page.mouse.move(box["x"] + 0.75 * box["width"], box["y"] + (0.5 + i / 40) * box["height"])
    page.mouse.up()
    page.click("#draw-done")
    until(page, lambda: "data=drawn" in page.url and "points=" in page.url)
    until(page, lambda: step(page) > 5)
    link = page.url
    page.goto("about:blank")
    page.goto(link)  # the link holds the drawing
    until(page, lambda: step(page) is not None and step(page) > 5)
    assert page.input_value("[name=data]") == "drawn"


def test_a_wrong_value_and_a_hostile_message(visit, address):
    page = visit()
    page.fill("[name=n_critic]", "1e9")
    page.keyboard.press("Tab")
    until(page, lambda: page.is_visible("#error"))
    assert "n_critic is 1000000000.0" in page.inner_text("#error")
    hostile = json.dumps({"do": "set", "games": [{"data": "npz:/etc/passwd"}]})
    told = page.evaluate(ANSWER, hostile)
    assert told.startswith("unknown data 'npz:/etc/passwd'; known: drawn, grid")
    page.fill("[name=n_critic]", "2")
    page.keyboard.press("Tab")
    until(page, lambda: not page.is_visible("#error") and step(page) > 0)


@pytest.mark.thorough
def test_collapse_and_its_cure(visit):
    """A new page is the first lesson: with momentum a GAN loses modes that WGAN-GP keeps."""
    page = visit(None)
    assert page.is_visible("#question")

    def found(game):
        told = numbers(page, game)
        modes, w1 = told["modes found"].split()[0], told["W₁, exact"]
        return (9, 0.0) if modes == "–" else (int(modes), float(w1))

    def seen():
        (lost, far), (kept, near) = found(0), found(1)
        return step(page) > 100 and lost <= 3 and kept == 8 and far > 2 * near

    until(page, seen)
