import resource
import shutil
import subprocess
import sys

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

from jaxgan.core.errors import UserError
from jaxgan.run import checkpoint
from jaxgan.step.state import GanState, Side


def make_state(seed, width=512):
    """Every kind of leaf and container there is: bfloat16, scalars, {} and optax's named tuples."""
    rng = np.random.default_rng(seed)
    kernel, bias, mean = (jnp.asarray(rng.normal(size=(n, width)), jnp.float32) for n in (3, 1, 1))
    params = {"Dense_0": {"kernel": kernel, "bias": bias[0].astype(jnp.bfloat16)}}
    statistics = {"batch_stats": {"mean": mean[0]}}
    opt_state = optax.chain(optax.clip(1.0), optax.adam(1e-3)).init(params)
    copy = jax.tree.map(jnp.copy, params)
    return GanState(
        step=jnp.int32(seed),
        generator=Side(params, statistics, opt_state),
        critic=Side(copy, {}, optax.rmsprop(1e-3).init(copy)),
        ema=jax.tree.map(jnp.copy, {"params": params, **statistics}),
    )


def with_memory(seed):
    """A pool of fakes, the times that its slots were used, and a part that holds nothing."""
    pool = jnp.asarray(np.random.default_rng(seed).normal(size=(64, 32)), jnp.bfloat16)
    memory = {"ab": {"pool": pool, "used": jnp.arange(64) + seed}, "ba": {}}
    return make_state(seed).replace(memory=memory)


def assert_same(got, want):
    assert jax.tree.structure(got) == jax.tree.structure(want)
    for a, b in zip(jax.tree.leaves(got), jax.tree.leaves(want), strict=True):
        assert isinstance(a, jax.Array) and a.dtype == b.dtype and a.shape == b.shape
        assert np.asarray(a).tobytes() == np.asarray(b).tobytes()


@pytest.fixture(scope="module")
def two_steps(tmp_path_factory):
    """A directory with the steps 4 and 8."""
    directory = tmp_path_factory.mktemp("run") / "checkpoints"
    with checkpoint.open_checkpoints(directory, metric="fid") as checkpoints:
        checkpoints.save(4, make_state(4), {"fid": 1.0})
        checkpoints.save(8, make_state(8), {"fid": 2.0})
    return directory


@pytest.fixture
def directory(two_steps, tmp_path):
    return shutil.copytree(two_steps, tmp_path / "checkpoints")


@pytest.mark.parametrize("of", [lambda make: make(), jax.eval_shape])
def test_restores_the_latest_bit_for_bit(directory, of):
    with checkpoint.open_checkpoints(directory) as checkpoints:
        state, notes = checkpoint.restore(checkpoints, of(lambda: make_state(0)))
    assert_same(state, make_state(8))
    assert notes == {}


def test_a_memory_is_restored_bit_for_bit(tmp_path):
    with checkpoint.open_checkpoints(tmp_path) as checkpoints:
        checkpoints.save(4, with_memory(4))
        checkpoints.save(8, with_memory(8))
        template = jax.eval_shape(lambda: with_memory(0))
        assert_same(checkpoint.restore(checkpoints, template)[0], with_memory(8))
        checkpoints.wait()
        damage(largest(tmp_path / "8" / "memory"), "flipped")
        state, notes = checkpoint.restore(checkpoints, with_memory(0))
    assert_same(state, with_memory(4))
    assert "step 8 is damaged" in notes[8] and "is not what was saved" in notes[8]
    checkpoint.set_aside(tmp_path, notes)
    assert_same(checkpoint.load(tmp_path, template)[0], with_memory(4))
    # What samples are drawn from needs none of it.
    shutil.rmtree(tmp_path / "4" / "memory")
    assert_same(checkpoint.restore_ema(tmp_path)[0], with_memory(4).ema)


@pytest.mark.parametrize("empty", [{}, {"ab": {}, "ba": ()}])
def test_a_memory_that_holds_nothing_is_no_item(tmp_path, empty):
    state = make_state(4).replace(memory=empty)
    with checkpoint.open_checkpoints(tmp_path) as checkpoints:
        checkpoints.save(4, state)
        assert_same(checkpoint.restore(checkpoints, state)[0], state)
    assert {path.name for path in (tmp_path / "4").iterdir() if path.is_dir()} == {
        "state",
        "ema",
        "digest",
    }


def test_a_memory_of_one_alone_is_another_model_and_no_damage(tmp_path):
    for saved, template, told in (
        (with_memory(4), make_state(0), r"memory\.ab\.pool is bfloat16 .* and missing here"),
        (make_state(4), with_memory(0), r"memory\.ab\.pool is missing there and bfloat16 "),
    ):
        directory = tmp_path / str(len(told))
        with checkpoint.open_checkpoints(directory) as checkpoints:
            checkpoints.save(4, saved)
            with pytest.raises(UserError, match=f"step 4 is of another model: {told}"):
                checkpoint.restore(checkpoints, template)
            assert checkpoints.steps() == [4]


def test_a_saved_state_may_be_donated(tmp_path):
    """The next step overwrites the buffers while the save is still being written."""
    state = make_state(1, width=300_000)
    want = jax.tree.map(lambda leaf: np.array(leaf, copy=True), state)
    overwrite = jax.jit(lambda tree: jax.tree.map(lambda x: x * 0 - 7, tree), donate_argnums=0)
    with checkpoint.open_checkpoints(tmp_path) as checkpoints:
        checkpoints.save(1, state)
        jax.block_until_ready(overwrite(state))
        checkpoints.wait()
        restored, _ = checkpoint.restore(
            checkpoints, jax.eval_shape(lambda: make_state(1, 300_000))
        )
    assert_same(restored, jax.tree.map(jnp.asarray, want))


def test_keeps_the_last_and_the_best(tmp_path):
    scores = {1: 5.0, 2: 1.0, 3: float("nan"), 4: 2.0, 5: None, 6: 3.0}
    for step, score in scores.items():  # opened anew each time: the scores come from the disk
        with checkpoint.open_checkpoints(tmp_path, keep=2, metric="fid") as checkpoints:
            metrics = {"other": 0.0} if score is None else {"fid": score, "other": 0.0}
            checkpoints.save(step, make_state(step), metrics)
            assert checkpoints.best_step() == (1 if step == 1 else 2)
    assert checkpoints.steps() == [2, 5, 6]


def test_a_step_that_is_saved_stays_as_it_is(directory):
    with checkpoint.open_checkpoints(directory) as checkpoints:
        checkpoints.save(8, make_state(0))
        state, _ = checkpoint.restore(checkpoints, make_state(0))
    assert_same(state, make_state(8))


def damage(path, how):
    content = path.read_bytes()
    if how == "missing":
        path.unlink()
    elif how == "truncated":
        path.write_bytes(content[: len(content) // 2])
    else:  # one bit of it
        middle = len(content) // 2
        path.write_bytes(content[:middle] + bytes([content[middle] ^ 4]) + content[middle + 1 :])


def largest(item):
    """The file with the values; of some of the rest Orbax can do without."""
    files = [path for path in item.rglob("*") if path.parent.name in ("d", "digest")]
    return max(files, key=lambda path: path.stat().st_size)


@pytest.mark.filterwarnings("error::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize("how", ["missing", "truncated", "flipped"])
@pytest.mark.parametrize("item", ["state", "ema", "digest"])
def test_falls_back_from_a_damaged_checkpoint(directory, item, how, capfd, caplog):
    damage(largest(directory / "8" / item), how)
    damage(
        directory / "8" / "_CHECKPOINT_METADATA", "truncated"
    )  # alone no harm, but Orbax logs it
    with checkpoint.view_checkpoints(directory) as checkpoints:
        state, notes = checkpoint.restore(checkpoints, make_state(0))
    assert_same(state, make_state(4))
    assert "step 8 is damaged" in notes[8] and "from step 4" in notes[8]
    if how == "flipped" and item != "digest":
        assert "is not what was saved" in notes[8]  # which leaf: as Orbax packed them
    checkpoint.set_aside(directory, notes)
    with checkpoint.open_checkpoints(directory) as checkpoints:
        assert checkpoints.steps() == [4]
        checkpoints.save(8, make_state(80))
    with checkpoint.open_checkpoints(directory) as checkpoints:
        state, notes = checkpoint.restore(checkpoints, make_state(0))
    assert_same(state, make_state(80))
    assert notes == {}
    assert (directory / "damaged-8").is_dir()
    assert capfd.readouterr() == ("", "") and caplog.records == []


def test_none_to_restore(directory, tmp_path):
    for step in ("4", "8"):
        damage(largest(directory / step / "state"), "truncated")
    with checkpoint.open_checkpoints(directory) as checkpoints:
        with pytest.raises(UserError, match=f"{directory} can be read.*step 8.*step 4"):
            checkpoint.restore(checkpoints, make_state(0))
        assert checkpoints.steps() == [4, 8]
    with checkpoint.open_checkpoints(tmp_path / "empty") as checkpoints:
        with pytest.raises(UserError, match="empty is there yet"):
            checkpoint.restore(checkpoints, make_state(0))


def test_another_model_is_an_error_and_no_damage(directory):
    with checkpoint.open_checkpoints(directory) as checkpoints:
        with pytest.raises(
            UserError, match=r"Dense_0\.bias is bfloat16 \[512\] there .* \[513\] here"
        ):
            checkpoint.restore(checkpoints, make_state(0, width=513))
        assert checkpoints.steps() == [4, 8]


@pytest.mark.parametrize("wanted, found", [(None, 8), ("best", 4), (4, 4)])
def test_ema_alone(directory, wanted, found):
    shutil.rmtree(directory / str(found) / "state")
    ema, step = checkpoint.restore_ema(directory, wanted)
    assert step == found
    assert_same(ema, make_state(found).ema)


def test_ema_errors(directory, tmp_path):
    with pytest.raises(UserError, match=r"no checkpoint of step 5 in .*; known: 4, 8\."):
        checkpoint.restore_ema(directory, 5)
    damage(largest(directory / "8" / "ema"), "flipped")
    with pytest.raises(UserError, match=r"step 8 is damaged .*; known: 4, 8\."):
        checkpoint.restore_ema(directory)
    with pytest.raises(UserError, match="no checkpoint in .*known: none"):
        checkpoint.restore_ema(tmp_path / "nowhere")
    assert not (tmp_path / "nowhere").exists()
    with checkpoint.open_checkpoints(tmp_path / "plain") as checkpoints:
        checkpoints.save(1, make_state(1), {"fid": 1.0})
    with pytest.raises(UserError, match="no checkpoint with a metric in .*known: 1"):
        checkpoint.restore_ema(tmp_path / "plain", "best")


def test_what_a_kill_leaves_behind(directory):
    """Half a checkpoint is none, and the next run saves the same step."""
    halves = [directory / f"{step}.orbax-checkpoint-tmp" for step in (12, 16)]  # Orbax's name
    for half in halves:
        shutil.copytree(directory / "8", half)
        damage(largest(half / "state"), "truncated")
    assert checkpoint.restore_ema(directory)[1] == 8
    assert all(half.exists() for half in halves)  # a run beside may be writing them
    with checkpoint.open_checkpoints(directory) as checkpoints:
        assert checkpoints.steps() == [4, 8]
        checkpoints.save(12, make_state(12))
        checkpoints.wait()
        state, notes = checkpoint.restore(checkpoints, make_state(0))
    assert_same(state, make_state(12))
    assert notes == {} and not any(half.exists() for half in halves)


def test_a_disk_without_room(tmp_path, capfd, caplog, monkeypatch):
    """Files may grow to 100 kB, as where the disk is full: one sentence, and the rest is whole."""
    bound = []
    monkeypatch.setattr(checkpoint.process, "bound_to_main", lambda: bound.append(True))
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    big = make_state(8, width=300_000)
    with checkpoint.open_checkpoints(tmp_path) as checkpoints:
        checkpoints.save(4, make_state(4))
        checkpoints.wait()
        resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, limits[1]))
        try:
            with pytest.raises(checkpoint.SaveError) as failed:
                checkpoints.save(8, big)
                checkpoints.wait()
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        assert f"in {tmp_path} (File too large); the one of step 4 is whole." in str(failed.value)
        assert checkpoints.steps() == [4]
    assert bound  # a script that goes on is not held by the threads of this save
    assert capfd.readouterr() == ("", "") and caplog.records == []
    # Looked at, not opened: in this process the failed save's threads may still be at work.
    with checkpoint.view_checkpoints(tmp_path) as checkpoints:
        assert_same(checkpoint.restore(checkpoints, make_state(0))[0], make_state(4))


def test_import_is_light():
    code = "import sys, jaxgan.run.checkpoint; sys.exit(any('orbax' in n for n in sys.modules))"
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)
