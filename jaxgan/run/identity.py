"""Whether a directory holds the run that is asked for, on the data that it was trained on.

Nothing here writes: a run that is refused stays as it was, byte for byte.
"""

from pathlib import Path

from jaxgan import defaults
from jaxgan.core.errors import UserError
from jaxgan.core.files import expand
from jaxgan.data import entries
from jaxgan.data.describe import changes, describe, misfits
from jaxgan.data.names import form_of, known_names, path_of, paths_of
from jaxgan.data.tfds import looks_like_tfds
from jaxgan.evaluation.ranking import QUALITY
from jaxgan.run import directory, logs


def find_data(workdir, stored, settings, option):
    """What to change in the settings of data that are not where their relative name says.

    A run knows the place that the name meant; another command may be called elsewhere.

    Args:
      workdir: the run directory.
      stored: what ``directory.read_config`` gives; None of a new run.
      settings: a config's group ``data``.
      option: by which a user names the place.

    Returns:
      {key of the settings: value}, and sentences for the user.

    Raises:
      UserError: the run's data are neither there nor where they were.
    """
    key = "name" if path_of(settings["name"]) else "data_dir"
    path = path_of(settings["name"]) or settings.get("data_dir", "")
    form = form_of(settings["name"])
    if not stored or not path or _there(form, path):
        return {}, []
    if settings[key] != stored["config"]["data"][key]:
        return {}, []  # a place that is named anew; who loads it tells what is wrong with it
    origin = stored["data"] and stored["data"].origin
    if origin and _there(form, origin):
        found = f"{form}:{origin}" if form else origin
        return {key: found}, [f"There is no {path} here; the data are read from {origin}."]
    if form:
        unknown = "" if stored["data"] else ", when training with --new_data,"
        raise UserError(
            f"the data of {workdir} are gone from {origin or path}; "
            f"{option}={form}:PATH{unknown} tells where they are now."
        )
    return {}, []


def _there(form, path):
    return all(each.exists() for each in paths_of(form, path))


def settings_of(workdir, stored, name=""):
    """The settings by which the data of a run are loaded, and sentences for the user.

    Args:
      workdir: the run directory.
      stored: what ``directory.read_config`` gives.
      name: of data that moved, FORM:PATH, or of a TFDS set the folder of its sets; "": they did
        not.

    Raises:
      UserError: a name of another form than the run's, no such folder, or the data are gone.
    """
    settings = stored["config"]["data"]
    form, own = form_of(settings["name"]), settings["name"]
    if name and not form and own not in known_names() and looks_like_tfds(own):
        if not expand(name).is_dir():
            raise UserError(
                f"--data={name}: no such directory; for {own} it names the one in which TensorFlow "
                "Datasets keeps its sets."
            )
        return {**settings, "data_dir": name}, []
    if name and (not form or form_of(name) != form):
        right = f"{form}:PATH" if form else f"left out: {own} is found by its name"
        raise UserError(f"--data={name} cannot be the data of this run, {own}; it must be {right}.")
    settings = {**settings, "name": name or own}
    moved, notes = find_data(workdir, stored, settings, "--data")
    return {**settings, **moved}, notes


def known_data(workdir, stored, sources, held_out):
    """The ``Description`` of a run's data as they were loaded to look at the run.

    Raises:
      UserError: they are others than those of the run.
    """
    data = describe(sources, held_out)
    check_data(workdir, stored, data, entries(sources))
    return data


def check_config(workdir, stored, config, new_data=False):
    """Raise ``UserError`` if the directory holds a run of another config.

    Args:
      workdir: the run directory.
      stored: what ``directory.read_config`` gives.
      config: plain dictionaries.
      new_data: whether the run may go on with other data.
    """
    old = stored["config"]
    forms = {form_of(each["data"]["name"]) for each in (old, config)}
    # Files may move: they are known by what they hold, see ``check_data``.
    moved = len(forms) == 1 and "" not in forms and (stored["data"] or new_data)
    free = (*defaults.free(config), *(("data.name",) if moved else ()))
    if different := directory.contradictions(old, config, free):
        raise UserError(
            f"{workdir} holds a run of another config: {'; '.join(different)}. "
            "Use another --workdir, or the values of the stored run."
        )


def check_data(workdir, stored, data, found, new_data=None):
    """Raise ``UserError`` if the data are others than those of the run.

    Args:
      workdir: the run directory.
      stored: what ``directory.read_config`` gives.
      data, found: the data at hand: their ``Description``, and {name: ``Entry``}.
      new_data: whether to take other data that fit the run's networks; None: the run is looked
        at, and not to be trained.

    Returns:
      how they differ, in sentences.
    """
    misfit = misfits(stored["entries"], found)
    different = misfit or changes(stored["data"], data, stored["entries"], found)
    if not different or (new_data and not misfit):
        return different
    ways = ", use another --workdir, or go on with these by --new_data"
    if new_data is None:
        ways = ", or tell by --data where those of the run are"
    elif misfit:
        ways = ", or use another --workdir"
    known = stored["data"]
    places = "" if not known or known.origin == data.origin else f", which were in {known.origin}"
    raise UserError(
        f"{workdir} is a run on other data than those in {data.origin}{places}: "
        f"{'; '.join(different)}. Put the data back as they were{ways}."
    )


def check_history(workdir, stored, checkpoints):
    """Raise ``UserError`` if rows tell of checkpoints that are gone: a new start would lose them.

    Before its first checkpoint a run that was killed starts anew, and has lost nothing else.

    Args:
      workdir: the run directory.
      stored: what ``directory.read_config`` gives; None of a directory without a config.
      checkpoints: what ``checkpoint.view_checkpoints`` gives.

    Returns:
      sentences for the user.
    """
    if checkpoints.steps():
        if not stored:
            raise UserError(
                f"{workdir} has checkpoints and no config.json, by which a run is known; put that "
                "back, or use another --workdir."
            )
        return []
    rows = [row for row in logs.read_metrics(Path(workdir) / logs.METRICS) if row["step"]]
    if not rows:
        return []
    last = rows[-1]["step"]
    # The quick distance is in the rows that come with a checkpoint, and in no others. A row comes
    # just before its checkpoint, so the last one proves none, but of a run that is done.
    saved = {row["step"] for row in rows if QUALITY in row} - checkpoints.unfinished()
    if stored and last < stored["config"]["steps"]:
        saved -= {last}
    if saved or not checkpoints.directory.exists():
        raise UserError(
            f"{workdir} has rows of metrics up to step {last}, and no checkpoint to go on from in "
            f"{checkpoints.directory}; put the checkpoints back, use another --workdir, or delete "
            "the directory to start anew."
        )
    return [f"Killed after step {last} and before its first checkpoint: starting anew at step 0."]


def earlier(stored, step, changed):
    """What a run was trained on before, each until a step: plain, for ``config.json``."""
    if not stored:
        return []
    if not changed:
        return stored["earlier"]
    known = stored["data"]._asdict() if stored["data"] else {}
    was = {"until_step": step, **known, "entries": directory.plain(stored["entries"])}
    return [*stored["earlier"], was]
