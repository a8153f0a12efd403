"""The data sets that ship with the package; README.md beside them tells where they are from."""

import io
from importlib import resources

import numpy as np

from jaxgan.core.errors import UserError, choose
from jaxgan.core.files import read_bundled
from jaxgan.data.images import from_images
from jaxgan.data.source import Source, category, from_named, only_split
from jaxgan.data.view import View, apply_all

SHA256 = {
    "mnist10k": "0217e13bd0668deb198aa7d305edbf0331eb89f8a6e7dd226e03d1aa3a9bd4ef",
    "emoji_pairs": "a73b6f1eaac127c40a8e5fcdb90fae7ae4596b91e1a3e4b967e1d7f672c5c9b5",
    "line_art": "947ec51e04c3e0472dd36b70cb83f29af3e5dba0bcf2746b70f481539498bbe1",
    "glyphs": "c764cd6d8aedc36972f35e4b14755670c77284bbf4fec4e75f66ee0d3dd7df65",
}
FILES = {  # of each set
    "mnist10k": "mnist10k",
    "stacked_digits": "mnist10k",
    "moving_digits": "mnist10k",
    "emoji": "emoji_pairs",
    "glyphs": "glyphs",
    "line_art": "line_art",
}
ARTISTS = ("noto", "twemoji")
TYPEFACES = ("hei", "kai", "song")
TONES = ("none", "light", "medium-light", "medium", "medium-dark", "dark")
GENDERS = ("none", "woman", "man")


def read(file: str) -> dict[str, np.ndarray]:
    """The arrays of a bundled file, {name: array}, after its bytes are verified."""
    data = read_bundled(resources.files("jaxgan.data") / f"{file}.npz", SHA256[file])
    with np.load(io.BytesIO(data)) as stored:
        return dict(stored)


def mnist10k(name: str, view: View, split: str) -> Source:
    """Load the bundled first 10,000 digits of MNIST's training set, grouped by class.

    uint8 [10000, 28, 28, 1] before the view, 10 classes (LeCun and Cortes).
    """
    only_split(split, ("train",), name)
    return from_images(name, *digits(), view, {"label": category(10)})


def digits() -> tuple[np.ndarray, np.ndarray]:
    """The bundled digits as they are stored: uint8 [10000, 28, 28], int labels [10000]."""
    stored = read("mnist10k")
    return stored["images"], stored["labels"]


def emoji(
    name: str,
    view: View,
    split: str,
    captions: bool = False,
    *,
    x: str = "twemoji",
    source: str = "noto",
) -> Source:
    """Load 3526 emoji as two artists drew them.

    Images uint8 [32, 32, 3] on white before the view, label (10 categories), tone (of skin, 6),
    gender (3). An emoji is held out with all its tones, by its code without them; with captions
    those with a tone alone, by the whole code.

    Args:
      captions: whether each has its English name with its tone, as "woman firefighter: dark skin
        tone".
      x: artist of the entry x, of ``ARTISTS``.
      source: artist of the entry source; "": there is none.
    """
    only_split(split, ("train",), name)
    stored = read("emoji_pairs")
    whole = _pair(stored, view, ARTISTS, "artist", x, source)
    whole |= {"label": stored["category"], "tone": stored["tone"], "gender": stored["gender"]}
    kinds = {"label": stored["categories"].tolist(), "tone": TONES, "gender": GENDERS}
    categories = {key: category(len(names), names) for key, names in kinds.items()}
    more = {"key": stored["base"].tolist().__getitem__}
    if captions:
        told = zip(stored["caption"].tolist(), stored["tone"], strict=True)
        more = {"key": stored["code"].tolist().__getitem__}
        more["captions"] = np.array([_with_tone(caption, TONES[tone]) for caption, tone in told])
    return from_named(name, whole, categories, **more)


def _with_tone(caption, tone):
    """As Unicode has it: "man: dark skin tone, red hair"."""
    if tone == TONES[0]:
        return caption
    who, _, more = caption.partition(": ")
    return ", ".join(filter(None, (f"{who}: {tone} skin tone", more)))


def glyphs(name: str, view: View, split: str, *, x: str = "kai", source: str = "song") -> Source:
    """Load the 3755 level-1 characters of GB 2312 in two typefaces, or in more.

    Images uint8 [32, 32, 1], black on white in 16 levels, before the view. A character is held out
    in all typefaces.

    Args:
      x: typeface of the entry x, of ``TYPEFACES``; several with spaces between are as many
        examples a character, and the entry label tells which.
      source: typeface of the entry source; "": there is none.
    """
    only_split(split, ("train",), name)
    stored = read("glyphs")
    faces = x.replace(",", " ").split() or [x]
    if twice := sorted({face for face in faces if faces.count(face) > 1}):
        raise UserError(f"the typeface {twice[0]!r} is named twice in x={x!r}.")
    each = [_pair(stored, view, TYPEFACES, "typeface", face, source) for face in faces]
    whole = {key: np.concatenate([pair[key] for pair in each]) for key in each[0]}
    chars, categories = stored["char"].tolist() * len(faces), {}
    if len(faces) > 1:
        whole["label"] = np.repeat(np.arange(len(faces)), len(stored["char"]))
        categories["label"] = category(len(faces), faces)
    return from_named(name, whole, categories, key=chars.__getitem__)


def line_art(name: str, view: View, split: str, *, flags: bool = False) -> Source:
    """Load 4115 line drawings and the same drawings in colour.

    source uint8 [64, 64, 1] and x [64, 64, 3], exactly aligned, on white, before the view; label
    (12 categories), tone (of skin, 6). A drawing is held out with all its tones.

    Args:
      flags: whether the 324 flags are among them, whose colours no outline tells.
    """
    only_split(split, ("train",), name)
    stored = read("line_art")
    kept = np.full(len(stored["base"]), True)
    if not flags:
        kept = np.char.find(stored["subcategory"], "flag") < 0  # some are extras by category
    whole = {
        "source": apply_all(view._replace(channels=1), stored["line"][kept]),
        "x": apply_all(view, stored["colour"][kept]),
        "label": stored["category"][kept],
        "tone": stored["tone"][kept],
    }
    kinds = {"label": stored["categories"].tolist(), "tone": TONES}
    categories = {key: category(len(names), names) for key, names in kinds.items()}
    return from_named(name, whole, categories, key=stored["base"][kept].tolist().__getitem__)


def _pair(stored, view, known, kind, x, source):
    wanted = {"x": x} | ({"source": source} if source else {})
    known = {which: stored[which] for which in known}
    return {key: apply_all(view, choose(known, which, kind)) for key, which in wanted.items()}
