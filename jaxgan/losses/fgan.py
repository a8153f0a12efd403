"""f-GAN: every f-divergence as a game (Nowozin et al. 2016).

A score v becomes the variational function T = g_f(v), whose values lie in the domain of the
conjugate f*. The critic raises the bound E_p[T] - E_q[f*(T)] <= D_f(p, q); where it is tight, T is
f'(p / q). The divergences themselves are in ``theory.f_divergences``.
"""

import inspect
from functools import partial

from jaxgan.core.table import Row
from jaxgan.losses.objective import AdversarialLoss
from jaxgan.theory.f_divergences import F_DIVERGENCES


def f_gan(name: str, *, saturating: bool, **options: float) -> AdversarialLoss:
    """The game of one f-divergence.

    The critic minimises f*(T(fake)) - T(real), minus the bound. The generator minimises
    -f*(T(fake)), its side of the same value (``saturating``; the paper's algorithm 1), or -T(fake),
    which pulls where the former vanishes (the paper, section 3.2).

    Args:
      name: row of ``F_DIVERGENCES``.
      saturating: which of the two the generator minimises.
      **options: of the row (``alpha``, ``pi``).

    Returns:
      ``AdversarialLoss``, finite with finite slopes for scores in [-1e4, 1e4] in float32.

    Raises:
      UserError: an option out of its range.
    """
    divergence = F_DIVERGENCES[name](**options)

    def critic(real, fake):
        return divergence.conjugate_of_activation(fake) - divergence.activation(real)

    def generator(real, fake):
        del real
        if saturating:
            return -divergence.conjugate_of_activation(fake)
        return -divergence.activation(fake)

    return AdversarialLoss(critic, generator)


def _options(divergence):
    return {key: p.default for key, p in inspect.signature(divergence).parameters.items()}


def _row(name, divergence):
    own = _options(divergence)  # which move the threshold
    facts = {} if own or divergence().score_threshold else {"centred": True}
    said = f"f-GAN: {inspect.getdoc(divergence)}\n\n{inspect.getdoc(f_gan)}"
    return Row(partial(f_gan, name), {"saturating": False, **own}, said, facts)


F_ROWS = {f"f_{name}": _row(name, divergence) for name, divergence in F_DIVERGENCES.items()}
