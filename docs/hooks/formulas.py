"""Formulas become MathML while the site is built, so that no page needs a script for them."""

import html
import re

from latex2mathml.converter import convert

# What ``pymdownx.arithmatex`` makes of dollars: \(within a line\), \[of its own\].
FORMULA = re.compile(r'<(span|div) class="arithmatex">\s*\\[(\[](.*?)\\[)\]]\s*</\1>', re.DOTALL)
DISPLAY = {"span": "inline", "div": "block"}


def on_page_content(content, page, config, files):
    """Replace every formula of a page."""
    return FORMULA.sub(lambda m: convert(html.unescape(m[2]), display=DISPLAY[m[1]]), content)
