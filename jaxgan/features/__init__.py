"""Networks that turn images into features for the metrics: ``FEATURES[name]()`` -> ``Extractor``.

``inception`` is FID's own network. ``mnist10k_cnn`` is small and bundled; it knows digits.
"""

from jaxgan.features import classifier, inception
from jaxgan.features.extractor import Extractor, probabilities
from jaxgan.table import Row

__all__ = ["FEATURES", "Extractor", "probabilities"]

FEATURES = {
    "inception": Row(inception.load, {"weights": "", "chunk": 32}),
    "mnist10k_cnn": Row(classifier.mnist10k_cnn, {"chunk": 500}),
}
