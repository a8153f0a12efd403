"""Exact mathematics on distributions: what the losses estimate, and what an optimal critic is.

Nothing here learns: histograms, densities, Gaussians and points in, numbers out. ``F_DIVERGENCES``
also gives the f-GAN losses their functions.
"""

from jaxgan.theory.discriminator import (
    ErrorRates,
    best_game_value,
    error_rates,
    game_value,
    game_value_of_scores,
    least_error,
    non_saturating_value,
    optimal_discriminator,
    optimal_score,
)
from jaxgan.theory.divergences import (
    divergence_of_densities,
    f_divergence,
    js,
    kl,
    kl_of_logs,
    quadrature,
    reverse_kl,
    total_variation,
)
from jaxgan.theory.f_divergences import F_DIVERGENCES
from jaxgan.theory.gaussians import GAUSSIAN_DIVERGENCES, Gaussian, squared_wasserstein_2
from jaxgan.theory.lipschitz import lipschitz_bound, steepest_gradient, steepest_pair
from jaxgan.theory.record import FDivergence
from jaxgan.theory.transport import (
    MovingPlan,
    Transport,
    assignment,
    distances,
    enumerate_plans,
    kantorovich_rubinstein,
    optimal_transport,
    wasserstein_on_a_line,
)

__all__ = [
    "F_DIVERGENCES",
    "GAUSSIAN_DIVERGENCES",
    "ErrorRates",
    "FDivergence",
    "Gaussian",
    "MovingPlan",
    "Transport",
    "assignment",
    "best_game_value",
    "distances",
    "divergence_of_densities",
    "enumerate_plans",
    "error_rates",
    "f_divergence",
    "game_value",
    "game_value_of_scores",
    "js",
    "kantorovich_rubinstein",
    "kl",
    "kl_of_logs",
    "least_error",
    "lipschitz_bound",
    "non_saturating_value",
    "optimal_discriminator",
    "optimal_score",
    "optimal_transport",
    "quadrature",
    "reverse_kl",
    "squared_wasserstein_2",
    "steepest_gradient",
    "steepest_pair",
    "total_variation",
    "wasserstein_on_a_line",
]
