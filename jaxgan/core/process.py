"""A command's process: what it does on a signal, what it prints to, and how it ends."""

import contextlib
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from typing import TextIO

# Each asks to leave: the user's, the system's, a closed terminal's, a batch system's.
SIGNALS = (
    signal.SIGINT,
    signal.SIGTERM,
    signal.SIGHUP,
    signal.SIGUSR1,
    signal.SIGUSR2,
    signal.SIGXCPU,
)
# Seconds in which a signal that comes again is the same one: a terminal that is closed, and the
# shell in it, both send SIGHUP.
SAME = 0.2
LAST = 1.5  # seconds that a process may take to end once it has failed
GRACE = 5  # the same for a script, which may have more to do at its end


def start() -> None:
    """Prepare the process of a command, before the imports that take seconds.

    Its output can show any path, and goes nowhere where it is closed. A signal of ``SIGNALS`` ends
    the process at once, unless a handler of the command's own has taken the first one.
    """
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, "w"))
        getattr(sys, name).reconfigure(errors="backslashreplace")
    reader, writer = os.pipe()
    os.set_blocking(writer, False)
    signal.set_wakeup_fd(writer, warn_on_full_buffer=False)
    for number in signals():
        signal.signal(number, _nothing)
    # Python's handlers wait for the main thread, which hears nothing while it compiles.
    threading.Thread(target=_listen, args=[reader], daemon=True).start()


def signals() -> list[signal.Signals]:
    """Those of ``SIGNALS`` that the process takes: nohup's is ignored, as whoever started it asks.

    A shell's background jobs ignore SIGINT; here it is sent on purpose.
    """
    return [
        number
        for number in SIGNALS
        if number == signal.SIGINT or signal.getsignal(number) not in (signal.SIG_IGN, None)
    ]


def _nothing(number, frame):
    """Stand where no other handler does; ``_listen`` acts."""


def _listen(reader):
    """End the process at a signal that nobody takes, or at the second one."""
    taken = None  # when
    while True:
        (number,) = os.read(reader, 1)
        now = time.monotonic()
        if number not in SIGNALS:
            continue
        if taken is None and signal.getsignal(number) is not _nothing:
            taken = now
        elif taken is None or now - taken > SAME:
            end_at_once(number)


def end_at_once(number: int) -> None:
    """End the process by a signal, whatever it does."""
    bound(128 + number, seconds=0.5)  # where nobody reads what is printed
    told = f"jaxgan: ended at once by {signal.Signals(number).name}; what is saved is whole.\n"
    with contextlib.suppress(OSError):
        os.write(2, ("\n" * os.isatty(2) + told).encode())
    os._exit(128 + number)


def bound(code: int, seconds: float = LAST) -> None:
    """Have the process end with ``code`` within ``seconds``.

    Python waits for all threads at its end, and those of a save that failed wait for one another,
    for ten minutes.
    """
    timer = threading.Timer(seconds, os._exit, [code])
    timer.daemon = True
    timer.start()


def bound_to_main() -> None:
    """Have a process that is not a command's end soon after its main thread, with code 1.

    As ``bound``, for a script that goes on after a save has failed. Where all threads end by
    themselves, the process ends before, with a code of its own.
    """

    def wait():
        threading.main_thread().join()
        for stream in filter(None, (sys.stdout, sys.stderr)):
            silence(stream)  # Python itself would flush it only when all threads have ended
        time.sleep(GRACE)
        os._exit(1)

    threading.Thread(target=wait, daemon=True).start()


def silence(stream: TextIO) -> None:
    """Send what ``stream`` cannot take, and all that is still printed to it, nowhere."""
    try:
        stream.flush()
    except OSError:
        with contextlib.suppress(OSError), open(os.devnull, "w") as nowhere:
            os.dup2(nowhere.fileno(), stream.fileno())


@contextlib.contextmanager
def telling(failed: Callable[[OSError], object] = lambda error: None) -> Iterator[None]:
    """Around what is printed on stderr: what can no longer be printed goes nowhere.

    ``failed``: called with the ``OSError``.
    """
    try:
        yield
    except OSError as error:
        silence(sys.stderr)
        failed(error)


def say(text: str) -> None:
    """Print on stderr, if it can still be printed."""
    with telling():
        print(text, file=sys.stderr, flush=True)


def tell(sentence: object) -> None:
    """``say`` a sentence of the command as such."""
    say(f"jaxgan: {sentence}")
