import numpy as np

from jaxgan.build import parts


def test_noise_levels():
    """Nothing at all, a constant, and a line that reaches 0 and stays there."""
    assert parts.noise_level(0.0, 100)(5) is None
    constant, linear = parts.noise_level(0.2, 0), parts.noise_level(0.2, 100)
    assert constant(0) == constant(1000) == 0.2
    np.testing.assert_allclose([linear(0), linear(50), linear(100), linear(200)], [0.2, 0.1, 0, 0])
