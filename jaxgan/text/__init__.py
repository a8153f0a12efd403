"""From a sentence to a vector: ``ENCODERS`` by name, and a user's own vectors in a file."""

from collections.abc import Callable, Sequence

import numpy as np

from jaxgan.core.errors import UserError
from jaxgan.core.files import UNSOUND, expand
from jaxgan.core.table import Row
from jaxgan.text import joint
from jaxgan.text.words import bag_of_words, unknown, vocabulary, words

__all__ = ["ENCODERS", "OWN", "encoder", "unknown", "vocabulary", "words"]

Encode = Callable[[Sequence[str], Sequence[str]], np.ndarray]
OWN = ".npz"


def _char_cnn_rnn(captions, known):
    """Reed's character CNN-RNN (2016), 128 numbers, trained on emoji and their names."""
    del known
    return joint.encode(captions)


# Of captions and the words of training: float32 [N, D].
ENCODERS = {
    "bag_of_words": Row(lambda: bag_of_words, doc=bag_of_words.__doc__),
    "char_cnn_rnn": Row(lambda: _char_cnn_rnn, doc=_char_cnn_rnn.__doc__),
}


def encoder(name: str) -> Encode:
    """(captions, the words of training) -> vectors float32 [N, D].

    Args:
      name: row of ``ENCODERS``, or FILE.npz of one's own: ``captions``, words [K], and their
        ``vectors``, numbers [K, D].

    Raises:
      UserError: neither, or a file that is missing, damaged, or of other arrays; of a call, a
        caption that the file does not have.
    """
    if name.endswith(OWN):
        return _from_file(name)
    if name not in ENCODERS:
        known = f"{', '.join(ENCODERS)}, and FILE{OWN}"
        raise UserError(f"unknown encoder of captions {name!r}; known: {known}.")
    return ENCODERS[name]()


def _from_file(name):
    try:
        with expand(name).open("rb") as opened, np.load(opened, allow_pickle=False) as stored:
            captions, vectors = stored["captions"], stored["vectors"]
    except (*UNSOUND, KeyError) as error:
        raise UserError(
            f"{name}: no sound .npz file of captions and vectors ({error}); it holds captions, "
            "words [K], and vectors, numbers [K, D]."
        ) from error
    fits = captions.ndim == 1 and captions.dtype.kind == "U" and vectors.dtype.kind in "iuf"
    if not fits or vectors.ndim != 2 or len(vectors) != len(captions) or not vectors.size:
        raise UserError(
            f"{name}: captions must be words [K] and vectors numbers [K, D]; found "
            f"{captions.dtype} {captions.shape} and {vectors.dtype} {vectors.shape}."
        )
    if not np.isfinite(vectors).all():
        raise UserError(f"{name}: the vectors are not all finite.")
    place = {caption: index for index, caption in enumerate(captions.tolist())}

    def encode(captions, known):
        del known
        if lost := [caption for caption in captions if caption not in place]:
            more = f", and {len(lost) - 1} others" if len(lost) > 1 else ""
            raise UserError(f"{name}: has no vector of {lost[0]!r}{more}; add it.")
        return np.asarray(vectors[[place[caption] for caption in captions]], np.float32)

    return encode
