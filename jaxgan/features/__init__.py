"""Networks that turn images into features for the metrics: ``FEATURES[name]()`` -> ``Extractor``.

``inception`` is FID's own network. The small ones are bundled: ``mnist10k_cnn`` knows digits,
``fashion_cnn`` the clothes of Fashion-MNIST.
"""

from functools import partial

from jaxgan.core.table import Row
from jaxgan.features import classifier, inception
from jaxgan.features.extractor import Extractor, probabilities

__all__ = ["FEATURES", "Extractor", "probabilities"]

FEATURES = {
    "inception": Row(inception.load, {"weights": "", "chunk": 32}),
    **{name: Row(partial(classifier.bundled, name), {"chunk": 500}) for name in classifier.BUNDLED},
}
