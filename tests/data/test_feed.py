import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax import lax

from jaxgan.data import feed
from jaxgan.data.source import from_arrays
from jaxgan.step import parallel

N, SEED = 7, 3
OPTIONS = {"batch_size": 4, "n_critic": 2, "steps_per_call": 3, "seed": SEED}
PER_STEP = 8  # more than an epoch
ONE = parallel.devices("jit")
IDS = from_arrays("ids", np.arange(N, dtype=np.float32)[:, None], np.arange(N))
IMAGES = from_arrays(
    "images",
    np.random.default_rng(0).integers(0, 256, (N, 2, 2, 1), np.uint8),
    np.random.default_rng(1).integers(0, 3, N),
)


def reader(make, source, devices=ONE, **options):
    """A feed, and read(first step, steps) -> the batches of one call, [steps, n_critic, B, ...]."""
    options = {**OPTIONS, **options}
    feed = make(source, devices=devices, **options)

    def call(state, data, block, count):
        batches = lax.map(
            lambda i: feed.batches(data, block, i), jnp.arange(options["steps_per_call"])
        )
        if devices.axis_name:
            batches = lax.all_gather(batches, devices.axis_name, axis=2, tiled=True)
        return state + 1, batches

    compiled = devices.compile(call)

    def read(first_step, steps=options["steps_per_call"]):
        state = devices.replicate(jnp.zeros(()))
        _, batches = compiled(state, *feed.block(first_step, steps), np.int32(steps))
        return {name: np.asarray(value)[:steps] for name, value in batches.items()}

    return read


def streamed(source, **options):
    return feed.streamed(source, workers=2, **options)


@pytest.fixture(scope="module")
def read():
    return reader(feed.resident, IDS)


@pytest.fixture(scope="module")
def stream(read):
    """The labels of the first 21 steps: 24 epochs, in calls that hold more than three each."""
    return np.concatenate([read(step)["label"].ravel() for step in range(0, 21, 3)])


def test_every_epoch_visits_every_example_once(read, stream):
    epochs = stream[: 21 * PER_STEP].reshape(-1, N)
    assert epochs.shape == (24, N)
    np.testing.assert_array_equal(np.sort(epochs), np.tile(np.arange(N), (24, 1)))
    # Shuffled anew: 24 draws out of 5040 orders.
    assert len(np.unique(epochs, axis=0)) >= 23
    batch = read(0)
    np.testing.assert_array_equal(batch["x"][..., 0], batch["label"])
    assert batch["x"].shape == (3, 2, 4, 1) and batch["x"].dtype == np.float32


def test_a_run_goes_on_from_any_step(read, stream):
    for step in (1, 5, 16):
        found = read(step)["label"].ravel()
        np.testing.assert_array_equal(found, stream[step * PER_STEP :][: 3 * PER_STEP])


def test_the_order_depends_on_seed_and_position_alone(stream):
    coarse = reader(feed.resident, IDS, batch_size=12, n_critic=1, steps_per_call=2)
    np.testing.assert_array_equal(coarse(0)["label"].ravel(), stream[:24])
    np.testing.assert_array_equal(coarse(3)["label"].ravel(), stream[36:60])
    orders = [feed.epoch_orders(seed, 0, 4, N) for seed in (SEED, SEED + 1)]
    np.testing.assert_array_equal(orders[0].ravel(), stream[:28])
    assert np.any(orders[0] != orders[1])


@pytest.mark.parametrize("make", [feed.resident, streamed])
def test_positions_outgrow_32_bits(make):
    first_step, size = 10**9 + 1, 1009
    many = from_arrays("many", np.arange(size, dtype=np.float32)[:, None], np.arange(size))
    epoch, offset = divmod(first_step * PER_STEP, size)
    assert first_step * PER_STEP > 2**32
    order = np.concatenate(feed.epoch_orders(SEED, epoch, 2, size))
    found = reader(make, many)(first_step)["label"].ravel()
    np.testing.assert_array_equal(found, order[offset : offset + 3 * PER_STEP])


@pytest.mark.parametrize(
    "mode, number", [("jit", None), ("pmap", 4), ("shard_map", 4), ("shard_map", 2), ("pmap", 2)]
)
def test_streamed_is_resident_bit_for_bit_on_any_devices(mode, number):
    devices = parallel.devices(mode, number)
    expected = reader(feed.resident, IMAGES)
    resident, flowing = (reader(make, IMAGES, devices) for make in (feed.resident, streamed))
    # On, on with a short call, on again, and a jump.
    for first_step, steps in ((0, 3), (3, 1), (4, 3), (1, 3)):
        want = expected(first_step, steps)
        for read in (resident, flowing):
            found = read(first_step, steps)
            jax.tree.map(np.testing.assert_array_equal, found, want)
            assert found["x"].dtype == np.float32


def test_the_door_in_is_exact():
    pixels = np.arange(256, dtype=np.uint8)
    expected = pixels.astype(np.float32) / np.float32(127.5) - np.float32(1)
    for door in (feed.to_float, jax.jit(feed.to_float)):
        found = np.asarray(door({"x": pixels, "label": np.arange(256)})["x"])
        np.testing.assert_allclose(found, expected, atol=1e-7)
        assert found[0] == -1 and found[255] == 1 and found.dtype == np.float32
        # And back: no level is lost.
        np.testing.assert_array_equal(np.round((found + 1) * 127.5).astype(np.uint8), pixels)
    points = np.array([-3.5, 300.25], np.float32)
    np.testing.assert_array_equal(feed.to_float({"x": points})["x"], points)


def test_a_set_too_large_for_the_device_is_streamed():
    options = {**OPTIONS, "devices": ONE, "workers": 2}
    bytes_held = N * 2 * 2
    for bound, resident in ((bytes_held, True), (bytes_held - 1, False)):
        data, block = feed.feed(IMAGES, resident_bytes=bound, **options).block(0, 1)
        assert bool(data) == resident and bool(block) != resident
