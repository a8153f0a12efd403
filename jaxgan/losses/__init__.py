"""Losses, penalties and distances: one number per example out; no parameters, no averaging."""

from jaxgan.losses.adversarial import (
    ADVERSARIAL,
    classifiers,
    is_classifier,
    smooth_real_label,
    smoothed_middle,
)
from jaxgan.losses.distances import DISTANCES
from jaxgan.losses.objective import AdversarialLoss
from jaxgan.losses.penalties import PENALTIES, Critic, input_gradient_norms

__all__ = [
    "ADVERSARIAL",
    "DISTANCES",
    "PENALTIES",
    "AdversarialLoss",
    "Critic",
    "classifiers",
    "input_gradient_norms",
    "is_classifier",
    "smooth_real_label",
    "smoothed_middle",
]
