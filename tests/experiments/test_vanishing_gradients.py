import numpy as np

from experiments import vanishing_gradients as vanishing


def test_a_sure_critic_starves_minimax_and_shakes_the_other():
    found = vanishing.run(2, 20, (0, 300), vanishing.PLAYS[:1])
    ratio = found.norms["non-saturating"] / found.norms["minimax"]
    # Before the critic knows anything D is near 1/2, and the slopes D and 1 - D weigh the same.
    assert (ratio[:, 0] < 10).all() and (ratio[:, 0] > 0.1).all()
    assert (ratio[:, 1] > 10 * ratio[:, 0]).all()
    noise = found.noise["non-saturating"]
    assert (noise[:, 1] > 3 * noise[:, 0]).all()
    assert len(vanishing.figure(found).axes) == 2


def test_mean_and_noise_by_hand():
    # 3 +- 1 in one coordinate and 4 in the other: the mean is (3, 4), of norm 5; the variance,
    # 16 squares of 1 over 15.
    signs = np.tile([1.0, -1.0], vanishing.BATCHES // 2)
    norm, noise = vanishing.mean_and_noise({"a": 3 + signs, "b": np.full(16, 4.0)})
    np.testing.assert_allclose([norm, noise], [5, (16 / 15) ** 0.5], rtol=1e-6)


def test_only_what_is_named_differs():
    plain, noisy = vanishing.configure("minimax"), vanishing.configure("minimax", level=0.5)
    noisy.instance_noise.std = 0.0
    assert plain == noisy
