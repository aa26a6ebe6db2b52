"""A chord's name for people to read: one that stays until there is another, however ambiguous a moment is. Pure."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from copilot.music.theory import Key, symbol_of_state

HOLDS_BEATS = 1.0
"""A chord that is the likeliest for so long is named, by however little."""
CHANGES_WITHIN_BEATS = 1.25
"""Of the bar's beginning or middle: there chords change, and what sounds then need be less clear."""
CLEAR_THERE, CLEAR_ELSEWHERE = 0.4, 0.9
"""How much better than the named one a chord must fit to be named at once; a triad against a wrong one is about 1."""


@dataclass(slots=True)
class Label:
    """The chord that is named; looks come in the order of their beats, four or more a beat."""

    _named: int = -1
    _next: int = -1  # the likeliest, if it is another
    _since_beats: float = 0.0

    def look(
        self, fit: NDArray[np.float64] | None, now_beats: float, into_beats: float, key: Key | None = None
    ) -> str:
        """The name now, `into_beats` after the bar's beginning or middle, as it is written in the key.

        `fit` is `Ear.fit`'s. Empty for nothing.
        """
        if fit is None:
            self._named = self._next = -1
            return ""
        likeliest = int(fit.argmax())
        if self._named < 0:
            self._named = likeliest
        if likeliest != self._next:
            self._next, self._since_beats = likeliest, now_beats
        clear = CLEAR_THERE if into_beats <= CHANGES_WITHIN_BEATS else CLEAR_ELSEWHERE
        if fit[likeliest] - fit[self._named] >= clear or now_beats - self._since_beats >= HOLDS_BEATS:
            self._named = likeliest
        return symbol_of_state(self._named, key)
