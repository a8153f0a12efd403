"""What the pages of the course name exists, and both languages name the same.

Notation of the pages: `folder/file.py:name` is something that the file defines; `jaxgan COMMAND`,
`python -m MODULE` begin commands; `--config.KEY=VALUE` is added to the command line of a recipe.
"""

import argparse
import ast
import importlib
import re
import runpy
import shlex
import sys
from pathlib import Path

import pytest

from jaxgan import cli, main
from jaxgan.build.check import check_config
from jaxgan.evaluation.measures import METRICS

ROOT = Path(__file__).parents[1]
COURSE = ROOT / "docs" / "course"
PAGES = [*sorted(COURSE.glob("*.md")), ROOT / "README.zh.md"]
EVERY_PAGE = pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
MAPS = (COURSE / "README.md", COURSE / "README.zh.md")
PARSERS = {
    name: importlib.import_module(room).parser
    for name, (room, _) in cli.COMMANDS.items()
    if name != "train"  # whose recipe is read as well
}
FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def blocks(page, language):
    """The fenced blocks of a language."""
    return [text for name, text in FENCE.findall(page.read_text()) if name == language]


def prose(page):
    return FENCE.sub("", page.read_text())


def spans(page):
    """What stands in backticks outside of blocks."""
    return re.findall(r"`([^`\n]+)`", prose(page))


def formulas(page):
    """What stands between dollars, with the characters before and behind."""
    text = re.sub(r"`[^`\n]*`", "`", prose(page))
    return re.findall(r"(.|^)\$([^$\n]+)\$(.|$)", text, re.MULTILINE)


def references(page):
    """(file, name) of every `folder/file.py:name`; name "" of a file alone."""
    found = [re.fullmatch(r"([\w./]+\.py)(?::(\w+))?", span) for span in spans(page)]
    return [(match[1], match[2] or "") for match in found if match]


def links(page):
    return re.findall(r"\]\(([^)\s]+)\)", prose(page))


def commands(page):
    """Every command as its words, without comments; those joined by && one by one."""
    begins = re.compile(r"(jaxgan|python) [-a-z]|--config\.\w")
    lines = "".join(blocks(page, "sh")).replace("\\\n", " ").splitlines()
    lines += [span for span in spans(page) if begins.match(span)]
    words = [shlex.split(part, comments=True) for line in lines for part in line.split("&&")]
    return [each for each in words if each]


def defined(file):
    """The names at the top of a file, imported ones too."""
    names = set()
    for node in ast.parse(file.read_text()).body:
        if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
            names.add(node.name)
        elif isinstance(node, (ast.Import, ast.ImportFrom)):
            names |= {alias.asname or alias.name for alias in node.names}
        elif isinstance(node, (ast.Assign, ast.AnnAssign)):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            names |= {n.id for target in targets for n in ast.walk(target) if hasattr(n, "id")}
    return names


def resolves(dotted):
    """Whether jaxgan.x.y is a module, or a name of one."""
    place = ROOT.joinpath(*dotted.split("."))
    if place.is_dir() or place.with_suffix(".py").is_file():
        return True
    file = place.parent.with_suffix(".py")
    file = file if file.is_file() else place.parent / "__init__.py"
    return file.is_file() and place.name in defined(file)


def slugs(file):
    """The anchors of a page's headings, as GitHub makes them."""
    headings = re.findall(r"^#+ (.+)$", file.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", text.lower()).replace(" ", "-") for text in headings}


def rows(page):
    return [line for line in page.read_text().splitlines() if line.startswith("|")]


def check_command(words, monkeypatch):
    """Read a command line by the parser of that command; nothing is trained."""
    if words[0].startswith("--config."):
        words = ["jaxgan", "train", "--config=configs/gan.py", "--workdir=run", *words]
    if Path(words[0]).name == "jaxgan":
        name, words = words[1], words[2:]
    else:
        python, m, module, *words = words
        assert python in ("python", "python3", ".venv/bin/python") and m == "-m"
        names = {room: name for name, (room, _) in cli.COMMANDS.items()}
        if module not in names:
            return check_module(module, words, monkeypatch)
        name = names[module]
    assert name in cli.COMMANDS
    if not words:  # it is only spoken of
        return None
    if name == "train":
        config, *_ = main.parse(words)
        return check_config(config)
    flags = PARSERS[name]().parse_args(words)
    asked = getattr(flags, "metrics", "").split(",")
    assert set(asked) <= {"", *METRICS}, asked
    return None


class ReadError(Exception):
    """Raised where a program has read its arguments."""


def check_module(module, words, monkeypatch):
    """Start a module as a program, up to where it has read its arguments."""
    if module in ("venv", "pytest"):
        return
    assert module.split(".")[0] in ("experiments", "benchmarks")
    parse = argparse.ArgumentParser.parse_args

    def stop(self, args=None, namespace=None):
        parse(self, args, namespace)
        raise ReadError

    with monkeypatch.context() as patch:
        patch.setattr(argparse.ArgumentParser, "parse_args", stop)
        patch.setattr(sys, "argv", [module, *words])
        patch.delitem(sys.modules, module, raising=False)
        with pytest.raises(ReadError):
            runpy.run_module(module, run_name="__main__")


@EVERY_PAGE
def test_every_reference_resolves(page):
    for file, name in references(page):
        assert (ROOT / file).is_file(), file
        assert not name or name in defined(ROOT / file), f"{file}:{name}"
    for span in spans(page):
        if re.fullmatch(r"jaxgan(\.\w+)+", span):
            assert resolves(span), span


@EVERY_PAGE
def test_every_link_leads_somewhere(page):
    for link in links(page):
        if not link.startswith("https://"):
            target, _, anchor = link.partition("#")
            file = page.parent / target
            assert file.exists(), link
            assert not anchor or anchor in slugs(file), link


@EVERY_PAGE
def test_every_command_is_understood(page, monkeypatch):
    monkeypatch.chdir(ROOT)
    for words in commands(page):
        if not words[0].endswith("pip"):
            check_command(words, monkeypatch)


@EVERY_PAGE
def test_every_snippet_names_what_exists(page):
    known = {}  # to later blocks, too
    for text in blocks(page, "python"):
        tree = ast.parse(text)
        for node in ast.walk(tree):
            if isinstance(node, ast.ImportFrom) and node.module.split(".")[0] == "jaxgan":
                known |= {alias.name: f"{node.module}.{alias.name}" for alias in node.names}
        assert all(map(resolves, known.values())), known
        for node in ast.walk(tree):
            if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
                dotted = known.get(node.value.id)
                assert not dotted or resolves(f"{dotted}.{node.attr}"), node.attr


@EVERY_PAGE
def test_every_formula_is_one_that_github_shows(page):
    """Not \\, \\; \\| and the like, whose backslash is lost; nothing that opens or ends a cell."""
    for before, text, behind in formulas(page):
        assert before in ("", " ", "(") and not behind.isalnum(), f"{before}${text}${behind}"
        assert not re.search(r"\\[^a-zA-Z]|[|*]", text), text
    assert all(len(re.findall(r"\$", line)) % 2 == 0 for line in prose(page).splitlines())


def test_the_map_has_twelve_chapters():
    for page in MAPS:
        chapters = re.findall(r"^## (\d+)\. ", page.read_text(), re.MULTILINE)
        assert chapters == [str(i) for i in range(1, 13)]
        assert len(references(page)) > 100 and len(commands(page)) > 80 and len(links(page)) > 60


def test_both_languages_name_the_same():
    def named(page):
        same = [[link.replace(".zh.md", ".md") for link in links(page)]]
        same += [references(page), commands(page), [text for _, text, _ in formulas(page)]]
        same += [[ast.dump(ast.parse(text)) for text in blocks(page, "python")]]
        # Numbers of a row may stand in another order.
        numbers = r"\d*\.\d+|\d+,\d{3}"
        return [*same, [sorted(re.findall(numbers, row)) for row in rows(page)]]

    for english, chinese in zip(*map(named, MAPS), strict=True):
        for one, other in zip(english, chinese, strict=True):
            assert one == other


def test_both_front_pages_have_the_same_two_commands():
    first, second = blocks(ROOT / "README.md", "sh")[:2]
    assert blocks(ROOT / "README.zh.md", "sh")[:2] == [first, second]


def test_the_glossary_has_both_words_for_everything():
    terms = [row[1:-1].split("|") for row in rows(COURSE / "glossary.md")][2:]
    assert len(terms) >= 45 and all(len(cells) == 4 for cells in terms)
    assert all(re.search(r"[\u4e00-\u9fff]", cells[1]) for cells in terms)


def test_every_slip_has_a_chinese_sentence():
    items = re.split(r"^## ", (COURSE / "errata.md").read_text(), flags=re.MULTILINE)[1:]
    assert len(items) >= 10 and all(re.search(r"[\u4e00-\u9fff]", item) for item in items)
