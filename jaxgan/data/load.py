"""A name becomes a ``Source`` of examples."""

from collections.abc import Mapping

from jaxgan.core.errors import UserError
from jaxgan.data import unpaired
from jaxgan.data.attributes import names_of, of_attributes
from jaxgan.data.captions import TABLE, captioned
from jaxgan.data.held_out import (
    HELD_OUT,
    PARTS,
    TRAIN,
    composition,
    part_of,
    share_of,
    tenth,
)
from jaxgan.data.labels import numbered_as
from jaxgan.data.names import form_of, is_set
from jaxgan.data.readers import reader_of
from jaxgan.data.source import Entry, Source
from jaxgan.data.source import entries as entries_of
from jaxgan.data.view import make_view
from jaxgan.data.where import chosen as chosen_of
from jaxgan.data.where import conditions

# Sets with a held-out part of their own, by this rule.
PARTED = dict.fromkeys(("emoji", "glyphs", "line_art", "moving_digits", "two_futures"), tenth)
# Sets and forms with captions, and the rule of those that have one of their own with captions.
CAPTIONED = {"emoji": composition, "folder": None}


def load_sources(
    settings: Mapping,
    part: str = TRAIN,
    entries: Mapping[str, Entry] | None = None,
    loaded: dict | None = None,
) -> tuple[Source, ...]:
    """The sources of a config's group ``data``, a mapping; what is of its loading alone counts.

    Args:
      part: "train" or "held_out", of the same settings.
      entries: those of the run, {name: ``Entry``}, whose numbers of the classes are kept; None: it
        is new.
      loaded: as ``load`` takes it.

    Returns:
      a tuple of ``Source``; several, each with an order of its own, where domains are unpaired.
    """
    unset = ("size", "channels", "data_dir")
    kept = ("name", "split", "fit", "options", "held_out")
    chosen = {key: settings[key] for key in kept if key in settings}
    chosen |= {key: settings[key] or None for key in unset if key in settings}

    where, domains, attributes = (
        settings.get(key, "") for key in ("where", "domains", "attributes")
    )
    named = (*conditions(where), domains.partition(":")[0], *names_of(attributes))
    columns = tuple(dict.fromkeys(filter(None, named)))

    captions = settings.get("captions", "")

    def one(name):
        folders = form_of(name) == "folder"
        beside = {"columns": columns} if folders else {}
        beside |= {"captions": True} if captions else {}
        source = load(**{**chosen, "name": name}, part=part, loaded=loaded, **beside)
        return numbered_as(chosen_of(source, where), entries or {}, folders)

    name = settings["name"]
    two = name.startswith(unpaired.FORM)
    views = {
        name: two,
        "data.unpaired": settings.get("unpaired") and not two,
        "data.domains": domains,
        "data.attributes": attributes,
        "data.captions": captions,
    }
    if len(used := [view for view, value in views.items() if value]) > 1:
        raise UserError(f"{' and '.join(used)} are views of their own; set one of them.")
    if captions:
        told = (entries or {}).get("caption")
        return captioned(one(name), captions, *((told.names, told.shape[0]) if told else ()))
    if attributes:
        return of_attributes(one(name), attributes, held_out=part == HELD_OUT)
    if domains:
        b, a = unpaired.of_classes(one(name), domains)
        return unpaired.twins(b, a) if part == HELD_OUT else (b, a)
    if two:
        return unpaired.two(name, lambda each: one(each if is_set(each) else f"folder:{each}"))
    if settings.get("unpaired") and part == TRAIN:
        return unpaired.disjoint(one(name))
    return (one(name),)


def load_parts(
    settings: Mapping, entries: Mapping[str, Entry] | None = None
) -> tuple[tuple[Source, ...], tuple[Source, ...]]:
    """The sources of a config's group ``data`` that training sees, and those that it does not.

    The latter are none where nothing is held out. ``entries``: as ``load_sources`` takes them.
    """
    parted, loaded = has_held_out(settings["name"], settings.get("held_out", "")), {}
    train = load_sources(settings, TRAIN, entries, loaded)
    told = settings.get("captions")  # whose words are those of training
    known = {**entries_of(train), **(entries or {})} if told else entries
    held_out = load_sources(settings, HELD_OUT, known, loaded) if parted else ()
    return train, held_out[:1] if told else held_out


def has_held_out(name: str, held_out: str = "") -> bool:
    """Whether the set with this name has a held-out part, under that setting of ``load``."""
    return name in PARTED or held_out != ""


def load(
    name: str,
    *,
    size: int | None = None,
    fit: str = "crop",
    channels: int | None = None,
    split: str = "train",
    data_dir: str | None = None,
    options: Mapping | None = None,
    held_out: str = "",
    part: str = TRAIN,
    loaded: dict | None = None,
    columns: tuple[str, ...] = (),
    captions: bool = False,
) -> Source:
    """Load a part of a data set.

    Names: ``mnist10k``, ``stacked_digits``, ``emoji``, ``glyphs``, ``line_art`` and
    ``moving_digits`` (bundled), ``two_futures`` and the rows of ``TOYS`` (drawn), ``folder:DIR``,
    ``ab:DIR`` (pairs side by side), ``pairs:DIR_A,DIR_B``, ``frames:DIR`` (clips), ``idx:DIR``,
    ``npz:FILE``, and any image set of TensorFlow Datasets by its name there
    (``cifar10``, ``lsun/bedroom``).

    An example is held out, or not, for ever: by ``zlib.crc32`` of its key in UTF-8. The key is its
    index in the split, written in decimals; of a folder's file its path there ("cats/1.png"); of an
    emoji its code without the tone ("1F44B"), with captions the whole code; of a glyph the
    character; of a window its clip.

    Args:
      name: one of the names above.
      size: side of the square images in pixels; None keeps the stored height and width.
      fit: how images are brought to ``size``: "crop" (the greatest centred square, resized),
        "stretch" (height and width resized separately), "pad" (centred on black, shrunk first if
        larger than ``size``, never enlarged).
      channels: 1 (grey) or 3 (colour); None keeps those that there are.
      split: "train"; "test" too for idx; for TFDS any split of the set, or slice
        of one ("train[:90%]").
      data_dir: where TFDS keeps prepared sets; None: its own default (~/tensorflow_datasets, or
        the environment variable TFDS_DATA_DIR). Only for TFDS sets.
      options: of a set that is drawn or holds pairs, those of ``options_of``: ``points`` (how
        many), ``seed``, and those of a toy's row in ``TOYS``; ``x`` and ``source``.
      held_out: what of the set is its held-out part. "": nothing; a share, as "0.1": the examples
        with CRC-32 / 2**32 below it; for idx and TFDS also a split, as "test". The rows of
        ``PARTED`` always have one of their own, the CRC-32 divisible by 10, and take no other.
      part: "train", all examples of the split that are not held out, or "held_out".
      loaded: {} that is handed to the calls for both parts, of the same settings: a set of which a
        share is held out is then read once. None: it is read.
      columns: of a folder, the categories that a table beside its images has.
      captions: whether examples come with their captions: of ``emoji`` and folders. Of emoji those
        are then held out, as compositions, that ``held_out.composition`` says.

    Returns:
      a ``Source``: uint8 images [H, W, C], float32 points [D], int32 categories. A category has
      the same classes in both parts.

    Raises:
      UserError: an unknown name, split or option, a setting that the set does not take, no such
        part, and files that are missing, damaged or do not match; the sentence names the file.
    """
    if loaded and name in loaded:
        return part_of(*loaded[name], part)
    if name.startswith(unpaired.FORM):
        raise UserError(f"{name} is two sets, which load_sources and load_parts take, not load.")
    view = make_view(size, fit, channels)
    reader, special, splits = reader_of(name, options, data_dir, columns)
    if captions:
        if (form_of(name) or name) not in CAPTIONED:
            raise UserError(
                f"{name} has no captions; emoji has, and folder:DIR with {TABLE} in it."
            )
        special["captions"] = True
    for key, value in {"options": options, "data_dir": data_dir}.items():
        if value and key not in special:
            raise UserError(f"{name} takes no {key}; leave it unset.")
    rule = _rule(name, held_out, part, splits)
    rule = CAPTIONED[name] if captions and name in PARTED else rule
    if held_out and rule is None:
        if held_out == split:
            raise UserError(f"{name} cannot hold out the split {split!r} that it trains on.")
        split, beside = (split, held_out) if part == TRAIN else (held_out, split)
        special["beside"] = beside
    source = reader(name, view, split, **special)
    if rule is None:
        return source
    if loaded is not None:
        loaded[name] = source, rule
    return part_of(source, rule, part)


def _rule(name, held_out, part, splits):
    """key -> whether an example is held out; None where none is, or a whole split."""
    if part not in PARTS:
        raise UserError(f"unknown part {part!r}; known: {', '.join(PARTS)}.")
    ways = "a share such as 0.1" + (" or a split such as test" if splits else "")
    if part == HELD_OUT and not has_held_out(name, held_out):
        raise UserError(f"{name} has no held-out part; set data.held_out to {ways}.")
    if name in PARTED:
        if held_out:
            raise UserError(f"{name} has a held-out part of its own; leave data.held_out unset.")
        return PARTED[name]
    rule = share_of(held_out) if held_out else None
    if held_out and rule is None and not splits:
        raise UserError(f"{name} cannot hold out {held_out!r}; data.held_out must be {ways}.")
    return rule
