"""The recipes that ship, the files of ``configs/``: found by name, wherever the package lies."""

import difflib
from importlib import resources
from pathlib import Path

from jaxgan.core.errors import UserError


def known() -> dict[str, Path]:
    """The shipped recipes, {name: file}."""
    package = Path(str(resources.files("jaxgan")))
    # An installed package holds them; a repository, which may be installed as it is, beside it.
    inside, beside = package / "configs", package.parent / "configs"
    folder = inside if inside.is_dir() else beside
    return {file.stem: file for file in sorted(folder.glob("*.py"))}


def find(name: str) -> Path:
    """The file of a recipe: a path that exists, or else a shipped one's name.

    As wgan, wgan.py, or configs/wgan.py, its place in the repository, from anywhere.

    Raises:
      UserError: it is neither.
    """
    if Path(name).is_file():
        return Path(name)
    shipped, stem = known(), name.removeprefix("configs/").removesuffix(".py")
    if stem in shipped:
        return shipped[stem]
    files = [str(file) for file in Path(name).parent.glob("*.py")]
    near = difflib.get_close_matches(name, files, n=1)
    near = near or difflib.get_close_matches(Path(name).stem, shipped, n=1)
    hint = f"did you mean {near[0]}? Known" if near else "known"
    raise UserError(
        f"--config={name}: there is no such file or recipe; {hint}: {', '.join(shipped)}."
    )
