"""Every control of the lab's page, moved to each of its choices or its ends, in Chromium."""

from urllib.parse import urlencode

import pytest

pytest.importorskip("starlette", reason="the extra `lab` brings it")

from jaxgan.lab import controls, setting
from jaxgan.lab.controls import CONTROLS, DRAWN
from tests.lab.pages import served, until, visits
from tests.lab.test_browser import TINY, step

pytestmark = pytest.mark.thorough

# {control: {the choice that brings it along: its value}}; none of one that is always there.
BROUGHT = {
    row["key"]: {chooser: next(iter(texts)) for chooser, texts in row["of"].items()}
    for row in controls.told(setting.base())
}
BROUGHT["game.generators"]["loss"] = "non_saturating"  # whose critic can tell generators apart


def values_of(key, control):
    """The values that a control is moved to."""
    if control.choices:
        return [each for each in control.choices if each != DRAWN]
    if control.several:
        return ["8", "8,8"] if key.endswith("features") else ["-2,2", "0.5,0.5"]
    whole = isinstance(control.low, int) and isinstance(control.high, int)
    span = control.high - control.low
    return [str(control.low), str(control.high - 1 if whole and span > 1 else 0.999 * control.high)]


@pytest.fixture(scope="module")
def address(browser):
    with served() as address:
        yield address


@pytest.mark.parametrize("key", CONTROLS)
def test_control(browser, address, key):
    """Each value plays, or is refused in a sentence after which the page plays on."""
    begun = {f"0:{name}": text for name, text in (TINY | BROUGHT[key]).items()}
    with visits(browser, address) as visit:
        page = visit(f"#{urlencode({'games': 1, **begun})}")
        until(page, lambda: (step(page) or 0) > 0)
        field = page.locator(f"[name='{key}']")
        page.evaluate("for (const each of document.querySelectorAll('details')) each.open = true")
        first, heard = field.input_value(), []

        def told():  # the text of what is hidden is there all the same
            return page.inner_text("#error") if page.is_visible("#error") else ""

        def settled():
            waits = page.locator("#games.waiting").count()
            return not waits and (told() or (step(page) or 0) > 0)

        for value in [*values_of(key, CONTROLS[key]), first]:
            if CONTROLS[key].choices:
                field.select_option(value)
            else:
                field.fill(value)
                page.keyboard.press("Tab")
            page.wait_for_timeout(300)
            until(page, settled)
            heard.append(told())
            assert not heard[-1] or heard[-1].endswith((".", "?")), heard
        assert "" in heard[:-1], heard
        until(page, lambda: not told())
