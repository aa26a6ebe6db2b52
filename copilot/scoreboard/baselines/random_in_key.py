"""Random notes of the key, as high, dense and long as the role's: what listening to the chords must be better than.

The key is that whose Krumhansl profile correlates best with what sounded in the last 16 beats.
"""

import math
from collections.abc import Iterable, Iterator

from copilot.engine.base import Controls, Horizon, PlannedNote
from copilot.music.theory import key_of_weights
from copilot.scoreboard.baselines.base import WINDOW_BEATS, Baseline
from copilot.scoreboard.baselines.dice import pick, unit
from copilot.scoreboard.baselines.habits import HABITS, HAT, KICK, SNARE

_SLOTS = 4  # a beat: sixteenths
_SCALES = {"major": (0, 2, 4, 5, 7, 9, 11), "minor": (0, 2, 3, 5, 7, 8, 10)}
_KIT = (KICK, SNARE, HAT, HAT, 46, 51)


class RandomInKey(Baseline):
    """Each sixteenth is struck or not, by chance alone."""

    name = "random-in-key"

    def plan(self, horizon: Horizon, controls: Controls) -> Iterable[PlannedNote]:
        """Nothing before there is a key; drums need none."""
        pitches = self._pitches(horizon, controls)
        first = math.ceil(horizon.free_beats * _SLOTS - 1e-6)
        if pitches:
            for slot in range(first, math.ceil(horizon.until_beats * _SLOTS)):
                yield from self._struck(slot, pitches)

    def _pitches(self, horizon: Horizon, controls: Controls) -> list[int]:
        if self.role == "drums":
            return list(_KIT)
        key = key_of_weights(self.memory.band.chroma(horizon.now_beats, WINDOW_BEATS, controls.roles))
        if key is None:
            return []
        habit = HABITS[self.role]
        scale = {(key.tonic + step) % 12 for step in _SCALES[key.mode]}
        return [pitch for pitch in range(habit.low, habit.high + 1) if pitch % 12 in scale]

    def _struck(self, slot: int, pitches: list[int]) -> Iterator[PlannedNote]:
        habit, seed = HABITS[self.role], self.memory.seed
        if unit(seed, slot, 0) >= habit.onsets / _SLOTS:
            return
        start_beats = slot / _SLOTS
        length_beats = habit.length_beats * pick((0.5, 1.0, 2.0), unit(seed, slot, 1))
        voices = 2 if unit(seed, slot, 2) < habit.voices - 1 else 1
        for voice in range(voices):
            pitch = pick(pitches, unit(seed, slot, 3, voice))
            yield PlannedNote(start_beats, start_beats + length_beats, pitch, habit.velocity)
