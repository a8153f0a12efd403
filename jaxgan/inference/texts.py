"""A user's own sentences, as a generator of captions is told them."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from jaxgan.core.errors import UserError
from jaxgan.data.source import Entry
from jaxgan.text import ENCODERS, encoder, unknown


class Texts(NamedTuple):
    """Sentences that were read.

    Attributes:
      sentences: as the user wrote them.
      vectors: float32 [T, D].
      notes: which words no caption of training has, a sentence each.
    """

    sentences: tuple[str, ...]
    vectors: np.ndarray
    notes: list[str]

    def in_turn(self, rows) -> dict[str, np.ndarray]:
        """The entry caption of rows [N], each of which takes the next sentence."""
        return {"caption": self.vectors[np.asarray(rows) % len(self.vectors)]}


def read(sentences: str | Sequence[str], config: Mapping, entries: Mapping[str, Entry]) -> Texts:
    """Read sentences as a run of this config, on data with these entries, read its captions.

    Raises:
      UserError: the run knows no captions; there is no sentence; one is empty, or has no word of
        training; an encoder's file is gone, has not this sentence, or vectors of another width.
    """
    sentences = (sentences,) if isinstance(sentences, str) else tuple(sentences)
    if "caption" not in entries:
        raise UserError(f"a run on {config['data']['name']} without captions takes no text.")
    if not sentences:
        raise UserError("the list of texts is empty; give a sentence, or None for the data's.")
    name, entry, notes = config["data"]["captions"], entries["caption"], []
    for sentence in dict.fromkeys(sentences):
        new = unknown(sentence, entry.names) if name in ENCODERS else []
        if new:
            notes.append(f"No caption of training has {', '.join(new)}, of {sentence!r}.")
    vectors = encoder(name)(sentences, entry.names)
    if vectors.shape[1:] != entry.shape:
        raise UserError(
            f"{name} has vectors of {vectors.shape[1]} numbers, and the run was trained on those "
            f"of {entry.shape[0]}; put the file back as it was."
        )
    return Texts(sentences, vectors, notes)
