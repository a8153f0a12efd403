"""Networks that turn images into features for the metrics: ``FEATURES[name]()`` -> ``Extractor``.

``inception`` is FID's own network. ``efficientnet_lite0`` knows ImageNet, too, and its weights can
be installed. The small ones are bundled: ``mnist10k_cnn`` knows digits, ``fashion_cnn`` the clothes
of Fashion-MNIST.
"""

import inspect
from functools import partial

from jaxgan.core.table import Row
from jaxgan.features import classifier, efficientnet, inception
from jaxgan.features.extractor import Extractor, probabilities

__all__ = ["FEATURES", "Extractor", "probabilities"]

_SHOWN = {"mnist10k_cnn": "MNIST's digits", "fashion_cnn": "Fashion-MNIST's clothes"}

FEATURES = {
    "inception": Row(inception.load, {"weights": "", "chunk": 32}),
    efficientnet.NAME: Row(efficientnet.load, {"chunk": 32}),
    **{
        name: Row(
            partial(classifier.bundled, name),
            {"chunk": 500},
            f"A classifier of {_SHOWN[name]}.\n\n{inspect.getdoc(classifier.bundled)}",
        )
        for name in classifier.BUNDLED
    },
}
