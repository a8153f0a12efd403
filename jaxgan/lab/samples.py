"""What the page asks of a generator of noise: samples, moved in z, on the way between two."""

from functools import cache, partial

import numpy as np

from jaxgan.evaluation import grid
from jaxgan.inference import paths
from jaxgan.inference.directions import ROWS, classes_of, drawn, principal, thinned
from jaxgan.lab import bounds
from jaxgan.lab.frames import picture

CHUNK = 8  # rows in one forward pass: a slider moves one
SHOWN = 30  # samples
WAY = 10  # images from one sample to another, both among them
DIRECTIONS = 6  # sliders, at most
REACH = 3.0  # of a slider, both ways, in the unit of z
# What a distribution of z never leaves.
ANY = (-np.inf, np.inf)
LIMITS = {"normal": ANY, "uniform": (-1, 1), "bernoulli": (0, 1), "clusters": ANY}


def open_(at, step):
    """What the page is told of a run, and its questions.

    Args:
      at: ``sampler.Sampler``.
      step: of the checkpoint.

    Returns:
      "samples", the step, facts {name: value}, questions {name: function}.
    """
    variables, found = at.restore(step)
    described, count = partial(at.described, variables, found), at.generators

    def own(z, one):
        """What of z [N, ...] is a generator's own: several have one each of [N, generators, Z]."""
        return z[:, one] if count > 1 else z

    def of(asked):
        """Whose sample it is: its seed, row and generator; its z [1, ...]; the class asked for."""
        bounds.known(asked, ("seed", "sample", "label"), "of a sample")
        seed = bounds.whole(asked, "seed", 0, 2**31)
        row, one = divmod(bounds.whole(asked, "sample", 0, SHOWN), count)
        return seed, row, one, at.z_of(seed, [row]), _label(asked)

    @cache
    def directions(one):
        z, images = own(at.z_of(0, np.arange(ROWS)), one), drawn(described, thinned)[one::count]
        return principal(z, images, DIRECTIONS, classes_of(at.class_names))

    def samples(asked):
        bounds.known(asked, ("seed", "label"), "of samples")
        made = described(SHOWN, seed=bounds.whole(asked, "seed", 0, 2**31), label=_label(asked))
        return {"strip": _strip(made.x), "labels": _names(made)}

    def moved(asked):
        bounds.known(asked, ("of", "amounts"), "of a sample that is moved")
        seed, row, one, z, label = of(bounds.group(asked, "of"))
        amounts = bounds.numbers(asked, "amounts", DIRECTIONS, -REACH, REACH)
        ways = directions(one)[: len(amounts)]
        z = np.array(z)
        moving = own(z, one)  # a view
        moving += np.tensordot(np.float32(amounts)[: len(ways)], ways, 1)
        np.clip(moving, *LIMITS[at.distribution], out=moving)
        made = described(rows=[row], z=z, seed=seed, label=label)
        return {"strip": _strip(made.x[one : one + 1]), "labels": _names(made)[:1]}

    def way(asked):
        bounds.known(asked, ("from", "to"), "of a way")
        ends = [of(bounds.group(asked, name)) for name in ("from", "to")]
        path = paths.between(*(end[3][0] for end in ends), WAY, at.distribution)
        strips, labels = [], []
        for seed, row, one, _, label in ends:
            made = described(rows=[row] * WAY, z=path, seed=seed, label=label)
            strips.append(made.x[one::count])
            labels += _names(made)[:1]
        # One way serves where both ends are of one class and of one generator.
        alike = len({(*labels[i : i + 1], end[2]) for i, end in enumerate(ends)}) == 1
        strips, labels = (strips[:1], labels[:1]) if alike else (strips, labels)
        return {"strips": [_strip(each) for each in strips], "labels": labels}

    height, width, _ = at.shape_of()
    facts = {
        "shape": [height, width],
        "classes": list(at.class_names),
        "shown": SHOWN,
        "way": WAY,
        "reach": REACH,
        "directions": min(DIRECTIONS, own(at.z_of(0, [0]), 0).size),
    }
    return "samples", found, facts, {"samples": samples, "moved": moved, "way": way}


def _label(asked):
    """The class that is asked for, or None: all in turn."""
    return bounds.text(asked, "label") or None


def _names(made):
    """The class of each sample; none of a run without."""
    return [] if made.label is None else [made.class_names[number] for number in made.label]


def _strip(images):
    """Images [N, H, W, C] under one another, as ``frames.picture`` has them."""
    return picture(grid.image_grid(images, columns=1, padding=0, scale=1))
