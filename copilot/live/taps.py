"""Tempo from taps. Pure."""

from collections import deque
from dataclasses import dataclass, field
from itertools import pairwise
from statistics import median

LONGEST_TAP_S = 3.0
"""A tap later than this after the last one begins anew: 20 bpm, the slowest tempo."""
SHORTEST_TAP_S = 0.06
"""Sooner than this is a key that bounced: 1,000 bpm."""


@dataclass(slots=True)
class Taps:
    """The last taps' moments, in seconds."""

    _at_s: deque[float] = field(default_factory=lambda: deque(maxlen=9))

    def tap(self, at_s: float) -> float | None:
        """A tap; returns the tempo in bpm by the median of the last gaps, None at the first one."""
        if self._at_s and at_s - self._at_s[-1] < SHORTEST_TAP_S:
            return None
        if self._at_s and at_s - self._at_s[-1] > LONGEST_TAP_S:
            self._at_s.clear()
        self._at_s.append(at_s)
        gaps_s = [later - sooner for sooner, later in pairwise(self._at_s)]
        return 60.0 / median(gaps_s) if gaps_s else None
