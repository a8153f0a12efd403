"""Links between files of the repository become links between pages of the site."""

import posixpath
import re

from places import module, page_of, path_of

CODE = r"(?P<code>^```.*?^```|`[^`\n]+`)"
LINK = r"\]\((?P<link>[^)\s#:]+)(?P<anchor>#[^)\s]*)?\)"
# `jaxgan/losses/fgan.py:f_gan`, of which the name may be missing.
NAMED = re.compile(r"`(jaxgan/[\w/]+\.py)(?::(\w+))?`")


def on_page_markdown(markdown, page, config, files):
    """Rewrite every link to a file that a page shows, and link what is named in backticks.

    Other links stay as they are, and are found broken by ``mkdocs build --strict``.
    """
    if page.file.src_uri.startswith("api/"):
        return markdown
    here = posixpath.dirname(path_of(page.file.src_uri))
    start = posixpath.dirname(page.file.src_uri)

    def replaced(match):
        if match["code"]:
            named = NAMED.fullmatch(match["code"])
            linked = match.start() and markdown[match.start() - 1] == "["
            if not named or linked:
                return match[0]
            path, name = named.groups()
            row = markdown.startswith("|", markdown.rfind("\n", 0, match.start()) + 1)
            shown = f"`{name}`" if name and row else match["code"]  # tables are narrow
            return f"[{shown}][{'.'.join(filter(None, [module(path), name]))}]"
        shown = page_of(posixpath.normpath(posixpath.join(here, match["link"])))
        if not shown:
            return match[0]
        shown, _, own = shown.partition("#")
        anchor = match["anchor"] or (f"#{own}" if own else "")
        return f"]({posixpath.relpath(shown, start or '.')}{anchor})"

    return re.sub(f"{CODE}|{LINK}", replaced, markdown, flags=re.MULTILINE | re.DOTALL)
