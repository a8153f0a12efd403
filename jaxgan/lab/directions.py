"""Principal directions of z: along which what is made varies the most."""

import numpy as np
import scipy.linalg

SIDE = 32  # pixels along a side that are compared, at most


def thinned(images):
    """Every few of the pixels of images [N, H, W, C], so that a side has at most ``SIDE``."""
    step = -(-max(images.shape[1:3]) // SIDE)
    return images[:, ::step, ::step]


def principal(z, images, count, label=None):
    """Directions of z, after GANSpace (Härkönen et al. 2020, arXiv:2004.02546).

    Principal components of what a layer holds for many z, and for each the direction of z that goes
    with it: the coordinates regressed on. GANSpace looks at an early layer; here it is the last,
    the images themselves, which every generator has.

    Args:
      z: [N, ...] draws.
      images: [N, ...] that were made of them, maybe ``thinned``.
      count: how many; no more than z has numbers.
      label: [N] classes, between whose means no difference counts; None: there is one.

    Returns:
      float32 [K, ...], each of norm 1; the first goes with the component of the greatest variance.
      Its sign is that of its largest entry, so that it does not depend on a decomposition's.
    """
    label = np.zeros(len(z)) if label is None else label
    seen, flat = (_around_means(x, label) for x in (images, z))
    count = min(count, flat.shape[1])
    # Coordinates of components are eigenvectors of the images' products, of the greatest last;
    # since they are orthogonal, z is regressed on each by itself.
    last = (len(z) - count, len(z) - 1)
    _, coordinates = scipy.linalg.eigh(seen @ seen.T, subset_by_index=last)
    found = coordinates.T[::-1] @ flat
    found /= np.maximum(np.linalg.norm(found, axis=1, keepdims=True), 1e-12)
    found *= np.sign(np.take_along_axis(found, np.abs(found).argmax(axis=1)[:, None], axis=1))
    return np.float32(found).reshape(-1, *np.shape(z)[1:])


def _around_means(x, label):
    """x [N, ...] as float64 [N, D], less the mean of its class."""
    flat = np.asarray(x, np.float64).reshape(len(x), -1)
    for each in np.unique(label):
        flat[label == each] -= flat[label == each].mean(axis=0)
    return flat
