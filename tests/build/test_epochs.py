import pytest

from jaxgan import defaults
from jaxgan.build.epochs import IN_EPOCHS, in_steps
from jaxgan.build.parts import optimizers
from jaxgan.build.phases import phases
from jaxgan.build.run import prepare
from jaxgan.core.errors import UserError


def config(**keys):
    made = defaults.get_config()
    made.update(keys)
    return made


def test_an_epoch_is_the_whole_batches_of_a_set():
    # 10,000 = 156 * 64 + 16 = 31 * 5 * 64 + 80; five epochs, a picture every half of one.
    plain = config(epochs=5.0, sample_epochs=0.5)
    assert in_steps(plain, 10_000) == {"steps": 780, "sample_every": 78}
    assert in_steps(config(epochs=5.0, n_critic=5), 10_000) == {"steps": 155}
    assert in_steps(config(checkpoint_epochs=1.0, n_critic=0), 640) == {"checkpoint_every": 10}
    assert in_steps(config(epochs=3.0), 10) == {"steps": 3}  # less than a batch
    assert in_steps(config(epochs=0.001), 640) == {"steps": 1}
    assert in_steps(config(), 10_000) == {}
    assert set(IN_EPOCHS) | set(IN_EPOCHS.values()) <= set(config())


def test_more_than_a_run_counts():
    with pytest.raises(UserError, match="^epochs=1e.08 of 10000 examples are 15600000000 steps; a"):
        in_steps(config(epochs=1e8), 10_000)


def test_a_rate_falls_to_the_end_of_the_epochs(monkeypatch):
    """Known once the data are: 156 steps an epoch of the 10,000 digits."""
    found = []
    made = optimizers.optim.optimizer

    def recorded(**settings):
        found.append((settings["anneal_updates"], settings["anneal_after"]))
        return made(**settings)

    monkeypatch.setattr(optimizers.optim, "optimizer", recorded)
    played = config(epochs=5.0)
    for side in (played.generator, played.critic):
        side.optimizer.update(anneal=True, anneal_after=0.5)
    run = prepare(played)
    assert found[-1] == (780, 390) and run.phases[-1].last_step == 780
    assert run.schedule == {"steps": 780}


def test_phases_wait_for_the_data():
    played = config(epochs=5.0, phases="20000:n_critic=0")
    assert phases(played)[0].last_step == 20_000
    with pytest.raises(UserError, match="it ends at step 20000, the run at steps=780"):
        phases(config(steps=780, phases="20000:n_critic=0"))
