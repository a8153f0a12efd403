"""What the API shows of the package, where its files say it another way than griffe reads."""

import re

from griffe import Docstring, Extension

# An entry of Args for several parameters, with the lines that go on with it.
TOGETHER = re.compile(r"^( +)(\*{0,2}\w+(?:, \*{0,2}\w+)+): (.*(?:\n\1 +.*)*)", re.MULTILINE)
RETURNS = re.compile(r"^(Returns:\n +)", re.MULTILINE)


class Members(Extension):
    """Brings the docstrings to griffe's form, and constants to docstrings."""

    def on_instance(self, *, node, obj, agent, **kwargs):
        """Give every name an entry, of "real, fake: [B]" two; take what is returned as it is."""
        if obj.docstring:
            apart = TOGETHER.sub(_apart, obj.docstring.value)
            obj.docstring.value = RETURNS.sub(r"\1: ", apart)  # what precedes a colon is no type

    def on_module_members(self, *, node, mod, agent, **kwargs):
        """Tell constants by the comment above them and their source; show what is defined here."""
        mod.exports = None
        for each in mod.attributes.values():
            if not each.is_alias and not each.docstring and each.lineno:
                text = _told(mod.lines_collection[mod.filepath], each)
                each.docstring = Docstring(text, lineno=each.lineno, parent=each)


def _apart(match):
    space, names, told = match.groups()
    return "\n".join(f"{space}{name}: {told}" for name in names.split(", "))


def _told(lines, constant):
    first = constant.lineno - 1
    above = next((i for i in range(first, 0, -1) if not lines[i - 1].startswith("#")), 0)
    comment = [line.lstrip("# ") for line in lines[above:first]]
    return "\n".join([*comment, "", "```python", *lines[first : constant.endlineno], "```"])
