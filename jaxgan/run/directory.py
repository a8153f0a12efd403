"""``config.json``, by which a run directory knows what it is."""

import json
import platform
from importlib import metadata
from pathlib import Path

import numpy as np

from jaxgan import defaults
from jaxgan.core.errors import UserError
from jaxgan.core.files import write_text
from jaxgan.data.describe import Description
from jaxgan.data.source import Entry

ABSENT = "absent"
PACKAGES = ("jaxgan", "jax", "jaxlib", "flax", "optax", "numpy")


def write_config(workdir, config, entries, data=None, earlier=(), begun=None):
    """Write ``config.json``, in one piece or not at all.

    Args:
      workdir: run directory; created where it is missing.
      config: the whole config as plain dictionaries, lists, numbers and strings.
      entries: {name: ``data.Entry``} of the data.
      data: their ``Description``; None: nothing else is known of them.
      earlier: on what the run was trained before, as ``identity.earlier`` gives it.
      begun: how and where it was begun, or resumed last, as ``train`` tells it; None: unknown.
    """
    content = {"config": config, "entries": plain(entries)}
    if data:
        content["data"] = {**data._asdict(), "earlier": list(earlier)}
    if begun:
        content["begun"] = begun
    content["versions"] = versions()
    Path(workdir).mkdir(parents=True, exist_ok=True)
    write_text(Path(workdir) / "config.json", json.dumps(content, indent=2) + "\n")


def read_config(workdir):
    """What ``config.json`` tells: a dictionary of config, entries, data, earlier, begun, versions.

    As ``write_config`` takes them. Older versions wrote the shape of x and the number of classes,
    or entries, and kept nothing else of the data, which is then None; nor how the run was begun.
    Keys that its version did not have yet are in the config as their defaults are.

    Raises:
      UserError: there is no such file, it is damaged, or its config names no row of a group.
    """
    return parse(read_content(workdir), Path(workdir) / "config.json")


def read_content(workdir):
    """The content of ``config.json`` as it is there; errors as ``read_config``."""
    path = Path(workdir) / "config.json"
    try:
        return json.loads(path.read_text())
    except OSError as error:
        raise UserError(
            f"{path} cannot be read ({error.strerror}); is this a run's directory?"
        ) from error
    except ValueError as error:
        raise _damaged(path, error) from error


def parse(content, path):
    """What ``read_config`` gives of the content of the file ``path``, and its errors."""
    try:
        stored = content["entries"] if "entries" in content else _old_entries(content)
        entries = {
            name: Entry(
                tuple(entry["shape"]),
                np.dtype(entry["dtype"]),
                entry["classes"],
                tuple(entry["names"]),
            )
            for name, entry in stored.items()
        }
        kept = {"config": dict(content["config"]), "versions": content["versions"]}
        data = content.get("data") and dict(content["data"])
        kept["earlier"] = data.pop("earlier") if data else []
        kept["begun"] = content.get("begun") or {}
        kept |= {"entries": entries, "data": data and Description(**data)}
    except (ValueError, KeyError, TypeError) as error:
        raise _damaged(path, error) from error
    return {**kept, "config": defaults.complete(kept["config"])}


def _damaged(path, error):
    return UserError(f"{path} is damaged ({error}); a run writes it when it starts.")


def plain(entries):
    """Entries {name: ``Entry``} as JSON holds them."""
    return {
        name: entry._asdict() | {"dtype": np.dtype(entry.dtype).name}
        for name, entry in entries.items()
    }


def _old_entries(content):
    image = len(content["shape"]) == 3
    plain = {"classes": 0, "names": ()}
    x = {"shape": content["shape"], "dtype": "uint8" if image else "float32", **plain}
    label = {**plain, "shape": (), "dtype": "int32", "classes": content["classes"]}
    return {"x": x, "label": label} if content["classes"] else {"x": x}


def contradictions(old, new, free=()):
    """Tell where two configs differ: ``["data.size was 32, is 64", ...]``; tuples equal lists.

    Args:
      old, new: nested dictionaries, as in ``config.json``.
      free: dotted keys that may differ; a key frees all that is below it.
    """
    freed = tuple(f"{key}." for key in free)
    return [
        f"{key} was {then}, is {now}"
        for key, (then, now) in differences(old, new).items()
        if not f"{key}.".startswith(freed)
    ]


def differences(*configs):
    """Where configs differ: {dotted key: its value in each}; tuples equal lists.

    Args:
      *configs: nested dictionaries, as in ``config.json``. What one lacks is "absent".
    """
    flat = [_flat(config) for config in configs]
    values = {key: tuple(each.get(key, ABSENT) for each in flat) for each in flat for key in each}
    return {key: each for key, each in values.items() if any(one != each[0] for one in each)}


def _flat(tree, prefix=""):
    if prefix and (not isinstance(tree, dict) or not tree):
        return {prefix: json.loads(json.dumps(tree))}
    flat = {}
    for key, value in tree.items():
        flat |= _flat(value, f"{prefix}.{key}" if prefix else key)
    return flat


def versions():
    """The versions of the packages that a number depends on, and Python's."""
    return {name: _version(name) for name in PACKAGES} | {"python": platform.python_version()}


def _version(package):
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return "not installed"
