"""What a sentence is made of: its words, and which of them nobody has learned."""

import difflib
import re
from collections.abc import Iterable, Sequence

import numpy as np

from jaxgan.core.errors import UserError

_WORD = re.compile(r"\w+")
CLOSE = 3  # near ones of each unknown word that an error names


def words(sentence: str) -> list[str]:
    """The words of a sentence, in lower case, in their order; what stands between does not count.

    "Man: dark skin tone" has "man", "dark", "skin" and "tone".
    """
    return _WORD.findall(sentence.lower())


def vocabulary(captions: Iterable[str]) -> tuple[str, ...]:
    """All words of some captions, sorted."""
    return tuple(sorted({word for caption in captions for word in words(caption)}))


def unknown(sentence: str, known: Sequence[str]) -> list[str]:
    """The words of a sentence that are none of the ``known``.

    Raises:
      UserError: the sentence is empty, or not one of its words is known.
    """
    found = words(sentence)
    if not found:
        raise UserError("the text has no word; write a sentence, as --text='woman firefighter'.")
    learned = set(known)
    new = [word for word in dict.fromkeys(found) if word not in learned]
    if len(new) == len(set(found)):
        near = dict.fromkeys(
            each for word in new for each in difflib.get_close_matches(word, known, n=CLOSE)
        )
        hint = f"near ones: {', '.join(near)}" if near else f"known are {', '.join(known[:8])}, ..."
        raise UserError(f"no word of {sentence!r} is in any caption of training; {hint}.")
    return new


def bag_of_words(captions: Sequence[str], known: Sequence[str]) -> np.ndarray:
    """How often each of the ``known`` words is in a caption, divided by the length of that vector.

    Returns:
      float32 [N, number of known words]; zeros where no word is known.
    """
    place = {word: index for index, word in enumerate(known)}
    counts = np.zeros((len(captions), len(known)), np.float32)
    for row, caption in zip(counts, captions, strict=True):
        for word in words(caption):
            if word in place:
                row[place[word]] += 1
    lengths = np.linalg.norm(counts, axis=1, keepdims=True)
    return counts / np.maximum(lengths, 1)
