"""A recipe's file, and what the command line sets in its config."""

import runpy
import traceback
from collections.abc import Mapping

from ml_collections import ConfigDict

from jaxgan import data
from jaxgan.build.check import check_config, find
from jaxgan.build.recipes import find as find_recipe
from jaxgan.core.errors import UserError
from jaxgan.core.table import READERS, TYPES
from jaxgan.defaults import GROUPS, MOVED, move

# Groups that name a row; on the command line the row's name stands for its group.
CHOICES = (*GROUPS, "data")


def load_recipe(name: str) -> ConfigDict:
    """The config that the function ``get_config()`` of a Python file makes.

    Args:
      name: of a shipped recipe, or the path of a file, as ``recipes.find`` takes them; after a
        colon, what ``get_config`` takes, as toy_ring:grid.

    Raises:
      UserError: no such recipe, one that fails (the sentence names the line), or not a recipe.
    """
    path, *argument = name.split(":", 1)
    path = str(find_recipe(path))
    try:
        recipe = runpy.run_path(path)
        if "get_config" not in recipe:
            raise UserError("a recipe must have a function get_config().")
        config = recipe["get_config"](*argument)
        if not isinstance(config, ConfigDict):
            raise UserError(f"get_config() must return a config; it returns {config!r:.50}.")
        move(config)
        check_config(config)
    except Exception as error:  # A recipe is a program: anything can go wrong in it.
        frames = traceback.extract_tb(error.__traceback__)
        lines = [f", line {frame.lineno}" for frame in frames if frame.filename == path]
        kind = "" if isinstance(error, UserError) else f"{type(error).__name__}: "
        message = " ".join(str(error).split())
        raise UserError(f"{path}{''.join(lines[-1:])}: {kind}{message.rstrip('.')}.") from error
    return config.lock()


def read_words(words: list[str], command: str) -> dict[str, str]:
    """{dotted key: text} of a command line's --config.KEY=VALUE.

    Raises:
      UserError: a word of another form.
    """
    overrides = {}
    for word in words:
        name, equals, text = word.partition("=")
        if not name.startswith("--config."):
            raise UserError(
                f"{word!r} is not an option; jaxgan {command} --help tells the options."
            )
        if not equals:
            raise UserError(f"{name} needs a value: {name}=VALUE.")
        overrides[name.removeprefix("--config.")] = text
    return overrides


def override(config: ConfigDict, dotted: str, text: str) -> None:
    """Set a key from the text of its value; a new ``name`` brings the options of its row.

    Raises:
      UserError: an unknown key, or a value of the wrong type.
    """
    dotted = MOVED.get(dotted, dotted)
    group, key = find(config, dotted)
    held = group[key]
    if dotted in CHOICES:  # a group stands for the row that it names
        return override(config, f"{dotted}.name", text)
    if isinstance(held, ConfigDict):
        keys = ", ".join(f"{dotted}.{name}" for name in held)
        raise UserError(f"--config.{dotted} takes no value, its keys do: {keys or 'none'}.")
    try:
        value = READERS[type(held)](text)
    except (KeyError, ValueError, SyntaxError) as error:
        wanted = TYPES.get(type(held), f"values with commas between, as {held}")
        raise UserError(f"--config.{dotted}={text}: {key} must be {wanted}.") from error
    if key == "name" and value != held:
        _rename(config, dotted.removesuffix(".name"), value)
    else:
        group[key] = value


def override_all(config: ConfigDict, texts: Mapping[str, str]) -> None:
    """``override`` for each of {dotted key: text}.

    Names first, from the outside in: they bring keys along.
    """
    for dotted in sorted(texts, key=lambda key: (not names_a_row(key), key.count("."))):
        override(config, dotted, texts[dotted])


def names_a_row(dotted: str) -> bool:
    """Whether a key chooses a row, whose options it brings."""
    return dotted in CHOICES or dotted.endswith(".name")


def _rename(config, dotted, name):
    """Give a group another row, and the options of that."""
    if dotted == "data":  # its names are of several tables, and of other people's sets
        config.data.name, config.data.options = name, ConfigDict(data.options_of(name))
        return
    parent, last = find(config, dotted)
    group, held = GROUPS[dotted], parent[last]
    made = group.make(name)
    for key in group.kept:  # as a whole: the options of two optimisers do not mix
        if key in made:
            made[key] = held[key]
    parent[last] = made
