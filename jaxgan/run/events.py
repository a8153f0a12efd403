"""Events for TensorBoard, written where the run waits for them.

tensorboardX's own SummaryWriter has a thread for it: at the first error that thread ends, and the
run waits for it for ever.
"""

import time
from pathlib import Path


class Events:
    """One file of events; ``close`` it.

    Args:
      folder: of the files; created where it is missing.
      first_step: generator updates done already; what an earlier file has past it is taken back.
    """

    def __init__(self, folder, first_step):
        from tensorboardX.event_file_writer import EventsWriter
        from tensorboardX.proto.event_pb2 import Event, SessionLog

        folder = Path(folder).absolute()  # a name as gs: would be one of a cloud's
        folder.mkdir(parents=True, exist_ok=True)
        # Their names tell the second alone: without it, a quick restart writes over a file.
        self._writer = EventsWriter(str(folder / "events"), f".{first_step}")
        self._event = Event
        begin = SessionLog(status=SessionLog.START)
        self._write(first_step and first_step + 1, session_log=begin)
        self._writer.flush()

    def _write(self, step, **content):
        self._writer.write_event(self._event(step=int(step), wall_time=time.time(), **content))

    def scalars(self, step, values):
        """Add a point to every curve: ``{name: finite number}``."""
        from tensorboardX.summary import scalar

        for name, value in values.items():
            self._write(step, summary=scalar(name, value))
        self._writer.flush()

    def image(self, step, name, pixels):
        """Add a picture, uint8 [H, W, 1 or 3]."""
        from tensorboardX.summary import image

        self._write(step, summary=image(name, pixels, dataformats="HWC"))
        self._writer.flush()

    def close(self):
        """Close the file."""
        self._writer.close()
