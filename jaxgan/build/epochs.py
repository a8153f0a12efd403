"""What a config tells in epochs, in steps: known once the data are."""

from collections.abc import Mapping
from typing import Any

from jaxgan.core import noise
from jaxgan.core.errors import UserError

# Key in epochs -> the key in steps that it stands for where it is not 0.
IN_EPOCHS = {
    "epochs": "steps",
    "sample_epochs": "sample_every",
    "checkpoint_epochs": "checkpoint_every",
}


def steps_an_epoch(config: Mapping[str, Any], examples: int) -> int:
    """The steps in which the critic sees as many real examples as there are.

    Whole batches alone count, as where a loader drops the last one: 10,000 examples in batches of
    64 are 156 steps, and 31 of five critic updates each.

    Args:
      config: ``batch_size`` and ``n_critic`` count, and no phases.
      examples: of the training set; of unpaired domains the first.
    """
    return max(examples // (config["batch_size"] * max(config["n_critic"], 1)), 1)


def in_steps(config: Mapping[str, Any], examples: int) -> dict[str, int]:
    """{key: steps} of the keys for which a config has a number of epochs; ``examples`` as above.

    Raises:
      UserError: more steps than a run counts.
    """
    found = {}
    for key, replaced in IN_EPOCHS.items():
        if config[key]:
            found[replaced] = max(round(config[key] * steps_an_epoch(config, examples)), 1)
            if found[replaced] >= noise.INITIAL:
                raise UserError(
                    f"{key}={config[key]:g} of {examples} examples are {found[replaced]} steps; a "
                    f"run has fewer than {noise.INITIAL}."
                )
    return found
