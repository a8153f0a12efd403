"""Metrics: arrays of real and generated examples in, numbers out; they never see a generator."""

from jaxgan.metrics.sliced import sliced_wasserstein

__all__ = ["sliced_wasserstein"]
