"""``config.json``, by which a run directory knows what it is."""

import json
import platform
from importlib import metadata
from pathlib import Path

from jaxgan.core.errors import UserError
from jaxgan.core.files import write_text

PACKAGES = ("jaxgan", "jax", "jaxlib", "flax", "optax", "numpy")


def write_config(workdir, config, shape, classes):
    """Write ``config.json``, in one piece or not at all.

    Args:
      workdir: run directory; created where it is missing.
      config: the whole config as plain dictionaries, lists, numbers and strings.
      shape: of one example, (H, W, C) or (D,).
      classes: number of classes, 0 for unlabelled data.
    """
    content = {"config": config, "shape": shape, "classes": classes, "versions": versions()}
    Path(workdir).mkdir(parents=True, exist_ok=True)
    write_text(Path(workdir) / "config.json", json.dumps(content, indent=2) + "\n")


def read_config(workdir):
    """Read ``config.json``: {"config": dict, "shape": tuple, "classes": int, "versions": dict}.

    Raises:
      UserError: there is no such file, or it is damaged.
    """
    path = Path(workdir) / "config.json"
    try:
        content = json.loads(path.read_text())
        content["shape"] = tuple(content["shape"])
        return {name: content[name] for name in ("config", "shape", "classes", "versions")}
    except OSError as error:
        raise UserError(
            f"{path} cannot be read ({error.strerror}); is this a run's directory?"
        ) from error
    except (ValueError, KeyError, TypeError) as error:
        raise UserError(f"{path} is damaged ({error}); a run writes it when it starts.") from error


def contradictions(old, new, free=()):
    """Tell where two configs differ: ``["data.size was 32, is 64", ...]``; tuples equal lists.

    Args:
      old, new: nested dictionaries, as in ``config.json``.
      free: dotted keys that may differ; a key frees all that is below it.
    """
    old, new = _flat(old), _flat(new)
    freed = tuple(f"{key}." for key in free)
    told = [
        (key, old.get(key, "absent"), new.get(key, "absent"))
        for key in {**old, **new}
        if not f"{key}.".startswith(freed)
    ]
    return [f"{key} was {then}, is {now}" for key, then, now in told if then != now]


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
