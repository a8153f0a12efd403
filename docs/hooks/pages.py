"""The pages that are made of other files: README, notebooks, recipes, the API of each package."""

import ast
import re
from pathlib import Path

from mkdocs.structure.files import File
from nbconvert import MarkdownExporter
from places import KEPT, RECIPES, RENAMED, api_page, module


def on_files(files, config):
    """Add the pages, and those to the navigation that it does not name."""
    root = Path(config.config_file_path).parent

    def add(page, content):
        files.append(File.generated(config, page, content=content))

    for path in (*RENAMED, *KEPT):
        add(RENAMED.get(path, path), (root / path).read_text())
    add(RECIPES, recipes(root))
    for notebook in sorted((root / "notebooks").glob("*.ipynb")):
        for page, content in pages_of(notebook):
            add(page, content)
    packages = api(root)
    for page, content in packages.items():
        add(page, content)
    config.nav.insert(3, {"Notebooks": [page for page in files.src_uris if _chapter(page)]})
    config.nav.append({"API": list(packages)})
    return files


def _chapter(page):
    return page.startswith("notebooks/") and page.endswith(".md")


def pages_of(notebook):
    """(place, content) of a notebook's page, and of the pictures in it."""
    folder = f"{notebook.stem}_files"
    text, more = MarkdownExporter().from_filename(
        str(notebook), resources={"output_files_dir": folder}
    )
    yield f"notebooks/{notebook.stem}.md", text
    for name, content in more["outputs"].items():
        yield f"notebooks/{name}", content


def recipes(root):
    """What the head of every recipe tells, with its picture and the file itself."""
    told = [_recipe(root, file) for file in sorted((root / "configs").glob("*.py"))]
    intro = (
        "Each ships with the package: `jaxgan train --config=NAME --workdir=DIR`. "
        "What it costs and what comes of it was measured by its own command."
    )
    return "\n\n".join(["# Recipes", intro, *told]) + "\n"


def _recipe(root, file):
    source = file.read_text()
    head = ast.get_docstring(ast.parse(source))
    head, _, command = head.partition("\nRun: ")
    text = re.sub(r"([*_<\[\]])", r"\\\1", head)
    text = re.sub(r"^(Cost|Expect): ", r"\n**\1.** ", text, flags=re.MULTILINE)
    name = file.stem
    shown = f"![what {name} makes]({name}.png)" if (root / f"docs/{name}.png").exists() else ""
    code = "\n".join(f"    {line}".rstrip() for line in source.splitlines())
    return "\n\n".join(
        [
            f"## {name}",
            text,
            *filter(None, [shown]),
            f"```sh\n{command}\n```",
            f'??? note "configs/{file.name}"\n\n    ```python\n{code}\n    ```',
        ]
    )


def api(root):
    """{page: content} of every package: what its own docstring says, and each of its modules."""
    pages = {}
    for file in sorted((root / "jaxgan").rglob("*.py")):
        path = file.relative_to(root).as_posix()
        pages.setdefault(api_page(path), []).append(module(path))
    names = sorted(page.removesuffix(".md") for page in pages)
    return {f"{name}.md": _package(pages[f"{name}.md"]) for name in names}


def _package(modules):
    own, *others = sorted(modules, key=lambda name: (name.count("."), name))
    told = [f"---\ntitle: {own}\n---", f"::: {own}\n    options:\n      heading_level: 1"]
    return "\n\n".join([*told, *(f"::: {name}" for name in others)]) + "\n"
