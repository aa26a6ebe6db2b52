"""What pushes the copilot's own notes: to the band's chord and time, and to play again after a long rest."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from copilot.codec.grammar import Mask
from copilot.codec.vocabulary import Vocabulary
from copilot.decode.decoder import Logits
from copilot.music.ear import Ear
from copilot.music.pace import Pace
from copilot.music.pulse import Pulse

_LEAST_TONE = 0.05
"""What a note that is no chord tone at all is worth beside one."""

_LEAST_PLACE = 0.05
"""What a note where the band never plays is worth beside one where it does."""

_URGE, _MOST_URGE = 3.0, 6.0
"""Nats by which the copilot's note-ons are raised for each further patience of rest, and at the most."""


_PACE, _MOST_PACE, _SLOWEST = 2.0, 4.0, 1 / 16
"""Nats by which note-ons are raised where the pace is 1/e of what it should be, and at the most; the slowest pace."""


@dataclass(frozen=True, slots=True)
class Steering:
    """`harmony`: how strongly pitches lean to the chord that `ear` hears, `groove`: notes to the places in the beat
    that `pulse` knows (0: not at all). `density`: the notes a beat that `pace` is brought to (0: as it likes). After
    a rest of `patience_ticks` the copilot is urged to play (None: it may rest as it likes).
    """

    vocab: Vocabulary
    ear: Ear
    pulse: Pulse
    pace: Pace
    harmony: float
    groove: float
    density: float
    patience_ticks: int | None

    def worth(self, tick: int) -> NDArray[np.float64]:
        """What each pitch class is worth in the chord at a tick: float64 (12,), nats, 0 at best."""
        worth: NDArray[np.float64] = np.log(_LEAST_TONE + (1.0 - _LEAST_TONE) * self.ear.tones(tick))
        return worth

    def leant(self, tick: int) -> NDArray[np.float32] | None:
        """By how much each pitch is raised at a tick: float32 (128,), nats; None where none is."""
        if self.harmony == 0.0:
            return None
        raised: NDArray[np.float32] = (self.harmony * np.resize(self.worth(tick), 128)).astype(np.float32)
        return raised

    def urged(self, logits: Logits, words: Mask, tick: int, rest_ticks: int) -> Logits:
        """The logits with the copilot's note-ons lowered out of time, raised after too long a rest, brought to pace.

        Likelihood alone lets a part that rests go on resting: without the urge the bass of the packaged blues was
        silent in 13 of 22 bars.
        """
        nats = self._in_time(tick) + self._at_pace(tick) + self._urge(rest_ticks)
        if nats == 0.0:
            return logits
        on_0 = self.vocab.table.on_0
        own = np.zeros_like(words)
        own[on_0 : on_0 + 128] = words[on_0 : on_0 + 128]
        urged = logits.copy()
        urged[self.vocab.leading(0, own)] += np.float32(nats)
        return urged

    def _in_time(self, tick: int) -> float:
        if self.groove == 0.0:
            return 0.0
        return self.groove * math.log(_LEAST_PLACE + (1.0 - _LEAST_PLACE) * self.pulse.agreement(tick))

    def _at_pace(self, tick: int) -> float:
        if self.density == 0.0:
            return 0.0
        nats = _PACE * math.log(self.density / max(self.pace.notes_a_beat(tick), _SLOWEST))
        return max(-_MOST_PACE, min(_MOST_PACE, nats))

    def _urge(self, rest_ticks: int) -> float:
        if self.patience_ticks is None or rest_ticks <= self.patience_ticks:
            return 0.0
        return min(_MOST_URGE, _URGE * (rest_ticks / self.patience_ticks - 1.0))
