"""Convolutions against hand-computed values, XLA's own and PyTorch's."""

from functools import cache, partial

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax import lax

from jaxgan.models import conv, conv_cpu, conv_native
from jaxgan.models.geometry import Geometry, trimmed

# (window, stride, padding, height, width), every geometry of the networks and then odd ones:
# windows smaller than the stride, padding beyond the window, windows that leave a border unseen.
GEOMETRIES = [
    (3, 2, 0, 9, 9),
    (3, 2, 1, 8, 8),
    (4, 2, 2, 7, 7),
    (4, 2, 1, 8, 6),
    (4, 1, 0, 4, 4),
    (3, 1, 1, 5, 4),
    (1, 1, 0, 3, 3),
    (1, 2, 0, 5, 5),
    (2, 3, 1, 7, 8),
    (5, 3, 2, 9, 10),
    (2, 1, 3, 4, 4),
    (4, 2, 1, 2, 2),
    (5, 1, 2, 2, 3),
    (3, 1, 1, 9, 8),  # large, as models/conv_cpu.py calls it, and the next
    (2, 1, 3, 8, 8),
    (7, 1, 0, 15, 14),
    (9, 1, 4, 8, 8),  # a window larger than the image
]
CHANNELS, FEATURES = 2, 3


def lax_conv(x, kernel, stride, padding):
    return lax.conv_general_dilated(
        x,
        kernel,
        (stride, stride),
        [(padding, padding)] * 2,
        dimension_numbers=conv_native.DIMENSIONS,
    )


def lax_conv_transpose(x, kernel, stride, padding):
    """A convolution of the dilated input with the flipped kernel."""
    border = [(k - 1 - padding,) * 2 for k in kernel.shape[:2]]
    flipped = kernel[::-1, ::-1]
    return lax.conv_general_dilated(
        x,
        flipped,
        (1, 1),
        border,
        lhs_dilation=(stride,) * 2,
        dimension_numbers=conv_native.DIMENSIONS,
    )


PAIRS = {"conv": (conv.conv, lax_conv), "conv_transpose": (conv.conv_transpose, lax_conv_transpose)}


def draw(geometry, batch=2, channels=CHANNELS, features=FEATURES):
    window, _, _, height, width = geometry
    rng = np.random.default_rng(0)
    x = rng.standard_normal((batch, height, width, channels)).astype(np.float32)
    kernel = rng.standard_normal((window, window, channels, features)).astype(np.float32)
    return x, kernel


def transposed_padding(geometry):
    """The padding, but so small that the cut leaves something of the image."""
    _, stride, padding, height, width = geometry
    return min(padding, (min(height, width) - 1) * stride // 2)


def assert_close(actual, expected, rtol=1e-5):
    """Equal up to ``rtol`` of the largest entry."""
    for a, b in zip(jax.tree.leaves(actual), jax.tree.leaves(expected), strict=True):
        assert a.shape == b.shape
        np.testing.assert_allclose(a, b, rtol=0, atol=rtol * np.abs(b).max())


def test_conv_by_hand():
    # The windows' lower line (1, 10) goes over 0 1 2 3 4 0 with stride 2, then over zeros.
    x = jnp.array([[1.0, 2.0, 3.0, 4.0], [0.0, 0.0, 0.0, 0.0]]).reshape(1, 2, 4, 1)
    kernel = jnp.array([[0.0, 0.0], [1.0, 10.0]]).reshape(2, 2, 1, 1)
    out = conv.conv(x, kernel, stride=2, padding=1)
    np.testing.assert_array_equal(out[0, :, :, 0], [[10, 32, 4], [0, 0, 0]])


def test_conv_transpose_by_hand():
    # The kernel (1, 10, 100) times 1, 2, 3 at columns 0, 2, 4, added; padding cuts the ends.
    x = jnp.array([1.0, 2.0, 3.0]).reshape(1, 1, 3, 1)
    kernel = jnp.zeros((3, 3)).at[1].set(jnp.array([1.0, 10.0, 100.0])).reshape(3, 3, 1, 1)
    out = conv.conv_transpose(x, kernel, stride=2, padding=0)
    np.testing.assert_array_equal(out[0, 1, :, 0], [1, 10, 102, 20, 203, 30, 300])
    out = conv.conv_transpose(x, kernel, stride=2, padding=1)
    np.testing.assert_array_equal(out[0, :, :, 0], [[10, 102, 20, 203, 30]])


@cache
def values(geometry):
    """(conv, conv_transpose) of one geometry, both from the same image and kernel."""
    _, stride, padding, *_ = geometry

    @jax.jit
    def both(x, k):
        transposed = conv.conv_transpose(x, k, stride, transposed_padding(geometry))
        return conv.conv(x, k, stride, padding), transposed

    return both(*draw(geometry))


@pytest.mark.parametrize("geometry", GEOMETRIES)
def test_values_match_lax(geometry):
    _, stride, padding, *_ = geometry
    x, kernel = draw(geometry)
    expected = lax_conv(x, kernel, stride, padding)
    transposed = lax_conv_transpose(x, kernel, stride, transposed_padding(geometry))
    assert_close(values(geometry), (expected, transposed))


@pytest.mark.parametrize("geometry", GEOMETRIES)
def test_values_match_torch(geometry):
    torch = pytest.importorskip("torch", reason="PyTorch is the reference implementation here")
    _, stride, padding, *_ = geometry
    image, kernel = (torch.from_numpy(a) for a in draw(geometry))
    image, padded = image.permute(0, 3, 1, 2), transposed_padding(geometry)
    expected = [
        torch.nn.functional.conv2d(image, kernel.permute(3, 2, 0, 1), None, stride, padding),
        torch.nn.functional.conv_transpose2d(
            image, kernel.permute(2, 3, 0, 1), None, stride, padded
        ),
    ]
    assert_close(values(geometry), tuple(out.permute(0, 2, 3, 1).numpy() for out in expected))


@pytest.mark.parametrize("name", PAIRS)
@pytest.mark.parametrize("geometry", [*(GEOMETRIES[i] for i in (1, 2, 8)), (4, 2, 1, 2, 2)])
def test_both_orders_of_gradients_match_lax(geometry, name):
    """A function of the gradients and its own gradient, as a gradient penalty takes it."""
    _, stride, padding, *_ = geometry

    def penalty(function, x, kernel):
        def loss(x, kernel):
            return jnp.sin(function(x, kernel, stride, padding)).sum()

        gradients = jax.grad(loss, argnums=(0, 1))(x, kernel)
        return sum(jnp.cos(g).sum() for g in gradients), gradients

    @jax.jit
    def both(x, kernel):
        second = partial(jax.grad, argnums=(0, 1), has_aux=True)
        return [second(partial(penalty, function))(x, kernel) for function in PAIRS[name]]

    assert_close(*both(*draw(geometry)))


# name -> (ours, the same in PyTorch, side); beside GEOMETRIES: taps apart, also less and further
# than the stride, and the larger of the sizes that a stride brings to the same one.
SPREAD = {
    "dilation 2": (lambda x, k: conv.conv(x, k, 1, 2, 2), {"padding": 2, "dilation": 2}),
    "dilation 4, no padding": (lambda x, k: conv.conv(x, k, 1, 0, 4), {"dilation": 4}),
    "dilation 4, stride 2": (
        lambda x, k: conv.conv(x, k, 2, 4, 4),
        {"stride": 2, "padding": 4, "dilation": 4},
    ),
    "dilation 3, stride 2": (
        lambda x, k: conv.conv(x, k, 2, 1, 3),
        {"stride": 2, "padding": 1, "dilation": 3},
    ),
    "output padding 1": (
        lambda x, k: conv.conv_transpose(x, k, 2, 1, 1),
        {"stride": 2, "padding": 1, "output_padding": 1},
    ),
    "output padding 2, no padding": (
        lambda x, k: conv.conv_transpose(x, k, 3, 0, 2),
        {"stride": 3, "output_padding": 2},
    ),
}


@pytest.mark.parametrize("name", SPREAD)
def test_dilation_and_output_padding_match_torch(name):
    """Values, gradients, and the gradients of a function of the gradients."""
    torch = pytest.importorskip("torch", reason="PyTorch is the reference implementation here")
    ours, options = SPREAD[name]
    transposed = "output_padding" in options
    x, kernel = draw((3, None, None, 9, 10))

    def penalty(x, kernel):
        out, pull = jax.vjp(ours, x, kernel)
        gradients = pull(jnp.cos(out))
        return sum(jnp.cos(g).sum() for g in gradients), (out, gradients)

    second, (out, first) = jax.jit(jax.grad(penalty, argnums=(0, 1), has_aux=True))(x, kernel)

    x, kernel = (torch.from_numpy(a).requires_grad_(True) for a in (x, kernel))
    image = x.permute(0, 3, 1, 2)
    if transposed:
        expected = torch.nn.functional.conv_transpose2d(
            image, kernel.permute(2, 3, 0, 1), **options
        )
    else:
        expected = torch.nn.functional.conv2d(image, kernel.permute(3, 2, 0, 1), **options)
    by_both = torch.autograd.grad(expected.sin().sum(), (x, kernel), create_graph=True)
    penalties = sum(g.cos().sum() for g in by_both)
    by_penalty = torch.autograd.grad(penalties, (x, kernel))
    assert_close(out, expected.permute(0, 2, 3, 1).detach().numpy())
    assert_close(first, tuple(g.detach().numpy() for g in by_both))
    assert_close(second, tuple(g.numpy() for g in by_penalty), rtol=1e-4)


@pytest.mark.parametrize("stride, side", [(1, 8), (2, 5)])
def test_groups_match_torch(stride, side):
    """Values, gradients, gradients of a function of these; on every platform the same maps."""
    torch = pytest.importorskip("torch", reason="PyTorch is the reference implementation here")
    groups, rng = 3, np.random.default_rng(0)
    x = rng.standard_normal((2, side, side, groups * 2)).astype(np.float32)
    kernel = rng.standard_normal((3, 3, 2, groups * 4)).astype(np.float32)

    def ours(x, k):
        return conv.conv(x, k, stride, 1, groups=groups)

    def penalty(x, kernel):
        out, pull = jax.vjp(ours, x, kernel)
        gradients = pull(jnp.cos(out))
        return sum(jnp.cos(g).sum() for g in gradients), (out, gradients)

    second, (out, first) = jax.jit(jax.grad(penalty, argnums=(0, 1), has_aux=True))(x, kernel)
    sizes = Geometry((side, side), (3, 3), stride, 1, groups=groups)
    native = (
        conv_native.spread(jnp.cos(out), kernel, sizes),
        conv_native.weigh(x, jnp.cos(out), sizes),
    )
    assert_close((conv_native.correlate(x, kernel, sizes), *native), (out, *first))
    with conv.plain():
        assert_close(jax.jit(ours)(x, kernel), out)

    x, kernel = (torch.from_numpy(a).requires_grad_(True) for a in (x, kernel))
    image, weight = x.permute(0, 3, 1, 2), kernel.permute(3, 2, 0, 1)
    expected = torch.nn.functional.conv2d(image, weight, None, stride, 1, groups=groups)
    by_both = torch.autograd.grad(expected.sin().sum(), (x, kernel), create_graph=True)
    by_penalty = torch.autograd.grad(sum(g.cos().sum() for g in by_both), (x, kernel))
    assert_close(out, expected.permute(0, 2, 3, 1).detach().numpy())
    assert_close(first, tuple(g.detach().numpy() for g in by_both))
    assert_close(second, tuple(g.numpy() for g in by_penalty), rtol=1e-4)


def test_output_padding_is_below_the_stride():
    with pytest.raises(ValueError, match="2 is not below the stride 2"):
        conv.conv_transpose(*draw(GEOMETRIES[1]), 2, 1, 2)


@pytest.mark.parametrize("swapped", [False, True])
@pytest.mark.parametrize("channels, features", [(3, 20), (4, 1), (5, 6), (20, 5)])
@pytest.mark.parametrize("geometry", [*GEOMETRIES, (3, 1, 2, 9, 9, 2), (3, 2, 3, 9, 12, 3)])
def test_native_maps_are_the_same_maps(geometry, channels, features, swapped):
    """What other platforms run, checked here: all three maps of one geometry."""
    window, stride, padding, height, width, *dilation = geometry
    x, kernel = draw(geometry[:5], channels=channels, features=features)
    sizes = Geometry((height, width), (window, window), stride, padding, *dilation)
    sizes = sizes._replace(swapped=swapped)
    y = np.random.default_rng(1).standard_normal((2, *sizes.out, features)).astype(np.float32)

    @partial(jax.jit, static_argnums=0)
    def maps(platform, x, k, y):
        found = [getattr(platform, name) for name in ("correlate", "spread", "weigh")]
        arguments = [(x, k), (y, k), (x, y)]
        return [function(*pair, sizes) for function, pair in zip(found, arguments, strict=True)]

    assert_close(maps(conv_cpu, x, kernel, y), maps(conv_native, x, kernel, y))


# (side, window, stride, padding, dilation), (channels, features) -> the kernel of the convolution
# that each of the three maps is on a CPU; None: it is a product of matrices.
WHOLE, ROWS, SWAPPED = (3, 3, 3, 16), (1, 3, 16, 9), (8, 8, 2, 16)
FORMS = [
    ((8, 3, 1, 1, 1), (3, 16), (WHOLE, ROWS, SWAPPED)),
    ((8, 3, 1, 1, 1), (16, 3), (ROWS, WHOLE, SWAPPED)),
    ((7, 3, 1, 1, 1), (16, 5), (None, None, None)),  # 49 pixels are no large image
    ((8, 3, 1, 1, 1), (16, 5), ((3, 3, 16, 5), (3, 3, 5, 16), None)),  # five are not few channels
    ((8, 3, 1, 1, 1), (4, 17), ((3, 3, 4, 17), (1, 3, 17, 12), None)),  # seventeen are too many
    ((8, 3, 1, 2, 2), (3, 16), (WHOLE, (3, 3, 16, 3), SWAPPED)),  # rows of taps apart
    ((8, 1, 1, 0, 1), (3, 16), ((1, 1, 3, 16), (1, 1, 16, 3), None)),
    ((8, 9, 1, 4, 1), (16, 5), (None, None, None)),  # the image would be the kernel
    ((17, 3, 2, 1, 1), (3, 16), (None, None, None)),
]


@pytest.mark.parametrize("sizes, channels, kernels", FORMS)
def test_form_is_chosen_by_size(sizes, channels, kernels):
    side, window, *others = sizes
    geometry = Geometry((side, side), (window, window), *others)
    x = jnp.zeros((2, side, side, channels[0]))
    y, k = jnp.zeros((2, *geometry.out, channels[1])), jnp.zeros((window, window, *channels))
    maps = ((conv_cpu.correlate, x, k), (conv_cpu.spread, y, k), (conv_cpu.weigh, x, y))
    for (function, *given), kernel in zip(maps, kernels, strict=True):
        program = jax.make_jaxpr(partial(function, geometry=geometry))(*given)
        convolutions = [e for e in program.eqns if e.primitive.name == "conv_general_dilated"]
        assert [e.invars[1].aval.shape for e in convolutions] == [kernel] * (kernel is not None)


@pytest.mark.parametrize("sizes, left", [((2, 4, 2, 1), 2), ((2, 5, 1, 2), 3), ((3, 5, 1, 2), 5)])
def test_taps_that_meet_padding_alone_are_left_out(sizes, left):
    """Of a side, a window, a stride, a padding; their gradient is 0, so lax's to every order."""
    side, window, stride, padding = sizes
    geometry = Geometry((side, side), (window, window), stride, padding)
    kernel, small = trimmed(np.ones((window, window, 1, 1)), geometry)
    assert kernel.shape[:2] == small.window == (left, left) and small.out == geometry.out
    # One pixel spread by the 4x4 kernel 0..15: the inner four are the image.
    pixel, k = jnp.full((1, 1, 1, 1), 3.0), jnp.arange(16.0).reshape(4, 4, 1, 1)
    out, gradient = jax.value_and_grad(lambda k: conv.conv_transpose(pixel, k, 2, 1).sum())(k)
    np.testing.assert_array_equal(gradient.sum(), 4 * 3)
    assert out == 3 * (5 + 6 + 9 + 10)


@pytest.mark.parametrize("platform, native", [("cpu", False), ("cuda", True), ("tpu", True)])
def test_platform_is_chosen_when_lowered(platform, native):
    x, kernel = draw(GEOMETRIES[1])
    gradient = jax.jit(jax.grad(lambda x, k: conv.conv(x, k, 2, 1).sum(), argnums=(0, 1)))
    text = gradient.trace(x, kernel).lower(lowering_platforms=(platform,)).as_text()
    assert ("stablehlo.convolution" in text) == native
    assert ("stablehlo.dot_general" in text) != native


@pytest.mark.parametrize("name", PAIRS)
def test_vmap_over_kernels_and_images(name):
    """Several seeds trained side by side: each of them as if alone, gradients too."""
    function, _ = PAIRS[name]
    x, kernel = draw(GEOMETRIES[1])
    kernels = jnp.stack([kernel, 2 * kernel + 1, -kernel])
    images = jnp.stack([x, x + 1, x * x])

    @jax.jit
    def gradient(x, k):
        return jax.grad(lambda x, k: jnp.sin(function(x, k, 2, 1)).sum(), argnums=(0, 1))(x, k)

    together = jax.jit(jax.vmap(gradient))(images, kernels)
    alone = [gradient(x, k) for x, k in zip(images, kernels, strict=True)]
    assert_close(together, jax.tree.map(lambda *leaves: jnp.stack(leaves), *alone))


def test_gradients_over_devices():
    """The mean over four devices of their gradients is the gradient of the whole batch."""
    x, kernel = draw(GEOMETRIES[1], batch=8)

    def gradient(k, x):
        return jax.grad(lambda k: jnp.sin(conv.conv(x, k, 2, 1)).mean())(k)

    spread = jax.pmap(
        lambda k, x: lax.pmean(gradient(k, x), "devices"),
        axis_name="devices",
        in_axes=(None, 0),
        out_axes=None,
    )
    assert_close(spread(kernel, x.reshape(4, 2, *x.shape[1:])), jax.jit(gradient)(kernel, x))


@pytest.mark.parametrize("stride, padding, extra", [(1, 1, 0), (2, 1, 0), (2, 2, 1), (3, 0, 2)])
def test_plain_convolutions_are_the_same_maps(stride, padding, extra):
    rng = np.random.default_rng(2)
    x, k = (rng.normal(size=s).astype(np.float32) for s in ((2, 6, 5, 3), (4, 4, 3, 2)))

    def both():
        to = conv.conv_transpose(x, k, stride, padding, extra)
        return conv.conv(x, k, stride, padding), conv.conv(x, k, 1, padding + 1, 2), to

    ours = both()
    with conv.plain():
        plain, program = both(), str(jax.make_jaxpr(both)())
    assert program.count("= conv_general_dilated[") == 3 and "custom_vjp" not in program
    for one, other in zip(ours, plain, strict=True):
        np.testing.assert_allclose(one, other, atol=2e-5)


def test_a_function_that_is_compiled_already_is_traced_again_for_plain_ones():
    x, k = jnp.ones((1, 4, 4, 1)), jnp.ones((3, 3, 1, 1))
    traced = []

    @jax.jit
    def function(x, k):
        traced.append(str(jax.make_jaxpr(lambda x, k: conv.conv(x, k, 1, 1))(x, k)))
        return conv.conv(x, k, 1, 1)

    ours = function(x, k)
    with conv.plain():
        plain = function(x, k)
    function(x, k)
    assert ["custom_vjp" in program for program in traced] == [True, False]
    np.testing.assert_array_equal(ours, plain)  # sums of ones
