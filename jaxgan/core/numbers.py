"""Numbers as JSON has them."""

from typing import Any

import numpy as np


def finite(values: Any) -> Any:
    """Dictionaries and lists of numbers for JSON, which knows no NaN: None stands for it."""
    if isinstance(values, dict):
        return {key: finite(value) for key, value in values.items()}
    if isinstance(values, (list, tuple)):
        return [finite(value) for value in values]
    if isinstance(values, (float, np.floating)):
        return float(values) if np.isfinite(values) else None
    return values.item() if isinstance(values, np.generic) else values
