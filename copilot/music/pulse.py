"""Where in the beat a band plays, from what was struck until now: pure, and cheap enough to ask at every note."""

import math
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from copilot.music.order import ON, Event
from copilot.music.score import COPILOT_CHANNEL

Floats = NDArray[np.float64]

MEMORY_BEATS = 12.0
"""A strike so long ago counts 1/e of one now."""
_LEAST_STRIKES = 6.0
"""Before it has heard so many, anything is in time."""
_USUAL = 0.3
"""A place that is struck so often, beside the one struck most, is as good as that one."""
_NEAR = np.asarray([0.4, 0.85, 1.0, 0.85, 0.4])
"""What a strike makes of the ticks around it, a 24th of a beat each."""


@dataclass(slots=True)
class Pulse:
    """Strikes by place in the beat, forgotten exponentially; the copilot's own count by the share of `lead`."""

    ticks_per_beat: int
    tick: int = 0
    strikes: Floats = field(default_factory=lambda: np.zeros(0))
    lead: float = 0.0

    def __post_init__(self) -> None:
        if not len(self.strikes):
            self.strikes = np.zeros(self.ticks_per_beat)

    def hear(self, event: Event) -> None:
        """A note begins; events come in the order of their ticks."""
        counts = self.lead if event.channel == COPILOT_CHANNEL else 1.0
        if event.kind != ON or counts == 0.0:
            return
        if event.tick > self.tick:
            self.strikes *= math.exp((self.tick - event.tick) / (MEMORY_BEATS * self.ticks_per_beat))
            self.tick = event.tick
        self.strikes[event.tick % self.ticks_per_beat] += counts

    def agreement(self, tick: int) -> float:
        """How well a note that begins at a tick would fall in with the band, 0–1; 1 where it has hardly played."""
        if self.strikes.sum() < _LEAST_STRIKES:
            return 1.0
        around = (tick + np.arange(-2, 3)) % self.ticks_per_beat
        near = float((self.strikes[around] * _NEAR).max() / self.strikes.max())
        return min(1.0, near / _USUAL)
