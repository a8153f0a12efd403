"""Data sources: ``load(name)`` turns a name into a ``Source`` of examples."""

from jaxgan.data.load import (
    FORMS,
    SETS,
    has_held_out,
    known_names,
    load,
    load_sources,
    options_of,
)
from jaxgan.data.source import Entry, Source, Truth, union
from jaxgan.data.tasks import TASKS
from jaxgan.data.toy import TOYS, Mixture, Toy

__all__ = [
    "FORMS",
    "SETS",
    "TASKS",
    "TOYS",
    "Entry",
    "Mixture",
    "Source",
    "Toy",
    "Truth",
    "has_held_out",
    "known_names",
    "load",
    "load_sources",
    "options_of",
    "union",
]
