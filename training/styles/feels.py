"""Feels: meter, tempo, what swings and how far, and how loosely it is played."""

import random
from dataclasses import dataclass

from training.styles.take import TICKS_PER_BEAT


@dataclass(frozen=True, slots=True)
class Feel:
    """One way to play four beats. Tempo is in those beats a minute; a 12/8 beat is a dotted quarter.

    `swing` is lowest and highest place of the off-beat within `swung_beats` (see Take). `loose_ms` is the spread
    of a good player around the beat, lowest and highest.
    """

    name: str
    meter: tuple[int, int]
    tempo_bpm: tuple[float, float]
    swing: tuple[float, float]
    swung_beats: float
    loose_ms: tuple[float, float]

    @property
    def beat_ticks(self) -> int:
        """Ticks of one of a bar's four beats."""
        return TICKS_PER_BEAT * 3 // 2 if self.meter == (12, 8) else TICKS_PER_BEAT

    def draw_swing(self, rng: random.Random, tempo_bpm: float) -> float:
        """The faster, the straighter: triplets at the slow end of the tempi, near even eighths at the fast one."""
        low, high = self.swing
        slowest, fastest = self.tempo_bpm
        share = min(1.0, max(0.0, (tempo_bpm - slowest) / (fastest - slowest)))
        return min(high, max(low, high - (high - low) * share + rng.uniform(-0.015, 0.015)))


FEELS: dict[str, Feel] = {
    feel.name: feel
    for feel in (
        Feel("shuffle", (4, 4), (88, 148), (0.62, 0.67), 1.0, (3.0, 7.0)),
        Feel("swing", (4, 4), (108, 216), (0.58, 0.67), 1.0, (3.0, 6.0)),
        Feel("straight", (4, 4), (84, 152), (0.5, 0.5), 1.0, (3.0, 6.0)),
        Feel("slow", (12, 8), (46, 66), (2 / 3, 2 / 3), 1.0, (4.0, 8.0)),
        Feel("funk", (4, 4), (84, 116), (0.5, 0.56), 0.5, (2.0, 5.0)),
    )
}
"""`shuffle`, `swing`, `straight` eighths, `slow` 12/8, and `funk`, whose sixteenths lean a little."""
