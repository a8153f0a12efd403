"""Captions of examples: where they are read, and the entries that they become.

The entry "caption" is the vector of a sentence, made once by an encoder of ``text``; its names are
the words of training. A source of its own, with an order of its own, holds "other_caption": that of
another example, which is wrong here.
"""

import hashlib
from collections.abc import Sequence
from pathlib import Path, PurePosixPath

import numpy as np

from jaxgan.core.errors import UserError
from jaxgan.data.columns import read_csv
from jaxgan.data.remarks import listed
from jaxgan.data.source import Source, from_named, joined, only, renamed
from jaxgan.text import OWN, encoder, vocabulary

TABLE, COLUMN = "captions.csv", "caption"
ENDING = ".txt"


def captioned(
    source: Source, name: str, known: Sequence[str] | None = None, width: int = 0
) -> tuple[Source, Source]:
    """The source with its entry caption, and the source of other captions.

    Args:
      source: with captions.
      name: of the encoder, as ``text.encoder`` takes it.
      known: the words of training; None: those of these captions.
      width: numbers that a caption's vector must have; 0: as many as it has.

    Raises:
      UserError: a caption without a word, or of another width; captions of a new run that are all
        read alike; those of ``text.encoder``.
    """
    unique, place = np.unique(source.captions, return_inverse=True)
    words = vocabulary(unique.tolist()) if known is None else tuple(known)
    if empty := [i for i, caption in enumerate(source.captions) if not vocabulary([caption])]:
        raise UserError(
            f"{source.name}: {len(empty)} captions have no word, as that of "
            f"{source.key(empty[0])}; write one, or leave the picture out."
        )
    vectors = np.asarray(encoder(name)(unique.tolist(), words), np.float32)
    if width and vectors.shape[1] != width:
        raise UserError(
            f"data.captions={name}: has vectors of {vectors.shape[1]} numbers, and those of the "
            f"run have {width}; name the file that it was trained with."
        )
    if known is None and len(unique) > 1 and (vectors == vectors[0]).all():
        raise UserError(
            f"data.captions={name}: reads all captions of {source.name} alike; char_cnn_rnn knows "
            "the letters a to z, bag_of_words every word."
        )
    texts = from_named(source.name, {COLUMN: vectors[place]})
    texts.entries[COLUMN] = texts.entries[COLUMN]._replace(names=words)
    # A file of one's own may change; its vectors are then other data, wherever it lies.
    own = (hashlib.sha256(vectors[place].tobytes()).hexdigest(),) if name.endswith(OWN) else ()
    whole = joined(source, texts)._replace(contents=(*source.contents, *own))
    return whole, renamed(only(texts, (COLUMN,)), {COLUMN: f"other_{COLUMN}"})


def texts_beside(directory: Path) -> str:
    """The ending of the texts beside a folder's images, or "" where a table has the captions."""
    return "" if (directory / TABLE).is_file() else ENDING


def read_captions(directory: Path, paths: Sequence[str]) -> tuple[np.ndarray, str]:
    """The captions of a folder's images, [N], and a word by which they are known again.

    ``captions.csv`` in the folder has a line of names, one of them "caption", and a line for each
    image that begins with its path below the folder. Without it, each image has a text beside it:
    cats/1.txt of cats/1.png.

    Raises:
      UserError: an image without a caption, a table without that column, or a text that cannot be
        read as UTF-8.
    """
    file = directory / TABLE
    if file.is_file():
        header, rows = read_csv(file)
        if COLUMN not in header:
            raise UserError(f"{file}: has no column {COLUMN!r}; it has {', '.join(header)}.")
        column = header.index(COLUMN)
        found = {path: values[column] for path, values in rows.items()}
    else:
        beside = {path: directory / PurePosixPath(path).with_suffix(ENDING) for path in paths}
        found = {path: _text(file) for path, file in beside.items() if file.is_file()}
    if lost := [path for path in paths if path not in found]:
        raise UserError(
            f"{directory}: {len(lost)} images have no caption: {listed(lost)}; tell it in {TABLE}, "
            f"with columns path and {COLUMN}, or in a {ENDING} file beside each."
        )
    captions = np.array([found[path] for path in paths])
    return captions, hashlib.sha256(repr(captions.tolist()).encode()).hexdigest()


def _text(file):
    try:
        return file.read_text("utf-8-sig").strip()
    except (OSError, ValueError) as error:
        raise UserError(f"{file}: cannot be read as a text in UTF-8 ({error}).") from error
