"""What a checkpoint holds, read and written bit for bit. The only file that knows Orbax."""

import contextlib

import jax
import numpy as np

from jaxgan.run import digest


def open_manager(directory, **options):
    """Orbax's ``CheckpointManager`` of a directory; ``options`` of its own."""
    import orbax.checkpoint as ocp

    return ocp.CheckpointManager(directory, options=ocp.CheckpointManagerOptions(**options))


def items_of(state):
    """The items of a checkpoint; a memory that holds nothing is none."""
    sides = {name: getattr(state, name) for name in ("step", "generator", "critic")}
    sides["ema"] = {}  # its place in the format, from when the item was a whole state without it
    memory = {"memory": state.memory} if jax.tree.leaves(state.memory) else {}
    return {"state": sides, "ema": state.ema, **memory}


def write(manager, step, state, score):
    """Start to save a state as the checkpoint of a step; ``score``: a number, or None."""
    import orbax.checkpoint as ocp

    items = items_of(state)
    leaves = {name: digest.describe(item) for name, item in items.items()}
    args = {name: ocp.args.StandardSave(item) for name, item in items.items()}
    args["digest"] = ocp.args.JsonSave(digest.seal(leaves, score))
    manager.save(step, args=ocp.args.Composite(**args), force=True)


def read_ema(manager, step):
    """The averaged variables of a step alone, without a template, on the default device."""
    leaves, _ = read_digest(manager, step)
    ema = _read(manager, step, {"ema": digest.blank(leaves["ema"])}, leaves)["ema"]
    return jax.tree.map(jax.device_put, ema)


def read_state(manager, step, template):
    """A whole state; ``template`` as ``checkpoint.restore`` has it.

    Raises:
      UserError: other leaves than the template's.
      Exception: damage shows itself as any of a dozen types.
    """
    leaves, _ = read_digest(manager, step)
    items = items_of(template)
    digest.check_template(leaves, items, f"the checkpoint of step {step}")
    targets = jax.tree.map(lambda leaf: np.empty(leaf.shape, leaf.dtype), items)
    read = _read(manager, step, targets, leaves)
    memory = read.get("memory", template.memory)
    state = template.replace(**{**read["state"], "ema": read["ema"], "memory": memory})
    return jax.tree.map(
        lambda leaf, like: jax.device_put(leaf, getattr(like, "sharding", None)), state, template
    )


def _read(manager, step, targets, leaves):
    """Read items as NumPy trees like ``targets``; ValueError if a bit differs from the digest."""
    import orbax.checkpoint as ocp

    args = {name: ocp.args.StandardRestore(target) for name, target in targets.items()}
    items = manager.restore(step, args=ocp.args.Composite(**args))
    for name in targets:
        digest.check_bits(leaves[name], items[name])
    return items


def read_digest(manager, step):
    """The ``{item: [leaf, ...]}`` of a checkpoint and its score; ValueError if it is garbled."""
    import orbax.checkpoint as ocp

    args = ocp.args.Composite(digest=ocp.args.JsonRestore())
    return digest.unseal(manager.restore(step, args=args)["digest"])


def read_scores(manager):
    """``{step: score}`` of those that carry one and can be read."""
    scores = {}
    for step in manager.all_steps():
        with contextlib.suppress(Exception):  # Damage is for restore to tell.
            scores[step] = read_digest(manager, step)[1]
    return {step: score for step, score in scores.items() if score is not None}


def best(steps, scores):
    """The one of ``steps`` with the lowest score; None where none has any."""
    return min((step for step in steps if step in scores), key=scores.get, default=None)
