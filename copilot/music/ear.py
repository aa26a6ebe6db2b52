"""The chord of the moment as odds, from what sounded until now: pure, and cheap enough to ask at every note."""

import math
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from copilot.music.order import OFF, ON, Event
from copilot.music.score import COPILOT_CHANNEL, DRUM_CHANNEL
from copilot.music.theory import STATE_TONES, chord_fit

Floats = NDArray[np.float64]

MEMORY_BEATS = 1.0
"""What sounded so long ago counts 1/e of what sounds now."""
STRUCK_BEATS = 0.25
"""A note counts as if it had sounded so long already when it is struck: a stab tells as much as a pad's begin."""
OWN_BEATS = 0.5
"""What a note of the copilot's counts where it leads, however long it is."""
_SHARPNESS = 16.0


@dataclass(slots=True)
class Ear:
    """Pitch classes heard, and the lowest of each moment, both forgotten exponentially.

    Drums are not listened to, and the copilot's own notes only by the share of `lead`. `held`: int64 (128,), on how
    many channels a key is down. `told`: the pitch classes of a chord that somebody named, which then stands.
    """

    ticks_per_beat: int
    tick: int = 0
    chroma: Floats = field(default_factory=lambda: np.zeros(12))
    bass: Floats = field(default_factory=lambda: np.zeros(12))
    held: NDArray[np.int64] = field(default_factory=lambda: np.zeros(128, np.int64))
    lead: float = 0.0
    told: NDArray[np.bool_] | None = None
    memory_beats: float = MEMORY_BEATS

    def copy(self) -> "Ear":
        """The same, to go its own way."""
        heard = self.chroma.copy(), self.bass.copy(), self.held.copy()
        return Ear(self.ticks_per_beat, self.tick, *heard, self.lead, self.told, self.memory_beats)

    def hear(self, event: Event) -> None:
        """A note begins or ends; events come in the order of their ticks."""
        if event.kind not in (ON, OFF) or event.channel == DRUM_CHANNEL:
            return
        if event.channel == COPILOT_CHANNEL:
            if event.kind == ON and self.lead:
                self._pass_to(event.tick)
                self.chroma[event.pitch % 12] += self.lead * OWN_BEATS
            return
        self._pass_to(event.tick)
        if event.kind == ON:
            self.held[event.pitch] += 1
            self.chroma[event.pitch % 12] += STRUCK_BEATS
        else:
            self.held[event.pitch] = max(0, self.held[event.pitch] - 1)

    def tones(self, tick: int) -> Floats:
        """How likely each pitch class belongs to the chord at a tick: float64 (12,); all 1 where none was heard."""
        if self.told is not None:
            return self.told.astype(np.float64)
        fit = self.fit(tick)
        if fit is None:
            return np.ones(12)
        odds = np.exp(_SHARPNESS * (fit - fit.max()))
        tones: Floats = (odds / odds.sum()) @ STATE_TONES
        return tones

    def fit(self, tick: int) -> Floats | None:
        """How well each of 72 chords fits at a tick: float64 (72,); None where nothing was heard."""
        now = self.copy()
        now._pass_to(tick)
        if now.chroma.sum() < STRUCK_BEATS / 2:
            return None
        fit: Floats = chord_fit(now.chroma[np.newaxis], now.bass[np.newaxis])[0]
        return fit

    def _pass_to(self, tick: int) -> None:
        if tick <= self.tick:
            return
        kept = math.exp((self.tick - tick) / (self.memory_beats * self.ticks_per_beat))
        self.chroma *= kept
        self.bass *= kept
        pitches = np.flatnonzero(self.held)
        if len(pitches):
            gained = self.memory_beats * (1.0 - kept)
            self.chroma += gained * np.bincount(pitches % 12, self.held[pitches], 12)
            self.bass[pitches[0] % 12] += gained
        self.tick = tick
