"""Where the system's Chromium is: the same for measurements and tests."""

import shutil


def path():
    """Its executable; None where there is none."""
    return shutil.which("chromium") or shutil.which("chromium-browser")
