"""The page in a real browser, from file://, where Chromium and Playwright are installed."""

import json

import numpy as np

from jaxgan import defaults
from jaxgan.data import Entry
from jaxgan.evaluation import grid
from jaxgan.report import page
from jaxgan.run import directory, logs

HOSTILE = "<img src=x onerror=alert(1)>&"
STEPS = (100, 200, 300)


def test_the_page_is_alive_and_silent(browser, tmp_path):
    workdir = tmp_path / HOSTILE
    config, entries = defaults.get_config().to_dict(), {"x": Entry((2,), np.dtype(np.float32))}
    begun = {"recipe": HOSTILE, "overrides": {}, "differs": {}}
    directory.write_config(workdir, config, entries, begun=begun)
    rows = [{"step": step, "critic_loss": step / 100, HOSTILE: 1.0} for step in STEPS]
    (workdir / logs.METRICS).write_text("\n".join(map(json.dumps, rows)))
    for step in STEPS:
        pixels = np.full((8, 8, 1), step // 2, np.uint8)
        grid.save_png(pixels, workdir / "samples" / f"{step:08d}.png")
    page.write_own(workdir)
    shown = browser.new_page()
    said, asked = [], []
    shown.on("console", lambda message: said.append(message.text))
    shown.on("pageerror", lambda error: said.append(str(error)))
    shown.on("dialog", lambda dialog: said.append(dialog.message))
    shown.on("request", lambda request: asked.append(request.url[:5]))
    shown.goto((workdir / page.FILE).as_uri())
    assert shown.locator("h1").inner_text() == HOSTILE
    assert shown.locator(".chart canvas").count() == 2

    picture, output = shown.locator(".figures img"), shown.locator("#step")
    assert output.inner_text() == "step 300"
    last = picture.get_attribute("src")
    shown.locator("#when").press("Home")
    assert output.inner_text() == "step 100" and picture.get_attribute("src") != last
    assert picture.evaluate("image => image.naturalWidth") == 8

    area, legend = shown.locator(".u-over").first, shown.locator(".u-legend").first
    area.scroll_into_view_if_needed()
    box = area.bounding_box()
    x, y = box["x"], box["y"] + 50
    shown.mouse.move(x + box["width"] * 0.52, y)
    shown.wait_for_function("document.querySelector('.u-legend').innerText.includes('200')")
    assert "".join(legend.inner_text().split()) == "step200criticloss2"
    # What is zoomed in to begins beyond 100, so that its left edge is nearest to 200.
    shown.mouse.down()
    shown.mouse.move(x + box["width"] * 0.9, y, steps=3)
    shown.mouse.up()
    shown.mouse.move(x + 2, y)
    shown.wait_for_function("document.querySelector('.u-legend').innerText.includes('200')")
    assert not said and set(asked) <= {"file:", "data:"}
