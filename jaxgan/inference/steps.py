"""Which checkpoints of a run are looked at, by their steps or by epochs."""

from pathlib import Path

from jaxgan import defaults
from jaxgan.build.epochs import steps_an_epoch
from jaxgan.core.errors import UserError, within
from jaxgan.run import checkpoint, directory


def steps_of(workdir) -> list[int]:
    """The steps whose checkpoints are at hand, ascending."""
    directory.read_config(workdir)  # or it would be a directory without checkpoints
    with checkpoint.view_checkpoints(Path(workdir) / "checkpoints") as kept:
        steps = kept.steps()
    if not steps:
        raise UserError(f"there is no checkpoint in {workdir}/checkpoints yet.")
    return steps


def of_steps(workdirs, at_hand, asked) -> list[tuple[int, str]]:
    """[(step, caption)] of the steps that are asked for, or that all runs have."""
    for workdir, known in zip(workdirs, at_hand, strict=True):
        for step in asked or ():
            if step not in known:
                raise UserError(_missing(f"of step {step}", workdir, known))
    steps = asked or [step for step in at_hand[0] if all(step in known for known in at_hand)]
    if not steps:
        each = zip(workdirs, at_hand, strict=True)
        told = "; ".join(f"{workdir} has {_listed(known)}" for workdir, known in each)
        raise UserError(f"the runs have no step in common: {told}.")
    return [(step, f"step {step}") for step in steps]


def of_epochs(workdir, known, asked) -> list[tuple[int, str]]:
    """[(step, caption)]: of each epoch the first checkpoint within an epoch after it."""
    stored = directory.read_config(workdir)
    if stored["earlier"] or not stored["data"]:
        raise UserError(
            f"an epoch of {workdir} has no one length, since its data are not known or have "
            f"changed; name steps: {_listed(known)}."
        )
    an_epoch = steps_an_epoch(stored["config"], stored["data"].examples)
    chosen = []
    for epoch in asked:
        within("an epoch", float(epoch), 0, defaults.FLOAT32)
        first, last = round(epoch * an_epoch), round((epoch + 1) * an_epoch)
        near = [step for step in known if first <= step <= last]
        if not near:
            raise UserError(
                _missing(f"of epoch {epoch:g}, steps {first} to {last}", workdir, known)
            )
        chosen.append((near[0], f"epoch {near[0] / an_epoch:.3g}, step {near[0]}"))
    return chosen


def _missing(what, workdir, known):
    return (
        f"{workdir} has no checkpoint {what}; known: {_listed(known)}; how often a run saves one, "
        "and how many it keeps, tell checkpoint_every, checkpoint_epochs and keep_checkpoints."
    )


def _listed(steps):
    return ", ".join(map(str, steps))
