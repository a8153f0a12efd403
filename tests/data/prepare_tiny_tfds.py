"""Prepare the little TFDS data set in tests/data/tfds, which the tests read without TensorFlow.

Run once, where TensorFlow and tensorflow-datasets are installed:

    python tests/data/prepare_tiny_tfds.py tests/data/tfds

The set is `tiny_shapes`: 80 training and 20 test images of 16 x 16 pixels in three classes. What
each image holds is a formula (`pixels`), which the tests evaluate again. The configuration `ragged`
has images of differing sizes instead.
"""

import sys

import numpy as np

CLASSES = ("red", "green", "blue")


def pixels(index, height=16, width=16):
    """Image number `index`, uint8 [height, width, 3]: a gradient in the channel of its class."""
    image = np.zeros((height, width, 3), np.uint8)
    image[..., index % 3] = (np.add.outer(np.arange(height), 2 * np.arange(width)) + index) % 256
    return image


def ragged_size(index):
    """Height and width of image number `index` of the configuration `ragged`."""
    return 12 + index, 20 - index


def main(data_dir):
    import tensorflow_datasets as tfds

    class TinyShapes(tfds.core.GeneratorBasedBuilder):
        VERSION = tfds.core.Version("1.0.0")
        BUILDER_CONFIGS = [
            tfds.core.BuilderConfig(name="square"),
            tfds.core.BuilderConfig(name="ragged"),
        ]

        def _info(self):
            side = 16 if self.builder_config.name == "square" else None
            return tfds.core.DatasetInfo(
                builder=self,
                features=tfds.features.FeaturesDict(
                    {
                        "image": tfds.features.Image(shape=(side, side, 3)),
                        "number": np.int64,
                        "label": tfds.features.ClassLabel(names=CLASSES),
                    }
                ),
                description="Gradients, for tests.",
            )

        def _split_generators(self, dl_manager):
            if self.builder_config.name == "ragged":
                return {"train": self._generate_examples(range(6))}
            return {
                "train": self._generate_examples(range(80)),
                "test": self._generate_examples(range(80, 100)),
            }

        def _generate_examples(self, numbers):
            for index in numbers:
                size = ragged_size(index) if self.builder_config.name == "ragged" else (16, 16)
                yield (
                    index,
                    {
                        "image": pixels(index, *size),
                        "number": index,
                        "label": CLASSES[index % 3],
                    },
                )

    for config in ("square", "ragged"):
        builder = TinyShapes(data_dir=data_dir, config=config, file_format="array_record")
        builder.download_and_prepare()


if __name__ == "__main__":
    main(sys.argv[1])
