"""Many steps in one compiled call."""

from collections.abc import Callable

import jax
import jax.numpy as jnp
from jax import lax

from jaxgan.core import noise


def make_call(
    step: Callable,
    batches: Callable,
    *,
    steps_per_call: int,
    seed: int | jax.Array,
    extra: Callable = lambda data: (),
) -> Callable:
    """Many steps in one compiled call that stops at the first non-finite metric.

    Args:
      step: from ``make_step``.
      batches: (data, block, i) -> what the i-th step of the call plays with.
      steps_per_call: the most steps a call can do, and the length of its log.
      extra: data -> what else ``step`` takes after the key: arrays that nothing trains.
      seed: of the run; step t draws from fold_in(key(seed), t). Of members the seeds [N]: then
        ``step`` takes N keys, and metrics are [N] each.

    Returns:
      ``call(state, data, block, count) -> (state, log, done)``: ``log`` holds every metric as
      [steps_per_call] of which the first ``done`` entries count. ``done < count``, or a last entry
      that is not finite, means that the run, or the last of its members, went bad at the last step
      done; the state is the one after it. ``count`` is traced: no length of call compiles anew.
    """
    step = jax.jit(step)  # traced once, for the shapes of its metrics and for the loop

    def call(state, data, block, count):
        def play(state, i):
            key = noise.stream(seed, state.step)
            return step(state, batches(data, block, i), key, *extra(data))

        def body(carry):
            i, state, log, _ = carry
            state, metrics = play(state, i)
            log = jax.tree.map(lambda entries, value: entries.at[i].set(value), log, metrics)
            each = jnp.stack([jnp.isfinite(value) for value in jax.tree.leaves(metrics)])
            finite = jnp.any(jnp.all(each, axis=0))  # of many members any goes on
            return i + 1, state, log, finite

        _, shapes = jax.eval_shape(play, state, 0)
        log = jax.tree.map(lambda s: jnp.zeros((steps_per_call, *s.shape), s.dtype), shapes)
        carry = (jnp.int32(0), state, log, jnp.bool_(True))
        done, state, log, _ = lax.while_loop(lambda c: (c[0] < count) & c[3], body, carry)
        return state, log, done

    return call
