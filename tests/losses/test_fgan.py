import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy import stats

from jaxgan.core.errors import UserError
from jaxgan.losses import ADVERSARIAL
from jaxgan.theory import F_DIVERGENCES

pytestmark = pytest.mark.usefixtures("strict_ranks")
OPTIONS = {"f_alpha": [{"alpha": a} for a in (-1.0, 0.5, 1.5, 2.0, 3.0)]}
ROWS = [
    (name, options)
    for name in ADVERSARIAL
    if name.startswith("f_")
    for options in OPTIONS.get(name, [{}])
]
EVERY_ROW = pytest.mark.parametrize("name, options", ROWS, ids=str)


def test_every_divergence_is_a_loss():
    assert {name for name, _ in ROWS} == {f"f_{name}" for name in F_DIVERGENCES}
    assert ADVERSARIAL["f_alpha"].options == {"saturating": False, "alpha": 0.5}
    with pytest.raises(UserError, match="alpha"):
        ADVERSARIAL["f_alpha"](alpha=1.0)


@EVERY_ROW
def test_the_best_critic_scores_the_divergence(name, options):
    """The critic's least loss is -D_f(p, q), at T = f'(p / q), by quadrature."""
    critic, generator = ADVERSARIAL[name](saturating=True, **options)
    divergence = F_DIVERGENCES[name.removeprefix("f_")](**options)
    p, q = np.array([0.4, 0.3, 0.2, 0.1]), np.array([0.3, 0.2, 0.25, 0.25])
    scores = jnp.linspace(-12, 12, 200_001)
    # Each point of the space has a score of its own, and the loss is a sum over them.
    real, fake = jax.jit(lambda v: (critic(v, 0 * v), critic(0 * v, v)))(scores)
    (at_zero,) = critic(jnp.zeros(1), jnp.zeros(1))
    losses = p[:, None] * real[None] + q[:, None] * (fake[None] - at_zero)
    exact = np.sum(q * divergence.f(p / q))
    np.testing.assert_allclose(-losses.min(axis=1).sum(), exact, rtol=2e-4, atol=2e-6)
    # The saturating generator minimises the same value, and so does minus the critic in the fakes.
    grid = jnp.linspace(-3, 3, 7)
    both = critic(grid, grid) + generator(grid, grid)
    np.testing.assert_allclose(both, -divergence.activation(grid), rtol=1e-5, atol=1e-6)


@EVERY_ROW
@pytest.mark.parametrize("saturating", [False, True])
def test_finite_for_extreme_scores(name, options, saturating):
    loss = ADVERSARIAL[name](saturating=saturating, **options)
    line = jnp.array([-1e4, -100, -30, -10, -1, 0, 1, 10, 30, 100, 1e4])
    real, fake = (x.ravel() for x in jnp.meshgrid(line, line))
    for player in loss:
        value, slopes = jax.jit(
            lambda pair, player=player: (
                player(*pair),
                jax.grad(lambda pair: player(*pair).sum())(pair),
            )
        )((real, fake))
        for array in (value, *slopes):
            assert array.dtype == jnp.float32 and np.all(np.isfinite(array))


@EVERY_ROW
def test_the_second_rule_raises_what_the_critic_lowers(name, options):
    """-T(fake) falls wherever f*(T(fake)) rises; where the critic is sure it falls faster."""
    _, swapped = ADVERSARIAL[name](saturating=False, **options)
    _, saturating = ADVERSARIAL[name](saturating=True, **options)
    fake = jnp.linspace(-5, 5, 101)
    pulls = [
        jax.grad(lambda v, rule=rule: rule(0 * v, v).sum())(fake) for rule in (swapped, saturating)
    ]
    assert np.all(pulls[0] < 0) and np.all(pulls[1] <= 0)


def test_the_gan_row_is_the_minimax_game():
    real, fake = np.random.default_rng(0).normal(size=(2, 50)).astype(np.float32) * 4
    for saturating, name in ((True, "minimax"), (False, "non_saturating")):
        ours, theirs = ADVERSARIAL["f_gan"](saturating=saturating), ADVERSARIAL[name]()
        for mine, other in zip(ours, theirs, strict=True):
            np.testing.assert_allclose(mine(real, fake), other(real, fake), rtol=1e-6)


def test_a_critic_learns_the_kl_divergence_of_two_gaussians():
    # P = N(0, 1), Q = N(1, 1.3^2): KL = log 1.3 + (1 + 1) / (2 * 1.69) - 1/2 = .354080. The best
    # T = 1 + log(p / q) is a parabola, so a critic a + b x + c x^2 can reach it.
    critic, _ = ADVERSARIAL["f_kl"]()
    quantiles = (np.arange(4000) + 0.5) / 4000
    x, y = stats.norm.ppf(quantiles), stats.norm.ppf(quantiles, 1, 1.3)
    basis = jnp.asarray(np.stack([np.stack([z**0, z, z**2]) for z in (x, y)]), jnp.float32)

    def loss(weights):
        return critic(weights @ basis[0], weights @ basis[1]).mean()

    step = jax.jit(lambda w: w - jnp.linalg.solve(jax.hessian(loss)(w), jax.grad(loss)(w)))
    weights = jnp.array([1.0, 0.0, 0.0])
    for _ in range(12):  # Newton
        weights = step(weights)
    log_ratio = [np.log(1.3) + 1 / (2 * 1.69), -1 / 1.69, 1 / (2 * 1.69) - 1 / 2]
    np.testing.assert_allclose(weights, np.array(log_ratio) + [1, 0, 0], rtol=0.02)
    np.testing.assert_allclose(-loss(weights), 0.354080, rtol=0.01)
