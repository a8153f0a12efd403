"""Metrics: arrays of real and generated examples in, numbers out; they never see a generator."""

from jaxgan.metrics.features import TooFew
from jaxgan.metrics.frames import futures, sharpness
from jaxgan.metrics.frechet import (
    Moments,
    fd_infinity,
    frechet_distance,
    frechet_from_moments,
    merge_moments,
    moments,
    update_moments,
)
from jaxgan.metrics.inception import inception_score
from jaxgan.metrics.kernel import kernel_distance, kernel_mmd2
from jaxgan.metrics.modes import mode_coverage, stacked_modes
from jaxgan.metrics.neighbours import density_coverage, memorisation, precision_recall
from jaxgan.metrics.perceptual import perceptual
from jaxgan.metrics.retrieval import caption_retrieval, retrieval
from jaxgan.metrics.similarity import diversity, ms_ssim
from jaxgan.metrics.sliced import sliced_wasserstein
from jaxgan.metrics.transport import wasserstein

__all__ = [
    "Moments",
    "TooFew",
    "caption_retrieval",
    "density_coverage",
    "diversity",
    "fd_infinity",
    "frechet_distance",
    "frechet_from_moments",
    "futures",
    "inception_score",
    "kernel_distance",
    "kernel_mmd2",
    "memorisation",
    "merge_moments",
    "mode_coverage",
    "moments",
    "ms_ssim",
    "perceptual",
    "precision_recall",
    "retrieval",
    "sharpness",
    "sliced_wasserstein",
    "stacked_modes",
    "update_moments",
    "wasserstein",
]
