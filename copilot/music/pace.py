"""How many notes a beat a part plays, from what it played until now: pure."""

import math
from dataclasses import dataclass

MEMORY_BEATS = 4.0
"""A note so long ago counts 1/e of one now."""


@dataclass(slots=True)
class Pace:
    """Notes, forgotten exponentially. They come in the order of their ticks."""

    ticks_per_beat: int
    tick: int = 0
    notes: float = 0.0

    def copy(self) -> "Pace":
        """The same, to go its own way."""
        return Pace(self.ticks_per_beat, self.tick, self.notes)

    def count(self, tick: int) -> None:
        """A note begins."""
        self.notes = 1.0 + self._left(tick)
        self.tick = max(self.tick, tick)

    def notes_a_beat(self, tick: int) -> float:
        """The pace at a tick."""
        return self._left(tick) / MEMORY_BEATS

    def _left(self, tick: int) -> float:
        return self.notes * math.exp(min(0, self.tick - tick) / (MEMORY_BEATS * self.ticks_per_beat))
