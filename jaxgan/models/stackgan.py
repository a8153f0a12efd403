"""StackGAN: a small image of a caption first, then one of twice its sides from both.

The parameters of both stages exist from the start. A phase at the level below the last trains the
first; the last level trains the second, and the first stands still, batch statistics and all.

Reference: StackGAN: Text to Photo-realistic Image Synthesis with Stacked Generative Adversarial
Networks (Zhang et al. 2017, arXiv:1612.03242), in the layout of the authors' code, where the sides
are four times those of the first stage.
"""

from typing import Any, ClassVar

import jax
import jax.numpy as jnp
from flax import linen as nn

from jaxgan.core.errors import UserError
from jaxgan.models import labels, layers, norms
from jaxgan.models.progressive import fade, levels_of
from jaxgan.models.resize import double, halve
from jaxgan.models.sizes import check_multiples, image_shape
from jaxgan.models.text import TextCritic, TextGenerator, coded

_HALVE, _KEEP = (4, 2, 1), (3, 1, 1)  # (window, stride, padding)


class StackGANGenerator(nn.Module):
    """``TextGenerator`` of half the sides, then a second stage that is given its image.

    image - conv 3x3 w - conv 4x4 2w, 4w of stride 2 - BN [, caption's code] - conv 3x3 4w -
    residual blocks - three times {double, conv 3x3} - conv 3x3 - tanh; a ReLU behind all others.
    With one halving: w, 2w, two doublings.

    Fields:
      width, code, augmented: of the first stage; the second has a code of its own.
      second: w of the second stage, 128 in the paper.
      halvings: of its image, 2 in the paper, before the sides are doubled once more than halved.
      blocks: residual blocks of it, 4 in the paper.
      level: the last that is made; -1: as far as ``grown`` says.
      norm, initializer: as those of ``TextGenerator``.
    """

    bounds: ClassVar[tuple[float, float]] = (-1.0, 1.0)
    shape: tuple[int, ...]
    width: int = 64
    second: int = 64
    halvings: int = 2
    blocks: int = 2
    code: int = 128
    augmented: bool = True
    norm: str = "batch"
    norm_eps: float = 1e-5
    initializer: str = "dcgan"
    level: int = -1
    dtype: Any = jnp.float32
    axis_name: str | None = None

    @nn.compact
    def __call__(self, *, z, caption, grown=None, keys=None, train):
        """An image of noise and a caption, by one stage or by both.

        Args:
          z: [B, Z].
          caption: its vector [B, D].
          grown: [B], the level that is trained; None: both stages learn at once.
          keys: [B], of the augmented codes; None: they are their means.
          train: whether batch statistics are those of the batch.

        Returns:
          "x": [B, h, w, C] in [-1, 1], of the sides of ``level``; of augmented codes the "mean" and
          "log_std" [B, code] of the stage that is trained.
        """
        height, width, colours = image_shape(self.shape, "stackgan")
        check_multiples(height, width, max(16, 2 ** (self.halvings + 1)), "generator stackgan")
        alone = _first_alone(self.level, levels_of(self.shape), "generator")
        still = grown is not None and not alone
        own = {name: getattr(self, name) for name in _SHARED}
        first = TextGenerator(
            (height // 2, width // 2, colours),
            width=self.width,
            augmented=self.augmented,
            upsample="nearest",
            **own,
            name="first",
        )
        moves = train and not still
        made = first(z=z, caption=caption, keys=keys, train=moves)
        if alone:
            return made
        x = jax.lax.stop_gradient(made["x"]) if still else made["x"]
        # The codes of both stages are drawn apart.
        apart = None if keys is None else jax.vmap(lambda key: jax.random.fold_in(key, 1))(keys)
        code, moments = coded(self, caption, apart)
        enlarged = self._second(x, code, train)
        if grown is not None and self.level < 0:
            enlarged = fade(double(made["x"]), enlarged, grown, levels_of(self.shape))
        return {"x": enlarged, **moments}

    def _second(self, x, code, train):
        for i in range(self.halvings + 1):
            features = self.second * 2**i
            x = layers.convolve(self, x, features, _HALVE if i else _KEEP)
            x = nn.relu(norms.norm(self, x, train=train) if i else x)
        x = labels.join(x, code)
        x = nn.relu(norms.norm(self, layers.convolve(self, x, features, _KEEP), train=train))
        for _ in range(self.blocks):
            inner = norms.norm(self, layers.convolve(self, x, features, _KEEP), train=train)
            inner = layers.convolve(self, nn.relu(inner), features, _KEEP)
            x = nn.relu(x + norms.norm(self, inner, train=train))
        for i in range(self.halvings + 1):
            x = layers.convolve(self, x, max(features // 2 ** (i + 1), 1), _KEEP, "up")
            x = nn.relu(norms.norm(self, x, train=train))
        return jnp.tanh(layers.as_output(layers.convolve(self, x, self.shape[-1], _KEEP)))


class StackGANCritic(nn.Module):
    """A ``TextCritic`` for each stage: of images of the last level, and of half their sides.

    Fields: as those of ``TextCritic``; ``level`` as the generator's.
    """

    width: int = 64
    code: int = 128
    norm: str = "batch"
    norm_eps: float = 1e-5
    dropout: float = 0.0
    initializer: str = "dcgan"
    level: int = -1
    outputs: int = 1
    heads: tuple[tuple[str, int], ...] = ()
    dtype: Any = jnp.float32
    axis_name: str | None = None

    @nn.compact
    def __call__(self, *, x, caption=None, grown=None, keys=None, train):
        """Scores of images beside their captions, by the critic of the stage that is trained.

        Args:
          x: [B, h, w, C], of the sides of ``level``; at -1 those of the last.
          caption: vectors [B, D], or None.
          grown: [B], the level that is trained; None: the last.
          keys: [B], of dropout, or None.
          train: whether batch statistics are those of the batch, and units are dropped.

        Returns:
          see ``heads.scores``.
        """
        fields = ("width", "dropout", "outputs", "heads", *_SHARED)
        own = {name: getattr(self, name) for name in fields}
        given, level = {"caption": caption, "keys": keys, "train": train}, levels_of(x.shape[1:])
        found = TextCritic(**own, name=f"level_{level}")(x=x, **given)
        if self.level >= 0:
            return found
        before = TextCritic(**own, name=f"level_{level - 1}")(x=halve(x), **given)
        if grown is None:
            return found
        score = jnp.where(grown < level, before["score"], found["score"])
        return {**found, "score": score}


_SHARED = ("code", "norm", "norm_eps", "initializer", "dtype", "axis_name")


def _first_alone(level, last, side):
    """Whether a level is that of the first stage.

    Raises:
      UserError: it is of neither.
    """
    if level not in (-1, last - 1, last):
        raise UserError(
            f"{side} stackgan has two stages, of the levels {last - 1} and {last} of such images, "
            f"and level is {level}."
        )
    return level == last - 1
