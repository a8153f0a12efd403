"""Image sets of TensorFlow Datasets, read at random without TensorFlow.

Reading a prepared set needs no TensorFlow; preparing one (download, decode, write) does. So a set
that is not prepared is prepared if TensorFlow is there, and is a ``UserError`` if it is not.
"""

import difflib
import importlib.util
import re
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from jaxgan.core.errors import UserError
from jaxgan.data.remarks import listed, looks
from jaxgan.data.source import Source, category, from_reader, pixels
from jaxgan.data.view import View, apply, shape_after

NAME = re.compile(r"[A-Za-z]\w*(/[\w.-]+)?(:[\d.*]+)?")  # set, /configuration, :version
FORMAT = "array_record"  # the file format with random access; TFDS's default has none

EACH = 20  # examples a class in the sample that may show all classes
CHUNK = 1000  # examples that are read at a time for their labels


def looks_like_tfds(name: str) -> bool:
    """Whether the name is of TFDS's form, ``set[/configuration][:version]``."""
    return NAME.fullmatch(name) is not None


def tfds(
    name: str,
    view: View,
    split: str,
    data_dir: str | None,
    known: Sequence[str],
    beside: str | None = "",
) -> Source:
    """Load an image set by its TFDS name; images are decoded when they are read.

    The image is the feature ``image`` or else the only one of type Image; the label is ``label`` or
    else the only ClassLabel, and there is none where neither is so. Classes that have no names but
    numbers, and no example in any split, are left out.

    Args:
      split: of the set, or a slice of one, in TFDS's own words ("train[:90%]").
      data_dir: where the prepared sets are; None: TFDS's default.
      known: jaxgan's own names, for the error message.
      beside: the split, or slice, of the other part; "": there is none.

    Raises:
      UserError: TFDS does not know the name, the set is not prepared and cannot be, is not prepared
        as array_record, has no such split, no 8-bit images, no common size while ``size`` is
        None, or an example in both parts.
    """
    builder = find_builder(name, data_dir, known)
    if not builder.is_prepared():
        builder = _prepare(builder, name, data_dir)
    image, label = pick_features(builder.info.features, name)
    shape = shape_after(view, builder.info.features[image].shape)
    if None in shape:
        raise UserError(
            f"the images of {name} differ in size or channels, {shape}; set size (the side in "
            "pixels) and channels (1 or 3)."
        )
    examples = _open_split(builder, split, name)
    if beside:
        _open_split(builder, beside, name)
        if _overlap(builder, split, beside):
            raise UserError(f"the splits {split!r} and {beside!r} of {name} share examples.")
    entries = {"x": pixels(shape)}
    others = sorted(set(builder.info.features) - {image, label})
    remarks = [f"Features that are not read: {listed(others)}."] if others else []
    number = None
    if label:
        feature = builder.info.features[label]
        used = _used_classes(builder, image, label)
        number = np.full(feature.num_classes, -1, np.int32)
        number[used] = np.arange(len(used))
        entries["label"] = category(len(used), [feature.names[index] for index in used])
        if unused := feature.num_classes - len(used):
            remarks += [f"Classes without an example, left out: {unused}."]
    read_rows = partial(_read_rows, examples, image, label, number, view)
    version = builder.info.full_name  # set/configuration/version, the last folders of its path
    origin = Path(builder.data_path).resolve().parents[version.count("/")]
    more = {
        "size": len(examples),
        "entries": entries,
        "origin": str(origin),
        "contents": (version,),
        "remarks": tuple(remarks),
    }
    return looks(from_reader(name, read_rows, **more))


def find_builder(name: str, data_dir: str | None, known: Sequence[str]) -> Any:
    """Find the set by its code in TFDS or by its files in ``data_dir``; nothing is downloaded."""
    import tensorflow_datasets as tfds

    try:
        return tfds.builder(name, data_dir=data_dir, try_gcs=False)
    except tfds.core.DatasetNotFoundError as error:
        names = tfds.list_builders(with_community_datasets=False)
        near = difflib.get_close_matches(re.split("[/:]", name)[0], [*names, *known], n=5)
        hint = f" Near it: {', '.join(near)}." if near else ""
        raise UserError(
            f"unknown data set {name!r}; known: {', '.join(known)}; TensorFlow Datasets does not "
            f"know it either, nor is it prepared in {data_dir or 'its default directory'}.{hint}"
        ) from error
    except (ValueError, RuntimeError) as error:
        raise UserError(f"TensorFlow Datasets cannot open {name!r}: {error}") from error


def _prepare(builder, name, data_dir):
    """Download and write the set as array_record, which needs TensorFlow; return its builder."""
    if importlib.util.find_spec("tensorflow") is None:
        raise UserError(
            f"{name} is not prepared in {builder.data_path}, and preparing it needs TensorFlow: "
            "install jaxgan[tfds], or put there a copy prepared elsewhere with "
            f"file_format={FORMAT!r}."
        )
    import tensorflow_datasets as tfds

    builder = tfds.builder(name, data_dir=data_dir, try_gcs=False, file_format=FORMAT)
    try:
        builder.download_and_prepare()
    except (AssertionError, OSError) as error:  # a set to be fetched by hand; no network
        raise UserError(f"TensorFlow Datasets cannot prepare {name}: {error}") from error
    return builder


def pick_features(features: Mapping[str, Any], name: str) -> tuple[str, str | None]:
    """Return the key of the image and the key of the label (or None)."""
    import tensorflow_datasets as tfds

    image = _pick(features, tfds.features.Image, "image")
    if image is None or features[image].np_dtype != np.uint8:
        raise UserError(f"{name} has no single feature that is an 8-bit image: {features}")
    return image, _pick(features, tfds.features.ClassLabel, "label")


def _used_classes(builder, image, label):
    """The classes that have a name, or else an example in the whole set; increasing, int [K].

    Images are not decoded, and where a sample has every class no more than that is read.
    """
    import tensorflow_datasets as tfds

    feature = builder.info.features[label]
    every = np.arange(feature.num_classes)
    if list(feature.names) != [str(index) for index in every]:
        return every
    skipped = {image: tfds.decode.SkipDecoding()}
    examples = builder.as_data_source(split="all", decoders=skipped)

    def found(indices):
        chunks = np.array_split(indices, -(-len(indices) // CHUNK))
        return set().union(
            *(
                {int(example[label]) for example in examples.__getitems__(chunk.tolist())}
                for chunk in chunks
            )
        )

    size = len(examples)
    some = np.linspace(0, size - 1, min(size, EACH * len(every))).astype(int)
    few = found(some) - {-1}  # of an example without a class
    return np.array(sorted(few if len(few) == len(every) else found(np.arange(size)) - {-1}))


def _open_split(builder, split, name):
    """Open one split, or slice, for random access."""
    try:
        return builder.as_data_source(split=split)
    except NotImplementedError as error:
        raise UserError(
            f"{builder.data_path}: prepared as {builder.info.file_format.value}, which has no "
            f"random access; prepare {name} again with file_format={FORMAT!r}."
        ) from error
    except ValueError as error:
        raise UserError(
            f"{name} has no split {split!r}; known: {', '.join(builder.info.splits)}, and slices "
            "of them such as train[:90%]."
        ) from error


def _overlap(builder, *splits):
    """Whether two splits, or slices, have an example in common."""
    one, other = (builder.info.splits[split].file_instructions for split in splits)
    return any(
        a.filename == b.filename and a.skip < b.skip + b.take and b.skip < a.skip + a.take
        for a in one
        for b in other
    )


def _pick(features, kind, preferred):
    keys = [key for key, feature in features.items() if isinstance(feature, kind)]
    if preferred in keys:
        return preferred
    return keys[0] if len(keys) == 1 else None


def _read_rows(examples, image, label, number, view, indices):
    found = examples.__getitems__(indices)
    rows = [{"x": apply(view, example[image])} for example in found]
    if label is None:
        return rows
    if unlabelled := sum(example[label] < 0 for example in found):
        raise UserError(
            f"{examples.dataset_info.full_name}, split {examples.split}: has examples without a "
            f"class ({label} -1: {unlabelled} of {len(found)} read); choose another split."
        )
    pairs = zip(rows, found, strict=True)
    return [row | {"label": number[example[label]]} for row, example in pairs]
