"""Data sources: ``load(name)`` turns a name into a ``Source`` of examples."""

from jaxgan.data.load import FORMS, SETS, known_names, load, options_of
from jaxgan.data.source import Source
from jaxgan.data.toy import TOYS, Mixture, Toy

__all__ = ["FORMS", "SETS", "TOYS", "Mixture", "Source", "Toy", "known_names", "load", "options_of"]
