"""Packages that only some commands want: brought where they are needed, or asked for."""

import importlib
from types import ModuleType

from jaxgan.core.errors import UserError


def bring(*modules: str, what: str, extra: str) -> ModuleType:
    """Import modules of the extra ``extra``; returns the first.

    Raises:
      UserError: one is not installed; ``what`` needs it, "a .safetensors file".
    """
    brought, missing = [], []
    for module in modules:
        try:
            brought.append(importlib.import_module(module))
        except ImportError:
            missing.append(module.partition(".")[0])
    if missing:
        raise UserError(f"{what} needs {' and '.join(missing)}: pip install 'jaxgan[{extra}]'.")
    return brought[0]
