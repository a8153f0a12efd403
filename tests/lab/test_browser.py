"""The lab as people use it: ``jaxgan lab`` in a process of its own, its page in Chromium."""

import json
import queue
import re
import signal
import subprocess
import sys
import threading
from urllib.parse import urlencode

import pytest

pytest.importorskip("starlette", reason="the extra `lab` brings it")

PATIENCE = 240  # seconds; programs are compiled meanwhile
TINY = {"generator.features": "8", "critic.features": "8", "batch_size": "16", "n_critic": "1"}

NUMBERS = """told => Object.fromEntries([...told.children].map(
    each => [each.firstChild.textContent, each.lastChild.firstChild.textContent]))"""
# What reaches beyond the screen, without a scroll bar of its own.
TOO_WIDE = """() => [...document.querySelectorAll("body *:not(pre, .skip, .unseen)")]
    .filter(each => each.getBoundingClientRect().right > innerWidth + 1)
    .map(each => each.outerHTML.slice(0, 60))"""
# What a screen reader has no name for.
UNNAMED = """() => [...document.querySelectorAll("button, select, input, canvas")]
    .filter(each => !each.textContent.trim() && !each.closest("label"))
    .filter(each => !each.getAttribute("aria-label")).map(each => each.outerHTML)"""
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
    code = "import sys; from jaxgan.cli import main; sys.exit(main())"
    words = [sys.executable, "-c", code, "lab", "--port=0", "--no_browser"]
    heard, found = [], queue.Queue()

    def listen(stream):  # to the end, or the lab would wait for a reader
        for line in stream:
            heard.append(line)
            for address in re.findall(r"http://127\.0\.0\.1:\d+/", line):
                found.put(address)
        found.put(None)

    with subprocess.Popen(words, stderr=subprocess.PIPE, text=True) as lab:
        ear = threading.Thread(target=listen, args=[lab.stderr])
        ear.start()
        try:
            address = found.get(timeout=PATIENCE)
            assert address, "".join(heard)
            yield address
            lab.send_signal(signal.SIGINT)
            assert lab.wait(timeout=60) == 0, "".join(heard)
        finally:
            lab.kill()
            ear.join()


@pytest.fixture
def visit(browser, address):
    """Open a page at a setting, or a new one; in the end the console must be empty."""
    heard, pages = [], []

    def visit(games=({},), **options):
        words = {"games": len(games or ()), **TINY}
        for i, game in enumerate(games or ()):
            words |= {f"{i}:{key}": text for key, text in game.items()}
        page = browser.new_page(**options)
        page.set_default_timeout(1000 * PATIENCE)
        page.on("console", lambda message: heard.append(message.text))
        page.on("pageerror", lambda error: heard.append(str(error)))
        page.on("requestfailed", lambda request: heard.append(f"failed: {request.url}"))
        page.on("request", lambda request: ours(request.url))
        page.goto(f"{address}#{urlencode(words)}" if games else address)
        pages.append(page)
        until(page, lambda: step(page) is not None)
        return page

    def ours(url):
        if not url.startswith((address, "data:")):
            heard.append(f"outside: {url}")

    yield visit
    for page in pages:
        page.close()
    assert heard == []


def numbers(page, game=0):
    """{name: text} of what stands under a game, read at one moment."""
    return page.locator("dl").nth(game).evaluate(NUMBERS)


def step(page):
    """Of the first game; None where there is none yet."""
    if page.locator("dl dd").count() == 0:
        return None
    return int(next(iter(numbers(page).values())))


def until(page, met):
    for _ in range(PATIENCE * 10):
        if met():
            return
        page.wait_for_timeout(100)
    raise AssertionError(f"waited {PATIENCE} s: {page.inner_text('#status')}")


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
    held, at = page.url, step(page)
    page.focus(".skip")
    page.keyboard.press("Enter")
    until(page, lambda: page.evaluate("document.activeElement.id") == "stage")
    page.wait_for_timeout(300)
    assert (page.url, step(page)) == (held, at) and page.inner_text("#status") == "paused"


def test_points_of_ones_own(visit):
    page = visit()
    page.select_option("[name=data]", "drawn")
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
