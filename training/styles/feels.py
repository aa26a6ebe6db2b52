"""Feels: meter, tempo, what swings and how far, and how loosely it is played."""

import random
from dataclasses import dataclass

from training.styles.take import TICKS_PER_BEAT


@dataclass(frozen=True, slots=True)
class Feel:
    """One way to play a bar. Tempo is in its beats a minute; in 6/8 and 12/8 they are dotted quarters.

    `swing` is lowest and highest place of the off-beat within `swung_beats` (see Take). `loose_ms` is the spread
    of a good player around the beat, lowest and highest. `genre` is the codec's word; where it is empty, the
    progression's holds, and the band plays by heart (drums.py, bass.py …) instead of what `drawn` draws for the song.
    `weight` is how often the feel is drawn beside others.
    """

    name: str
    meter: tuple[int, int]
    tempo_bpm: tuple[float, float]
    swing: tuple[float, float]
    swung_beats: float
    loose_ms: tuple[float, float]
    genre: str = ""
    weight: float = 1.0

    @property
    def is_compound(self) -> bool:
        """Whether a beat is three eighths."""
        return self.meter[1] == 8

    @property
    def beat_ticks(self) -> int:
        """Ticks of one beat."""
        return TICKS_PER_BEAT * 3 // 2 if self.is_compound else TICKS_PER_BEAT

    @property
    def bar_beats(self) -> float:
        """Beats a bar."""
        return self.meter[0] / (3 if self.is_compound else 1)

    def draw_swing(self, rng: random.Random, tempo_bpm: float) -> float:
        """The faster, the straighter: triplets at the slow end of the tempi, near even eighths at the fast one."""
        low, high = self.swing
        slowest, fastest = self.tempo_bpm
        share = min(1.0, max(0.0, (tempo_bpm - slowest) / (fastest - slowest)))
        return min(high, max(low, high - (high - low) * share + rng.uniform(-0.015, 0.015)))


_EVEN, _TRIPLET, _TIGHT = (0.5, 0.5), (2 / 3, 2 / 3), (2.0, 5.0)
_4, _3, _6, _12 = (4, 4), (3, 4), (6, 8), (12, 8)

FEELS: dict[str, Feel] = {
    feel.name: feel
    for feel in (
        Feel("shuffle", _4, (88, 148), (0.62, 0.67), 1.0, (3.0, 7.0)),
        Feel("swing", _4, (108, 216), (0.58, 0.67), 1.0, (3.0, 6.0)),
        Feel("straight", _4, (84, 152), _EVEN, 1.0, (3.0, 6.0), weight=0.5),
        Feel("slow", _12, (46, 66), _TRIPLET, 1.0, (4.0, 8.0), weight=0.5),
        Feel("funk", _4, (84, 116), (0.5, 0.56), 0.5, (2.0, 5.0), weight=0.6),
        Feel("rock", _4, (100, 152), _EVEN, 1.0, _TIGHT, "ROCK", 1.8),
        Feel("halftime", _4, (120, 168), _EVEN, 1.0, _TIGHT, "ROCK", 0.8),
        Feel("punk", _4, (156, 204), _EVEN, 1.0, _TIGHT, "ROCK", 0.8),
        Feel("metal", _4, (112, 176), _EVEN, 1.0, (1.5, 4.0), "ROCK", 0.8),
        Feel("ska", _4, (126, 168), _EVEN, 1.0, _TIGHT, "ROCK", 0.6),
        Feel("pop", _4, (92, 132), _EVEN, 1.0, _TIGHT, "POP", 1.8),
        Feel("pop16", _4, (76, 108), (0.5, 0.54), 0.5, _TIGHT, "POP", 1.2),
        Feel("disco", _4, (108, 128), _EVEN, 1.0, (1.5, 4.0), "POP", 1.2),
        Feel("house", _4, (118, 130), _EVEN, 1.0, (1.0, 3.0), "POP", 0.8),
        Feel("synthwave", _4, (84, 124), _EVEN, 1.0, (1.0, 3.0), "POP", 0.7),
        Feel("ballad", _4, (58, 82), _EVEN, 1.0, (3.0, 6.0), "POP", 1.2),
        Feel("ballad16", _4, (54, 76), _EVEN, 1.0, (3.0, 6.0), "POP", 0.8),
        Feel("sway", _6, (44, 70), _TRIPLET, 1.0, _TIGHT, "POP", 0.8),
        Feel("doowop", _12, (54, 80), _TRIPLET, 1.0, (3.0, 6.0), "POP", 0.7),
        Feel("motown", _4, (104, 136), _EVEN, 1.0, _TIGHT, "FUNK", 0.8),
        Feel("hiphop", _4, (76, 98), (0.5, 0.6), 0.5, (2.0, 6.0), "FUNK", 1.2),
        Feel("soul", _4, (66, 96), (0.5, 0.58), 0.5, (3.0, 6.0), "FUNK", 0.8),
        Feel("funkband", _4, (88, 122), (0.5, 0.56), 0.5, _TIGHT, "FUNK", 0.9),
        Feel("jazz", _4, (112, 216), (0.58, 0.67), 1.0, (3.0, 6.0), "JAZZ", 1.2),
        Feel("jazzballad", _4, (56, 84), (0.58, 0.66), 1.0, (3.0, 6.0), "JAZZ", 0.5),
        Feel("manouche", _4, (128, 216), (0.54, 0.62), 1.0, _TIGHT, "JAZZ", 0.5),
        Feel("bluesband", _4, (88, 152), (0.6, 0.67), 1.0, (2.0, 6.0), "BLUES", 1.0),
        Feel("bluesrock", _4, (88, 136), _EVEN, 1.0, _TIGHT, "BLUES", 0.7),
        Feel("slowblues", _12, (44, 68), _TRIPLET, 1.0, (3.0, 6.0), "BLUES", 0.6),
        Feel("country", _4, (92, 136), (0.5, 0.56), 1.0, _TIGHT, "FOLK", 1.2),
        Feel("train", _4, (96, 132), _EVEN, 1.0, _TIGHT, "FOLK", 0.6),
        Feel("folk", _4, (76, 120), _EVEN, 1.0, (3.0, 6.0), "FOLK", 1.0),
        Feel("waltz", _3, (84, 152), _EVEN, 1.0, (3.0, 6.0), "FOLK", 0.8),
        Feel("jig", _6, (48, 84), _TRIPLET, 1.0, (2.0, 5.0), "FOLK", 0.8),
        Feel("bossa", _4, (112, 152), _EVEN, 1.0, _TIGHT, "LATIN", 1.0),
        Feel("samba", _4, (84, 112), (0.5, 0.54), 0.5, _TIGHT, "LATIN", 0.7),
        Feel("salsa", _4, (160, 208), _EVEN, 1.0, _TIGHT, "LATIN", 1.0),
        Feel("cumbia", _4, (86, 108), _EVEN, 1.0, _TIGHT, "LATIN", 0.6),
        Feel("dembow", _4, (84, 100), _EVEN, 1.0, (1.5, 4.0), "LATIN", 0.6),
        Feel("tango", _4, (104, 136), _EVEN, 1.0, _TIGHT, "LATIN", 0.5),
        Feel("afro", _12, (84, 124), _TRIPLET, 1.0, _TIGHT, "LATIN", 0.5),
        Feel("reggae", _4, (66, 88), (0.5, 0.58), 0.5, _TIGHT, "LATIN", 0.9),
        Feel("jazzwaltz", _3, (108, 184), (0.58, 0.66), 1.0, (3.0, 6.0), "JAZZ", 0.8),
        Feel("ambient", _4, (58, 92), _EVEN, 1.0, (3.0, 6.0), "AMBIENT", 2.0),
        Feel("classical", _4, (72, 132), _EVEN, 1.0, (2.0, 5.0), "CLASSICAL", 1.5),
        Feel("minuet", _3, (92, 144), _EVEN, 1.0, (2.0, 5.0), "CLASSICAL", 1.0),
        Feel("chiptune", _4, (116, 172), _EVEN, 1.0, (1.0, 2.5), "GAME", 1.2),
        Feel("quest", _4, (88, 144), _EVEN, 1.0, (2.0, 5.0), "GAME", 0.8),
    )
}
"""`shuffle`, `swing`, `straight` eighths, `slow` 12/8, and `funk`, by heart; then those whose bands are drawn."""
