"""``jaxgan lab`` in a process of its own; its pages in Chromium, whose console must be empty."""

import queue
import re
import signal
import subprocess
import sys
import threading
from contextlib import contextmanager

PATIENCE = 240  # seconds; programs are compiled meanwhile

# What reaches beyond the screen, without a scroll bar of its own.
TOO_WIDE = """() => [...document.querySelectorAll("body *:not(pre, .skip, .unseen)")]
    .filter(each => each.getBoundingClientRect().right > innerWidth + 1)
    .map(each => each.outerHTML.slice(0, 60))"""
# What a screen reader has no name for.
UNNAMED = """() => [...document.querySelectorAll("button, select, input, canvas")]
    .filter(each => each.getClientRects().length && !each.closest("button[aria-label] *"))
    .filter(each => !each.textContent.trim() && !each.closest("label, [role=img][aria-label]"))
    .filter(each => !each.getAttribute("aria-label")).map(each => each.outerHTML)"""


@contextmanager
def served(*words):
    """The address of a lab that is begun with these words, and ended by Ctrl-C."""
    code = "import sys; from jaxgan.cli import main; sys.exit(main())"
    command = [sys.executable, "-c", code, "lab", "--port=0", "--no_browser", *words]
    heard, found = [], queue.Queue()

    def listen(stream):  # to the end, or the lab would wait for a reader
        for line in stream:
            heard.append(line)
            for address in re.findall(r"http://127\.0\.0\.1:\d+/", line):
                found.put(address)
        found.put(None)

    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as lab:
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


@contextmanager
def visits(browser, address):
    """``visit(path, **options)`` -> a page below the address; closed at the end."""
    heard, pages = [], []

    def visit(path="", **options):
        page = browser.new_page(**options)
        pages.append(page)
        page.set_default_timeout(1000 * PATIENCE)
        page.on("console", lambda message: heard.append(message.text))
        page.on("pageerror", lambda error: heard.append(str(error)))
        page.on("requestfailed", failed)
        page.on("request", lambda request: ours(request.url))
        page.goto(address + path)
        return page

    def failed(request):
        if request.failure != "net::ERR_ABORTED":  # a picture replaced before it has come
            heard.append(f"failed: {request.url}")

    def ours(url):
        if not url.startswith((address, "data:")):
            heard.append(f"outside: {url}")

    yield visit
    for page in pages:
        page.close()
    assert heard == [], heard


def until(page, met):
    """Wait until ``met()``."""
    for _ in range(PATIENCE * 10):
        if met():
            return
        page.wait_for_timeout(100)
    raise AssertionError(f"waited {PATIENCE} s: {page.inner_text('#status')}")
