"""Keys of nested groups by their dotted names, as "critic.optimizer.learning_rate"."""

from collections.abc import Iterator, Mapping
from typing import Any


def levels(tree: Mapping, dotted: str) -> Iterator[tuple[Any, str, str]]:
    """(group, what stands before its names, the next name), from the outside in.

    A group is entered only when it is asked for, and the last name never: what is wrong can be told
    before, and a key that is not there yet has its group.
    """
    prefix = ""
    *path, last = dotted.split(".")
    for name in path:
        yield tree, prefix, name
        tree, prefix = tree[name], f"{prefix}{name}."
    yield tree, prefix, last


def parent(tree: Mapping, dotted: str) -> tuple[Any, str]:
    """The group that holds a key, and the last of the key's names."""
    *_, (group, _, name) = levels(tree, dotted)
    return group, name


def at(tree: Mapping, dotted: str) -> Any:
    """The value of a key, or the group with this name."""
    group, name = parent(tree, dotted)
    return group[name]


def put(tree: Any, dotted: str, value: Any) -> None:
    """Set a key; groups that are missing are made, of the tree's own type."""
    *path, last = dotted.split(".")
    for name in path:
        if name not in tree:
            tree[name] = type(tree)()
        tree = tree[name]
    tree[last] = value
