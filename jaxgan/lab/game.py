"""One game of a page: its state, and what is done with it."""

import contextlib
import time

import jax
import numpy as np

from jaxgan.build.limits import check_limits
from jaxgan.build.run import prepare
from jaxgan.core import noise
from jaxgan.core.errors import UserError
from jaxgan.data import feed as feeds
from jaxgan.data.source import only
from jaxgan.games import GAMES
from jaxgan.lab import sights
from jaxgan.lab.programs import TURNS, alike, feed_of, live, program_of


class LiveGame:
    """A game that is played step by step.

    Attributes:
      config: whole.
      state: the ``GanState``.
      step: steps done.
      source: its data.
      frame: (low, high) of what is drawn.
      real: [MEASURED, D] points of the data, in their order.
      floor: ``sights.distances`` of other real points: what a perfect generator would have.
      finite: whether all metrics have been; else it stands still.
      log: {name: number} of the last step.
    """

    def __init__(self, config):
        """Make a game of a config; nothing of the step is compiled yet.

        Raises:
          UserError: whatever is wrong with the config or the data.
        """
        run = prepare(config)
        check_limits(run, config)
        if run.sources[0].shape not in ((1,), (2,)):
            raise UserError("the lab plays on points of one or two numbers.")
        self.source = run.sources[0]
        self._sources = (only(self.source, ("x", *GAMES[config["game"]["name"]].needs)),)
        arrays = feeds.place(self._sources, run.devices)
        rows = {
            name: array[: 2 * sights.MEASURED] for name, array in self._sources[0].arrays().items()
        }
        points = rows["x"]
        self.real, other = points[: sights.MEASURED], points[sights.MEASURED :]
        self.frame = sights.frame_of(self.real)
        self.floor = sights.distances(self.real, other, self.frame, self.source.mixture)
        # Labels are of others than the real points are, or each class would be made just as often.
        self._batch = {name: array[sights.MEASURED :] for name, array in rows.items()}
        self._probes = sights.plane(*self.frame)
        self.config = config
        self._program = program_of(config, run, self._sources)
        self._values = arguments(config)
        self._feeds = {
            turn: feed_of(config, run, self._sources, self._program.phase(turn), arrays)
            for turn in TURNS
        }
        z = config["game"]
        self._threads = sights.threads(z["z_dim"], z["z"])
        self._keys = jax.random.split(noise.stream(config["seed"], noise.PICTURES), sights.MEASURED)
        self._replicate = run.devices.replicate
        self.restart()

    def restart(self):
        """Be at step 0 again."""
        # On the device from the start, or the first call's program would not be the second's.
        self.state = self._replicate(self._program.create(np.uint32(self.config["seed"])))
        self.step, self.finite, self.log = 0, True, {}

    def change(self, config):
        """Go on under other rates or weights, where no more differs; returns whether it does."""
        entries = self._sources[0].entries
        same = [config[key] == self.config[key] for key in ("seed", "data")]
        if not all(same) or alike(config, entries) != alike(self.config, entries):
            return False
        self._values = arguments(config)
        self.config = config
        return True

    @property
    def labelled(self):
        """Whether the networks are told the class."""
        return "label" in self._batch

    def compiled(self, turn):
        """Whether nothing of a turn is left to compile."""
        return turn in self._program.ready

    def play(self, turn, count):
        """Play ``count`` steps, at most ``steps_per_call``; returns the seconds that it took."""
        if not self.finite:
            return 0.0
        begun = time.monotonic()
        data, block = self._feeds[turn].block(self.step, count)
        data = {"examples": data, "seed": np.uint32(self.config["seed"]), "values": self._values}
        play = self._program.play(turn)
        # While it is compiled others wait; then each plays for itself.
        with contextlib.nullcontext() if self.compiled(turn) else self._program.lock:
            self.state, log, done = play(self.state, data, block, np.int32(count))
            self._program.ready.add(turn)
        done = int(done)
        self.step += done
        self.log = {name: float(values[done - 1]) for name, values in log.items()}
        self.finite = bool(np.isfinite(list(self.log.values())).all())
        return time.monotonic() - begun

    def generator(self, average):
        """The generator's variables: of the average over steps, or as they are."""
        return self.state.ema if average else self.state.generator.variables

    def look(self, average=False, label=0):
        """Arrays by name, as ``sights.look`` has them."""
        batch = {name: array[: sights.SHOWN] for name, array in self._batch.items()}
        keys = self._keys[: sights.SHOWN]
        label = np.int32(min(label, max(self.source.classes - 1, 0)))
        critic = self.state.critic.variables
        asked = (self.generator(average), critic, batch, keys, self._probes, self._threads, label)
        return jax.device_get(self._program.look(*asked))

    def distances(self, average=False):
        """``sights.distances`` of what the generator makes."""
        fake = self._program.measured(self.generator(average), self._batch, self._keys)
        return sights.distances(self.real, np.asarray(fake), self.frame, self.source.mixture)


def arguments(config):
    """What a program takes of a config: float32 by dotted key."""
    return {key: np.float32(value) for key, value in live(config).items()}
