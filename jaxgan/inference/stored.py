"""A run as its directory has it, on its own data."""

from jaxgan.build.run import prepare
from jaxgan.run import directory, identity


def open_with_data(workdir, moved: str = "") -> tuple:
    """A run, to be looked at on its own data.

    Args:
      workdir: the run directory.
      moved: FORM:PATH, where the run's data are now; "": where they were.

    Returns:
      what ``directory.read_config`` gives, the whole config, the ``build.run.Run``, the
      ``Description`` of the data, and sentences for the user.

    Raises:
      UserError: no run, or other data than the run's.
    """
    stored = directory.read_config(workdir)
    settings, notes = identity.settings_of(workdir, stored, moved)
    config = {**stored["config"], "data": settings}
    run = prepare(config, device_count=1, known=stored["entries"])
    known = identity.known_data(workdir, stored, run.sources, run.held_out)
    return stored, config, run, known, notes
