"""A factor oracle: which slice of what was played may follow which, by the longest past that they share.

C. Allauzen, M. Crochemore, M. Raffinot: Factor oracle: a new structure for pattern matching, SOFSEM 1999 (the online
construction); G. Assayag, S. Dubnov: Using factor oracles for machine improvisation, Soft Computing 8 (2004) (the
walk: on along the original, or by a suffix link to another continuation of the same past).
"""

from collections import defaultdict

from copilot.scoreboard.baselines.dice import pick
from copilot.scoreboard.baselines.slices import Slice

_GOES_ON = 0.75
"""How often it stays with the original: runs of four beats on average, where there is another way at all."""


class FactorOracle:
    """State 0 is the beginning; state s is reached by slice s − 1. Suffixes of states never change as it grows."""

    def __init__(self) -> None:
        self.slices: list[Slice] = []
        self._links: list[dict[object, int]] = [{}]
        self._suffixes = [-1]
        self._at_beat: dict[int, list[int]] = defaultdict(list)

    def add(self, piece: Slice) -> None:
        """Append a slice."""
        state, label = len(self._links), piece.label
        self.slices.append(piece)
        self._links.append({})
        self._links[state - 1][label] = state
        behind = self._suffixes[state - 1]
        while behind >= 0 and label not in self._links[behind]:
            self._links[behind][label] = state
            behind = self._suffixes[behind]
        self._suffixes.append(0 if behind < 0 else self._links[behind][label])
        self._at_beat[piece.beat].append(state)

    def follow(self, state: int, beat: int, goes_on: float, choice: float) -> int:
        """The state after one, for the beat `beat` of a bar, by two numbers in [0, 1); 0 where there is none.

        The walk may come to another beat of the bar, where meters differ or a piece ends: it begins anew then, at
        any slice of the right one.
        """
        ways = [state + 1] if 0 < state < len(self.slices) else []
        if state and self._suffixes[state] and (goes_on >= _GOES_ON or not ways):
            ways = list(self._links[self._suffixes[state]].values())
        fitting = [way for way in ways if self.slices[way - 1].beat == beat]
        fitting = fitting or self._at_beat.get(beat) or []
        return pick(fitting, choice) if fitting else 0
