"""What the page asks of a generator that is given images: translations of what is drawn there."""

import io
from functools import partial

import numpy as np

from jaxgan.core.errors import UserError, choose
from jaxgan.data.decode import ICONS, decode, opened
from jaxgan.data.view import FITS, View, apply, resize, to_channels, to_uint8
from jaxgan.evaluation import grid
from jaxgan.evaluation.draw import make_show
from jaxgan.inference import translation
from jaxgan.lab import bounds
from jaxgan.lab.frames import picture


class Sent(io.BytesIO):
    """A file that was sent, as sentences call it."""

    def __repr__(self):
        return "the picture"


def open_(at, step, found):
    """What the page is told of a run, and its questions.

    Args:
      at: ``sampler.Sampler``.
      step: of the checkpoint.
      found: ``generator.Found`` of the same.

    Returns:
      "translation", the step, facts {name: value}, questions {name: function}.
    """
    restored = at.restore(step)
    redraw = translation.translator(at.workdir, found, at.players, *restored, chunk=1)
    described = partial(at._replace(show=make_show(at.players.game, chunk=1)).described, *restored)
    height, width = redraw.size
    fits = FITS if height == width else {"stretch": FITS["stretch"]}

    def channels(direction):
        return redraw.channels_of(direction)

    def brought(image, fit, channels):
        """A picture of any size in that of the run, uint8 [H, W, channels]."""
        choose(fits, fit, "fit")
        if height == width:
            return apply(View(height, fit, channels), image)
        return resize(to_channels(image, channels), height, width)

    def drawn(image, channels):
        """A drawing, which has a whole number of pixels for each of the run's, likewise."""
        factor = max(image.shape[0] // height, 1)
        if image.shape[:2] != (factor * height, factor * width):
            raise UserError(f"a drawing must have {height} x {width} pixels, or whole times these.")
        return _pressed(to_channels(image, channels), factor)

    def example(asked):
        bounds.known(asked, ("seed", "direction"), "of an example")
        direction = bounds.text(asked, "direction")
        seed = bounds.whole(asked, "seed", 0, 2**31)
        made = described(1, seed=seed, direction=direction)
        # Where a task makes what is given of a picture, as a hole, it is the picture that is asked.
        own = redraw.masked or made.given.shape[-1] != channels(direction)
        given = made.truth if own and made.truth is not None else made.given
        shown = {"picture": given, "truth": made.truth}
        told = {n: None if x is None else _shown(to_uint8(x[0])) for n, x in shown.items()}
        names = {} if made.truth is None else redraw.class_names
        classes = at.classes_at(seed, 0, names)
        return told | {"classes": {name: names[name][i] for name, i in classes.items()}}

    def fitted(asked):
        bounds.known(asked, ("picture", "fit", "direction"), "of a picture")
        file = _read(asked, "picture")
        wanted = channels(bounds.text(asked, "direction"))
        fit = bounds.text(asked, "fit") or next(iter(fits))
        return {"picture": _shown(brought(file, fit, wanted))}

    def translated(asked):
        parts = ("picture", "mask", "direction", "classes", "seed")
        bounds.known(asked, parts, "of a translation")
        direction, mask = bounds.text(asked, "direction"), None
        classes = bounds.group(asked, "classes")
        chosen = {name: bounds.text(classes, name) for name in classes}
        image = drawn(_read(asked, "picture"), channels(direction))
        if asked.get("mask") is not None:
            mask = drawn(_read(asked, "mask"), 1)[..., 0] > 127
        seed = bounds.whole(asked, "seed", 0, 2**31)
        made = redraw(image, mask=mask, attributes=chosen, direction=direction, seed=seed)
        return {"picture": _shown(made)}

    facts = {
        "shape": [height, width],
        "directions": list(redraw.directions),
        "channels": [channels(each) for each in redraw.directions or (None,)],
        "classes": {name: list(names) for name, names in redraw.class_names.items()},
        "masked": redraw.masked,
        "noisy": redraw.noisy,
        "fits": list(fits),
        "fit": found.stored["config"]["data"]["fit"],
        "bytes": bounds.BODY // 2,
    }
    questions = {"example": example, "fitted": fitted, "translation": translated}
    return "translation", redraw.step, facts, questions


def _read(asked, key):
    """The picture under a key of a question, uint8 [H, W, C]."""
    sent = bounds.picture(asked, key)
    if sent is None:
        raise UserError(f"a translation needs {key}.")
    with opened(Sent(sent), without=ICONS) as image:
        width, height = image.size  # of its head; what EXIF turns has as many pixels
    if height * width > bounds.PIXELS:
        raise UserError(
            f"the picture has {height} x {width} pixels; at most {bounds.PIXELS} are read."
        )
    return decode(Sent(sent))


def _pressed(image, factor):
    """An image [H f, W f, C] in [H, W, C]: each pixel the mean of f times f."""
    height, width, channels = image.shape
    parts = image.reshape(height // factor, factor, width // factor, factor, channels)
    return np.uint8(np.round(parts.mean(axis=(1, 3))))


def _shown(image):
    """An image uint8 [H, W, C] as ``frames.picture`` has it."""
    return picture(grid.image_grid(np.float32(image / 127.5 - 1)[None], 1, 0, 1))
