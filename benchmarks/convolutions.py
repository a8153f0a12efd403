"""Convolutions one by one: the forms of ``jaxgan.models.conv`` against XLA's own; prints Markdown.

Each is differentiated inside a loop, as a training step is: XLA's CPU backend runs some of its own
convolutions slower there than alone.

Example: python -m benchmarks.convolutions --rounds=9 --cases 0 1
"""

import argparse
import os
import statistics
import sys
import time

os.environ.setdefault("JAX_PLATFORMS", "cpu")

import jax
import jax.numpy as jnp
from jax import lax

from benchmarks.tables import number, table
from jaxgan.models import conv, layers

SIZES = {32: 64, 8: 256, 2: 512}  # side -> channels in and out
TURN = 0.1  # seconds, at least


def native(x, k, stride, padding, dilation=1):
    """``conv.conv`` by XLA, and differentiated by it."""
    return lax.conv_general_dilated(
        x,
        k,
        (stride,) * 2,
        ((padding,) * 2,) * 2,
        rhs_dilation=(dilation,) * 2,
        dimension_numbers=("NHWC", "HWIO", "NHWC"),
    )


def native_transpose(x, k, stride, padding, output_padding=0):
    """``conv.conv_transpose`` by XLA: a convolution of the dilated input."""
    low = k.shape[0] - 1 - padding
    return lax.conv_general_dilated(
        x,
        k[::-1, ::-1],
        (1, 1),
        ((low, low + output_padding),) * 2,
        lhs_dilation=(stride,) * 2,
        dimension_numbers=("NHWC", "HWIO", "NHWC"),
    )


def depth_to_space(x):
    """[B, H, W, 4C] -> [B, 2H, 2W, C]."""
    batch, height, width, channels = x.shape
    x = x.reshape(batch, height, width, 2, 2, channels // 4).transpose(0, 1, 3, 2, 4, 5)
    return x.reshape(batch, 2 * height, 2 * width, channels // 4)


# what -> (window, channels out of one in, function of (x, kernel, conv, conv_transpose))
CASES = {
    "4, stride 2, padding 1": (4, 1, lambda x, k, c, t: c(x, k, 2, 1)),
    "the same transposed": (4, 1, lambda x, k, c, t: t(x, k, 2, 1)),
    "4, stride 1, padding 1": (4, 1, lambda x, k, c, t: c(x, k, 1, 1)),
    "3, padding 1": (3, 1, lambda x, k, c, t: c(x, k, 1, 1)),
    "3, reflected 1": (3, 1, lambda x, k, c, t: c(layers.pad_reflect(x, 1), k, 1, 0)),
    "3, dilation 2": (3, 1, lambda x, k, c, t: c(x, k, 1, 2, 2)),
    "3, dilation 4": (3, 1, lambda x, k, c, t: c(x, k, 1, 4, 4)),
    "3 to 4 times the channels, sub-pixels": (
        3,
        4,
        lambda x, k, c, t: depth_to_space(c(x, k, 1, 1)),
    ),
    "3, stride 2, transposed, output padding 1": (3, 1, lambda x, k, c, t: t(x, k, 2, 1, 1)),
}
FORMS = {"ours": (conv.conv, conv.conv_transpose), "native": (native, native_transpose)}


def first_order(function):
    """The gradients of a loss by x and kernel."""
    return jax.grad(lambda x, k: jnp.sin(function(x, k)).mean(), argnums=(0, 1))


def second_order(function):
    """The gradients of a penalty on the norm of the gradient by x."""

    def penalty(x, k):
        by_x = jax.grad(lambda x: jnp.sin(function(x, k)).sum())(x)
        return ((jnp.sqrt((by_x**2).sum(axis=(1, 2, 3)) + 1e-12) - 1) ** 2).mean()

    return jax.grad(penalty, argnums=(0, 1))


ORDERS = {"first": first_order, "second": second_order}


def looped(gradient, values):
    """``count`` steps along the gradient, compiled once for every count."""

    def body(_, values):
        return jax.tree.map(lambda v, g: v - 1e-6 * g, values, gradient(*values))

    run = jax.jit(lambda values, count: lax.fori_loop(0, count, body, values))
    return run.lower(values, 1).compile()


def took(run, values, count):
    """Seconds of ``count`` steps."""
    start = time.perf_counter()
    jax.block_until_ready(run(values, count))
    return time.perf_counter() - start


def contest(runs, values, rounds, seconds):
    """Milliseconds a step of the first and, over it, of the second: medians of rounds in turns.

    There are no further rounds after so many ``seconds``.
    """
    counts = [max(1, round(TURN / took(run, values, 1))) for run in runs]
    times, start = [], time.perf_counter()
    while len(times) < rounds and (not times or time.perf_counter() - start < seconds):
        times.append([took(run, values, n) / n for run, n in zip(runs, counts, strict=True)])
    return (
        1e3 * statistics.median(first for first, _ in times),
        statistics.median(second / first for first, second in times),
    )


def measured(case, side, channels, order, chosen):
    """Milliseconds of ours and the ratio of the native form to it."""
    window, wider, function = CASES[case]
    keys = jax.random.split(jax.random.key(0))
    x = jax.random.normal(keys[0], (chosen.batch, side, side, channels))
    kernel = 0.02 * jax.random.normal(keys[1], (window, window, channels, wider * channels))
    runs = [
        looped(order(lambda x, k, forms=forms: function(x, k, *forms)), (x, kernel))
        for forms in FORMS.values()
    ]
    return contest(runs, (x, kernel), chosen.rounds, chosen.seconds)


def main(argv=None):
    """Measure and print: native over ours, in brackets the milliseconds of ours."""
    parser = argparse.ArgumentParser("python -m benchmarks.convolutions")
    parser.add_argument("--rounds", type=int, default=5, help="in which both play once (5)")
    parser.add_argument("--seconds", type=float, default=5.0, help="after which none begins (5)")
    parser.add_argument("--batch", type=int, default=16, help="(16)")
    parser.add_argument("--sides", type=int, nargs="*", default=list(SIZES), choices=SIZES)
    parser.add_argument("--cases", type=int, nargs="*", help="their numbers, from 0 (all)")
    chosen = parser.parse_args(argv)
    sizes = [(side, SIZES[side]) for side in chosen.sides]
    names = list(CASES)
    rows = []
    for case in names if chosen.cases is None else [names[i] for i in chosen.cases]:
        cells = [case]
        for side, channels in sizes:
            for order in ORDERS:
                ours, ratio = measured(case, side, channels, ORDERS[order], chosen)
                cells.append(f"{number(ratio)} ({number(ours)})")
                print(case, side, order, cells[-1], file=sys.stderr, flush=True)
        rows.append(cells)
    heads = [f"{side}x{side}x{channels}, {order}" for side, channels in sizes for order in ORDERS]
    print(table(["native / ours (ms of ours)", *heads], rows))


if __name__ == "__main__":
    main()
