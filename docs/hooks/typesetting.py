"""Where lines break: options stay whole, paths break at a slash, Chinese goes by its own rules."""

import re

from mkdocs.exceptions import PluginError

# Code within a line; with colours, as in a block, it has tags inside and stays as it is.
CODE = re.compile(r"<pre.*?</pre>|<code>(?P<text>[^<]+)</code>", re.DOTALL)
OPTION = re.compile(r"--?[A-Za-z]")
CHINESE = re.compile(r"(^|\.)zh\.md$")


def on_page_content(content, page, config, files):
    """Tell a browser where code within a line may break; what is copied stays the same."""

    def told(match):
        if not match["text"]:
            return match[0]
        words = [
            f'<span class="option">{word}</span>'
            if OPTION.match(word)  # at its hyphens it would break
            else word.replace("/", "/<wbr>")
            for word in re.split(r"(\s+)", match["text"])
        ]
        return f"<code>{''.join(words)}</code>"

    return CODE.sub(told, content)


def on_post_page(output, page, config):
    """Say which pages are in Chinese: fonts, line breaks and screen readers go by it."""
    if not CHINESE.search(page.file.src_uri):
        return output
    english = '<html lang="en"'
    if english not in output:
        raise PluginError(f"{page.file.src_uri}: the theme's page has no {english}.")
    return output.replace(english, '<html lang="zh"', 1)
