"""Which page of the site shows which file of the repository."""

from pathlib import PurePosixPath

# Files beside docs/ whose pages have names of their own.
RENAMED = {
    "README.md": "index.md",
    "README.zh.md": "zh.md",
    "CONTRIBUTING.md": "contributing.md",
    "CHANGELOG.md": "changelog.md",
}
# Pages of files of other folders, under the same path.
KEPT = ("jaxgan/data/README.md", "jaxgan/report/assets/README.md", "notebooks/README.md")
RECIPES = "recipes.md"


def page_of(path: str) -> str | None:
    """The page, with its anchor, of a file of the repository; None: it has none.

    Args:
      path: from the root of the repository, as ``docs/lab.md``.
    """
    file = PurePosixPath(path)
    if path in RENAMED or path in KEPT:
        return RENAMED.get(path, path)
    match file.parts[0], file.suffix:
        case "docs", _:
            return path.removeprefix("docs/")
        case "notebooks", ".ipynb":
            return str(file.with_suffix(".md"))
        case "configs", ".py":
            return f"{RECIPES}#{file.stem}"
        case "jaxgan", ".py":
            name = module(path)
            return f"{api_page(path)}#{name}"
    return None


def path_of(page: str) -> str:
    """The file of the repository that a page shows; of a page of no file one that may be there."""
    names = {shown: path for path, shown in RENAMED.items()}
    if page in names or page in KEPT:
        return names.get(page, page)
    return page if page.startswith("notebooks/") else f"docs/{page}"


def module(path: str) -> str:
    """The dotted name of a Python file: "jaxgan.losses.fgan" of jaxgan/losses/fgan.py."""
    parts = PurePosixPath(path).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def api_page(path: str) -> str:
    """The page of the package in whose folder a Python file lies."""
    return f"api/{'.'.join(PurePosixPath(path).parent.parts)}.md"
