"""A page's life: games that a thread plays, and what is told of them."""

import contextlib
import queue
import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from jaxgan.build import parts
from jaxgan.core.errors import UserError
from jaxgan.lab import bounds, frames, sights
from jaxgan.lab.controls import CONTROLS
from jaxgan.lab.game import LiveGame
from jaxgan.lab.programs import TURNS
from jaxgan.lab.setting import STEPS_PER_CALL, command_of, config_of, write_points

FRAMES = 30  # a second, at most
MEASURES = 1.5  # seconds between two looks at the distances, which take long
FULL = bounds.SPEEDS[-1]


class Session:
    """One page's games, played by a thread of their own until the page is closed.

    Args:
      send: called with (kind, *messages), each text or bytes; what nobody has taken may be replaced
        by the next of its kind, unless that is None.
    """

    def __init__(self, send):
        self._send = send
        self._messages = queue.Queue(bounds.PENDING)
        self._games, self._settings, self._points = [], [], None
        self._running, self._speed = False, FULL
        self._average, self._label = False, 0
        self._count, self._measured = 1, 0.0
        self._pool = ThreadPoolExecutor(
            bounds.GAMES
        )  # games side by side play, and compile, at once
        self._closed = threading.Event()
        self._thread = threading.Thread(target=self._live, daemon=True)
        self._thread.start()

    def take(self, message):
        """Hear a message of the page; raises ``UserError`` where too many wait already."""
        try:
            self._messages.put_nowait(message)
        except queue.Full:
            raise UserError(f"more than {bounds.PENDING} messages wait; slow down.") from None

    def close(self):
        """End the thread after the call that it is in."""
        self._closed.set()
        with contextlib.suppress(queue.Full):
            self._messages.put_nowait({"do": "pause"})

    def alive(self):
        """Whether the thread still plays."""
        return self._thread.is_alive()

    def _live(self):
        next_frame = time.monotonic()
        with tempfile.TemporaryDirectory() as folder, self._pool:
            self._file = Path(folder) / "points.npz"
            try:
                while not self._closed.is_set():
                    self._hear(next_frame)
                    if self._running and not self._closed.is_set():
                        begun, steps = time.monotonic(), self._steps()
                        self._play("both", steps)
                        next_frame = begun + max(1 / FRAMES, steps / self._speed)
            except Exception:  # a bug, which the terminal tells in full
                self._tell("error", sentence="the lab has failed; its terminal tells more.")
                raise

    def _hear(self, until):
        """Do what the page asks for until then; as long as nothing is played, wait for it."""
        while not self._closed.is_set():
            rest = max(0.0, until - time.monotonic())
            try:
                message = self._messages.get(timeout=rest if self._running else None)
            except queue.Empty:
                return
            if self._closed.is_set():
                return
            try:
                getattr(self, f"_do_{message['do']}")(message)
            except UserError as error:
                self._tell("error", sentence=str(error))

    def _do_set(self, message):
        settings, points = bounds.read_games(message, CONTROLS)
        if points:
            write_points(self._file, points)
        configs = [config_of(setting, self._file) for setting in settings]
        settled = points == self._points and len(configs) == len(self._games)
        kept = settled and all(
            game.change(config) for game, config in zip(self._games, configs, strict=True)
        )
        if not kept:
            self._tell("compiling")
            self._games, self._points = list(self._pool.map(LiveGame, configs)), points
            self._count = 1
        self._settings = settings
        commands = [command_of(each) for each in settings]
        self._send(None, frames.words("ready", kept=kept, commands=commands))
        if not kept:
            self._show_all()

    def _do_reset(self, message):
        self._each(LiveGame.restart)
        self._show_all()

    def _do_run(self, message):
        self._running = bool(self._games)
        self._tell("state", running=self._running)

    def _do_pause(self, message):
        self._running = False
        self._tell("state", running=False)

    def _do_step(self, message):
        turn = bounds.choice_of(message, "side", tuple(TURNS))
        self._do_pause(message)
        self._play(turn, 1)
        self._measure()

    def _do_speed(self, message):
        self._speed = bounds.choice_of(message, "value", bounds.SPEEDS)

    def _do_look(self, message):
        self._average = bounds.choice_of(message, "average", (False, True))
        self._label = bounds.choice_of(message, "label", range(1024))
        self._show()
        self._measure()

    def _steps(self):
        """How many steps a frame has: as many as fit, and no more than the speed asks for."""
        return max(1, min(self._count, round(self._speed / FRAMES), STEPS_PER_CALL))

    def _play(self, turn, count):
        """Play all games by as many steps, and show them."""
        if not self._games:
            raise UserError("there is no game yet; set one first.")
        warm = all(game.compiled(turn) for game in self._games)
        if not warm:
            self._tell("compiling")
        seconds = max(self._each(lambda game: game.play(turn, count)))
        if not warm:
            self._tell("state", running=self._running)
        elif seconds:  # half of a frame's time is for looking, sending and other pages
            fits = count * 0.5 / (FRAMES * seconds)
            self._count = int(min(STEPS_PER_CALL, max(1, fits, self._count / 2)))
        self._show(seconds and count / seconds)
        if not any(game.finite for game in self._games):
            self._do_pause({})
        if time.monotonic() - self._measured > MEASURES:
            self._measure()

    def _show_all(self):
        for i, game in enumerate(self._games):
            self._show_world(i, game)
        self._show()
        self._measure()

    def _show_world(self, i, game):
        low, high = game.frame
        mixture = game.source.mixture
        means = {} if mixture is None else {"means": mixture.means}
        arrays = {"real": game.real[: sights.SHOWN], "low": low, "high": high, **means}
        self._send(
            None,
            frames.packed(
                "world",
                arrays,
                game=i,
                floor=game.floor,
                classes=game.source.classes,
                labelled=game.labelled,
                threads=1 if game.config["game"]["z_dim"] == 1 else sights.THREADS,
                estimate=parts.estimate(game.config),
            ),
        )

    def _show(self, rate=0.0):
        seen = self._each(lambda game: game.look(self._average, self._label))
        shown = []
        for i, (game, arrays) in enumerate(zip(self._games, seen, strict=True)):
            told = {"step": game.step, "log": game.log, "rate": rate, "finite": game.finite}
            shown.append(frames.packed("frame", arrays, game=i, **told))
        self._send("frames", *shown)

    def _measure(self):
        found = self._each(lambda game: game.distances(self._average))
        told = [
            frames.words("distances", game=i, step=game.step, values=values)
            for i, (game, values) in enumerate(zip(self._games, found, strict=True))
        ]
        self._send("distances", *told)
        self._measured = time.monotonic()

    def _each(self, do):
        """[do(game)] of all games, at once."""
        return list(self._pool.map(do, self._games))

    def _tell(self, kind, **values):
        self._send(kind, frames.words(kind, **values))
