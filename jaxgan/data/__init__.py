"""Data sources: ``load(name)`` turns a name into a ``Source`` of examples."""

from jaxgan.data.augment import AUGMENTS
from jaxgan.data.examples import read
from jaxgan.data.load import has_held_out, load, load_parts, load_sources
from jaxgan.data.names import FORMS, SETS, known_names, options_of
from jaxgan.data.source import Entry, Source, Truth, entries, union
from jaxgan.data.tasks import TASKS
from jaxgan.data.toy import TOYS, Mixture, Toy

__all__ = [
    "AUGMENTS",
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
    "entries",
    "load_parts",
    "options_of",
    "read",
    "union",
]
