"""The chord and the key that a band plays, by what was heard until now, for people to see. Pure."""

import math
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from copilot.music.ear import Ear
from copilot.music.label import Label
from copilot.music.order import OFF, ON, Event
from copilot.music.score import COPILOT_CHANNEL, DRUM_CHANNEL
from copilot.music.theory import Key, key_of_weights

_TICKS_PER_BEAT = 24
_MEMORY_BEATS = 0.6
"""Shorter than the memory that steers the model: a name that is not to waver changes more slowly anyway."""
_KEY_MEMORY_BEATS = 32.0
_LEAST_NOTES = 4.0


@dataclass(slots=True)
class Listening:
    """Notes come in the order of their beats."""

    _ear: Ear = field(default_factory=lambda: Ear(_TICKS_PER_BEAT, memory_beats=_MEMORY_BEATS))
    _label: Label = field(default_factory=Label)
    _notes: NDArray[np.float64] = field(default_factory=lambda: np.zeros(12))
    _at_beats: float = 0.0

    def hear(self, pos_beats: float, channel: int, pitch: int, velocity: int, *, is_drums: bool) -> None:
        """A player's note-on, or note-off where velocity is 0."""
        if is_drums or channel == COPILOT_CHANNEL:
            return
        tick = max(self._ear.tick, round(pos_beats * _TICKS_PER_BEAT))
        seat = channel if channel != DRUM_CHANNEL else 1  # whoever plays no drums there is heard
        self._ear.hear(Event(tick, ON if velocity else OFF, seat, pitch, velocity))
        if velocity:
            self._notes *= math.exp(min(0.0, self._at_beats - pos_beats) / _KEY_MEMORY_BEATS)
            self._notes[pitch % 12] += 1.0
            self._at_beats = max(self._at_beats, pos_beats)

    def chord(self, pos_beats: float, into_beats: float) -> str:
        """The symbol of the chord at a beat, so long after its bar's beginning or middle; empty for none.

        Asked for in order: a name stays until another is clear, or has been likelier for a beat.
        """
        fit = self._ear.fit(round(pos_beats * _TICKS_PER_BEAT))
        return self._label.look(fit, pos_beats, into_beats, self._heard_key)

    @property
    def key(self) -> str:
        """The key; empty before enough was heard."""
        return self._heard_key.symbol if self._heard_key else ""

    @property
    def _heard_key(self) -> Key | None:
        return key_of_weights(self._notes) if self._notes.sum() >= _LEAST_NOTES else None
