"""The character CNN-RNN, which reads a sentence letter by letter, and how it is trained.

Reference: Learning Deep Representations of Fine-Grained Visual Descriptions (Reed et al. 2016,
arXiv:1605.05395). Its code has 384, 512 and 256 channels, 201 letters and 1024 numbers a sentence;
with a GRU behind, as here, it is that of Generative Adversarial Text to Image Synthesis
(arXiv:1605.05396).
"""

import jax
import jax.numpy as jnp
import numpy as np
from flax import linen as nn

ALPHABET = "abcdefghijklmnopqrstuvwxyz0123456789-,;.!?:'\"/\\|_@#$%^&*~`+=<>()[]{} "
LENGTH = 111  # letters; those behind are not read
WIDTH = 128  # numbers a sentence
_WINDOW = 4  # letters that a convolution sees at once
_POOL = 3


def letters(captions) -> np.ndarray:
    """Captions as numbers of letters: int32 [N, LENGTH]; 0 is a letter of no alphabet, or the end.

    Without regard to case, as the authors have it.
    """
    place = {letter: index for index, letter in enumerate(ALPHABET, 1)}
    found = np.zeros((len(captions), LENGTH), np.int32)
    for row, caption in zip(found, captions, strict=True):
        numbers = [place.get(letter, 0) for letter in caption.lower()[:LENGTH]]
        row[: len(numbers)] = numbers
    return found


class CharCNNRNN(nn.Module):
    """(conv 4 - ReLU - max pool 3) twice - conv 4 - ReLU - GRU, the mean of its states - linear.

    Fields:
      channels: of the three convolutions; the last is the GRU's width, too.
      width: numbers a sentence.
    """

    channels: tuple[int, int, int] = (96, 128, 128)
    width: int = WIDTH

    @nn.compact
    def __call__(self, letters):
        """Letters int [B, LENGTH] -> vectors [B, width]."""
        x = jax.nn.one_hot(letters - 1, len(ALPHABET))  # 0 becomes zeros
        for i, channels in enumerate(self.channels):
            if i > 0:
                x = nn.max_pool(x, (_POOL,), (_POOL,))
            x = nn.relu(nn.Dense(channels, name=f"conv_{i}")(_windows(x)))
        states = nn.RNN(nn.GRUCell(self.channels[-1]))(x)
        return nn.Dense(self.width, name="out")(states.mean(axis=1))


def _windows(x):
    """What a convolution sees at each place: [B, L, C] -> [B, L - 3, 4 C], letter by letter."""
    places = x.shape[1] - _WINDOW + 1
    return jnp.concatenate([x[:, i : i + places] for i in range(_WINDOW)], axis=2)


def joint_embedding_loss(images: jax.Array, captions: jax.Array, same: jax.Array) -> jax.Array:
    """The structured joint embedding loss, symmetric: [] to be minimised.

    The compatibility of an image v and a caption t is v . t. An image is to be nearer to its own
    caption than to another's by 1, and a caption to its own image: the sum over pairs (i, j) that
    are not ``same``, divided by B^2, of
    max(0, 1 + v_i . t_j - v_i . t_i) + max(0, 1 + v_j . t_i - v_i . t_i).
    Reference: Reed et al. 2016, eq. 3 and 4, which take the maximum over classes.

    Args:
      images, captions: [B, D], row by row of one pair.
      same: bool [B, B], which rows are of one caption, and do not count.
    """
    scores = images @ captions.T
    right = jnp.diagonal(scores)
    of_images = nn.relu(1 + scores - right[:, None])
    of_captions = nn.relu(1 + scores - right[None, :])
    return jnp.mean(jnp.where(same, 0, of_images + of_captions))
