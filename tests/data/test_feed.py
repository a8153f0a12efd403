import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax import lax

from jaxgan.core.errors import UserError
from jaxgan.data import examples, feed
from jaxgan.data.source import from_arrays, renamed
from jaxgan.step import parallel

N, SEED = 7, 3
OPTIONS = {"batch_size": 4, "batches": 2, "steps_per_call": 3, "seed": SEED}
PER_STEP = 8  # more than an epoch
ONE = parallel.devices("jit")
IDS = from_arrays("ids", np.arange(N, dtype=np.float32)[:, None], np.arange(N))
IMAGES = from_arrays(
    "images",
    np.random.default_rng(0).integers(0, 256, (N, 2, 2, 1), np.uint8),
    np.random.default_rng(1).integers(0, 3, N),
)


def reader(make, sources, devices=ONE, **options):
    """A feed, and read(first step, steps) -> the batches of one call, [steps, batches, B, ...]."""
    options = {**OPTIONS, **options}
    feed = make(sources, devices=devices, **options)

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


def streamed(sources, **options):
    return feed.streamed(sources, workers=2, **options)


@pytest.fixture(scope="module")
def read():
    return reader(feed.resident, (IDS,))


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
    coarse = reader(feed.resident, (IDS,), batch_size=12, batches=1, steps_per_call=2)
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
    found = reader(make, (many,))(first_step)["label"].ravel()
    np.testing.assert_array_equal(found, order[offset : offset + 3 * PER_STEP])


@pytest.mark.parametrize(
    "mode, number", [("jit", None), ("pmap", 4), ("shard_map", 4), ("shard_map", 2), ("pmap", 2)]
)
def test_streamed_is_resident_bit_for_bit_on_any_devices(mode, number):
    devices = parallel.devices(mode, number)
    expected = reader(feed.resident, (IMAGES,))
    resident, flowing = (reader(make, (IMAGES,), devices) for make in (feed.resident, streamed))
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
    others = {"x": np.array([-3.5, 300.25], np.float32), "tone": np.array([3, 255], np.int32)}
    for name, values in feed.to_float({**others, "source": pixels}).items():
        expected = others.get(name, found)
        np.testing.assert_allclose(values, expected, atol=1e-6 if name == "source" else 0)
        assert values.dtype == expected.dtype


def test_a_set_too_large_for_the_device_is_streamed():
    options = {**OPTIONS, "devices": ONE, "workers": 2}
    bytes_held = N * (2 * 2 + 4)  # pixels, and the label's four bytes
    for bound, resident in ((bytes_held, True), (bytes_held - 1, False)):
        data, block = feed.feed((IMAGES,), resident_bytes=bound, **options).block(0, 1)
        assert bool(data) == resident and bool(block) != resident


# Two domains of different sizes, unpaired; the label of b is that of its own image.
B_SIZE = 5
A = renamed(IMAGES, {"x": "a", "label": "number"})
B = renamed(
    from_arrays(
        "others",
        np.random.default_rng(2).integers(0, 256, (B_SIZE, 3), np.uint8),
        np.arange(B_SIZE),
    ),
    {"x": "b"},
)
PAIR = (A, B)


def test_the_order_is_that_of_the_first_version():
    # As commit c1d3b27 gave them, whose feeds had one source and no names.
    orders = [[0, 4, 1, 2, 5, 3, 6], [1, 4, 3, 2, 6, 5, 0]]
    assert np.asarray(feed.epoch_orders(SEED, 0, 2, N)).tolist() == orders
    late = np.asarray(feed.epoch_orders(0, 5, 1, 10_000))[0, :8]
    assert late.tolist() == [5542, 8895, 2763, 1496, 6806, 5941, 4360, 9367]
    turns = [
        [[1, 4, 1, 6], [2, 0, 3, 4]],
        [[5, 6, 2, 1], [5, 4, 0, 3]],
        [[2, 1, 5, 3], [4, 6, 0, 1]],
    ]
    for make in (feed.resident, streamed):
        assert reader(make, (IDS,))(5)["label"].tolist() == turns


def test_each_source_has_its_own_order():
    found = reader(feed.resident, PAIR)(0)
    assert {name: values.shape[2:] for name, values in found.items()} == {
        "a": (4, 2, 2, 1),
        "number": (4,),
        "b": (4, 3),
        "label": (4,),
    }
    # The first source sees what it sees alone.
    alone = reader(feed.resident, (A,))(0)
    for name in ("a", "number"):
        np.testing.assert_array_equal(found[name], alone[name])
    epochs = found["label"].ravel()[:20].reshape(-1, B_SIZE)
    np.testing.assert_array_equal(np.sort(epochs), np.tile(np.arange(B_SIZE), (4, 1)))
    np.testing.assert_array_equal(epochs, feed.epoch_orders(SEED, 0, 4, B_SIZE, 1))
    pixels = B.arrays()["b"][found["label"]]
    np.testing.assert_allclose(found["b"], pixels / 127.5 - 1, atol=1e-6)


def test_orders_of_two_sources_of_one_size_differ_in_every_epoch():
    one, other = (np.asarray(feed.epoch_orders(SEED, 0, 20, 30, part)) for part in (0, 1))
    assert len(np.unique(np.concatenate([one, other]), axis=0)) == 40


@pytest.mark.parametrize("mode, number", [("jit", None), ("shard_map", 4), ("pmap", 2)])
def test_two_sources_streamed_are_those_resident(mode, number):
    devices = parallel.devices(mode, number)
    phase = {"first_step": 2, "first_position": 37}
    expected = reader(feed.resident, PAIR, **phase)
    resident, flowing = (reader(make, PAIR, devices, **phase) for make in (feed.resident, streamed))
    for first_step, steps in ((2, 3), (5, 1), (6, 3), (3, 2)):
        want = expected(first_step, steps)
        for read in (resident, flowing):
            jax.tree.map(np.testing.assert_array_equal, read(first_step, steps), want)


@pytest.mark.parametrize("make", [feed.resident, streamed])
def test_phases_go_on_where_the_last_one_ended(make):
    """Three phases: 4 steps of 2 batches of 4, 6 steps of 1 batch of 3, then 2 batches of 5."""
    ids = renamed(IDS, {"x": "point", "label": "a"}), renamed(B, {"label": "m"})
    phases = [(0, 0, 4, 2), (4, 4 * 8, 3, 1), (10, 4 * 8 + 6 * 3, 5, 2)]
    last_steps, seen = (4, 10, 13), {"a": [], "m": []}
    for (step, position, batch_size, batches), last in zip(phases, last_steps, strict=True):
        sizes = {"batch_size": batch_size, "batches": batches}
        read = reader(make, ids, first_step=step, first_position=position, **sizes)
        while step < last:
            steps = min(3, last - step)
            found = read(step, steps)
            for name, rows in seen.items():
                assert found[name].shape == (steps, batches, batch_size)
                rows.append(found[name].ravel())
            step += steps
    total = 32 + 18 + 3 * 10
    for part, (name, size) in enumerate({"a": N, "m": B_SIZE}.items()):
        orders = np.ravel(feed.epoch_orders(SEED, 0, total // size + 1, size, part))
        np.testing.assert_array_equal(np.concatenate(seen[name]), orders[:total])


@pytest.mark.parametrize("make", [feed.resident, streamed])
def test_a_late_phase_outgrows_32_bits(make):
    size, first = 1009, {"first_step": 10**9, "first_position": 3 * 10**10}
    many = from_arrays("many", np.zeros((size, 1), np.float32), np.arange(size))
    epoch, offset = divmod(3 * 10**10 + 2 * PER_STEP, size)
    order = np.concatenate(feed.epoch_orders(SEED, epoch, 2, size))
    found = reader(make, (many,), **first)(10**9 + 2)["label"].ravel()
    np.testing.assert_array_equal(found, order[offset : offset + 3 * PER_STEP])


def test_phases_share_what_is_placed(monkeypatch):
    arrays = feed.place(PAIR, ONE)
    monkeypatch.setattr(feed, "place", None)
    options = {**OPTIONS, "devices": ONE, "resident_bytes": 10**6, "workers": 2}
    blocks = [
        feed.feed(PAIR, arrays=arrays, **options | {"batches": batches}).block(0, 1)[0]
        for batches in (1, 2)
    ]
    for block in blocks:
        assert block["arrays"][0]["a"] is arrays[0]["a"]
        assert block["arrays"][1]["b"] is arrays[1]["b"]


def test_members_have_orders_of_their_own_of_every_source():
    seeds = np.array([SEED, SEED + 1])
    made = feed.resident(PAIR, devices=ONE, **{**OPTIONS, "seed": seeds})
    data, block = made.block(4, 3)
    both = jax.jit(made.batches)(data, block, 1)
    for member, seed in enumerate(seeds):
        alone = reader(feed.resident, PAIR, seed=int(seed))(4)
        for name, values in both.items():
            np.testing.assert_array_equal(values[member], alone[name][1])


@pytest.mark.parametrize("make", [feed.resident, streamed])
def test_sources_with_a_name_in_common(make):
    with pytest.raises(UserError, match="two sources have an entry 'label'"):
        make((IDS, IMAGES), devices=ONE, **OPTIONS)


def test_the_size_is_that_of_all_entries():
    assert feed.bytes_of((IDS,)) == N * (4 + 4)
    assert feed.bytes_of(PAIR) == N * (4 + 4) + B_SIZE * (3 + 4)
    feed.check_shared(PAIR, feed.bytes_of(PAIR))
    with pytest.raises(UserError, match="images and others takes 91 bytes"):
        feed.check_shared(PAIR, feed.bytes_of(PAIR) - 1)


def test_chosen_examples_wrap_by_each_size():
    found = examples.read(PAIR, [6, 0, 12])
    np.testing.assert_array_equal(found["label"], [1, 0, 2])
    np.testing.assert_array_equal(found["number"], A.arrays()["number"][[6, 0, 5]])
    np.testing.assert_allclose(found["a"], A.arrays()["a"][[6, 0, 5]] / 127.5 - 1, atol=1e-6)
    dtypes = {"a": np.float32, "b": np.float32, "number": np.int32, "label": np.int32}
    assert {name: values.dtype for name, values in found.items()} == dtypes
    assert all(isinstance(values, np.ndarray) for values in found.values())
