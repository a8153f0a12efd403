"""Losses and penalties: arrays in, one number per example out; no parameters, no averaging."""

from jaxgan.losses.adversarial import ADVERSARIAL, AdversarialLoss, smooth_real_label
from jaxgan.losses.penalties import PENALTIES, input_gradient_norms

__all__ = [
    "ADVERSARIAL",
    "PENALTIES",
    "AdversarialLoss",
    "input_gradient_norms",
    "smooth_real_label",
]
