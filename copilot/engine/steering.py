"""What pushes the copilot's own notes: to the chord that it hears, and to play again after a long rest."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from copilot.codec.grammar import Mask
from copilot.codec.vocabulary import Vocabulary
from copilot.decode.decoder import Logits
from copilot.music.ear import Ear

_LEAST_TONE = 0.05
"""What a note that is no chord tone at all is worth beside one."""

_URGE, _MOST_URGE = 3.0, 6.0
"""Nats by which the copilot's note-ons are raised for each further patience of rest, and at the most."""


@dataclass(frozen=True, slots=True)
class Steering:
    """`harmony`: how strongly pitches lean to the chord (0: not at all). After a rest of `patience_ticks` the copilot
    is urged to play (None: it may rest as it likes).
    """

    vocab: Vocabulary
    ear: Ear
    harmony: float
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

    def urged(self, logits: Logits, words: Mask, rest_ticks: int) -> Logits:
        """The logits with the copilot's note-ons raised, the more the longer it has rested beyond its patience.

        Likelihood alone lets a part that rests go on resting: without this the bass of the packaged blues was
        silent in 13 of 22 bars.
        """
        if self.patience_ticks is None or rest_ticks <= self.patience_ticks:
            return logits
        on_0 = self.vocab.table.on_0
        own = np.zeros_like(words)
        own[on_0 : on_0 + 128] = words[on_0 : on_0 + 128]
        raised = logits.copy()
        excess = rest_ticks / self.patience_ticks - 1.0
        raised[self.vocab.leading(0, own)] += np.float32(min(_MOST_URGE, _URGE * excess))
        return raised
