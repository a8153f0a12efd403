"""Packages that only some commands want: brought where they are needed, or asked for."""

import importlib

from jaxgan.core.errors import UserError


def bring(module: str, what: str, extra: str):
    """Import and return a module of the extra ``extra``.

    Raises:
      UserError: it is not installed; ``what`` needs it, "a .safetensors file".
    """
    try:
        return importlib.import_module(module)
    except ImportError as error:
        package = module.partition(".")[0]
        raise UserError(f"{what} needs {package}: pip install 'jaxgan[{extra}]'.") from error
