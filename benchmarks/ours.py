"""Our side: calls of ``steps_per_call`` steps, as ``jaxgan.train.loop`` makes them."""

import jax
import jax.numpy as jnp
import numpy as np

from jaxgan.build.parts import both_dense
from jaxgan.build.run import prepare
from jaxgan.step import compilation
from jaxgan.step.parallel import kind


def player(task):
    """What ``worker.py`` needs: functions by command."""
    config = task["config"]
    compilation.set_xla_flags(both_dense(config))
    run = prepare(config)
    (phase,) = run.phases
    feed = run.feed(phase)
    call = run.call(phase, feed)
    now = {"state": run.devices.replicate(jax.jit(run.create)()), "step": 0}

    def play(count):
        last = now["step"] + count
        while now["step"] < last:
            step = now["step"]
            steps = min(config["steps_per_call"], last - step)
            now["state"], log, done = call(now["state"], *feed.block(step, steps), np.int32(steps))
            log, done = jax.device_get((log, done))
            if done < steps or not all(np.isfinite(row[done - 1]).all() for row in log.values()):
                raise FloatingPointError("a metric is not finite")
            now["step"] += steps
        jax.block_until_ready(now["state"])

    def matmul(size):
        x = jnp.ones((size, size), task["dtype"])
        product = jax.jit(lambda x: x @ x)
        return lambda: product(x).block_until_ready()

    def device_memory():
        statistics = jax.devices()[0].memory_stats() or {}
        return statistics.get("peak_bytes_in_use", 0)

    def facts():
        state = now["state"]
        return {
            "parameters": [
                sum(leaf.size for leaf in jax.tree.leaves(side.params))
                for side in (state.generator, state.critic)
            ],
            "device": kind(),
            "devices": run.devices.count,
            "version": jax.__version__,
        }

    return {"play": play, "matmul": matmul, "device_memory": device_memory, "facts": facts}
