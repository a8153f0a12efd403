"""Where lines break: options stay whole, paths break at a slash, Chinese goes by its own rules."""

import re

# Code within a line; with colours, as in a block, it has tags inside and stays as it is.
CODE = re.compile(r"<pre.*?</pre>|<code>(?P<text>[^<]+)</code>", re.DOTALL)
CHINESE = re.compile(r"(^|\.)zh\.md$")


def on_page_content(content, page, config, files):
    """Tell a browser where code within a line may break; what is copied stays the same."""

    def told(match):
        if not match["text"]:
            return match[0]
        words = [
            f'<span class="option">{word}</span>'
            if word.startswith("-")  # at its hyphens it would break
            else word.replace("/", "/<wbr>")
            for word in re.split(r"(\s+)", match["text"])
        ]
        return f"<code>{''.join(words)}</code>"

    return CODE.sub(told, content)


def on_post_page(output, page, config):
    """Say which pages are in Chinese: fonts, line breaks and screen readers go by it."""
    if not CHINESE.search(page.file.src_uri):
        return output
    return output.replace('<html lang="en"', '<html lang="zh"', 1)
