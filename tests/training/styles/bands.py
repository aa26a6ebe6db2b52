"""Generated bands, and an ear for them: the chords here are written down anew, not taken from the generator."""

from functools import cache

import numpy as np

from copilot.music.midifile import Marker
from copilot.music.score import Note, Part
from training.styles.feels import FEELS
from training.styles.forms import PROGRESSIONS
from training.styles.generate import Tune, draw_style, play_style
from training.styles.plan import PARTS

NOTES = ["C", "Db", "D", "Eb", "E", "F", "Gb", "G", "Ab", "A", "Bb", "B"]
CHORDS = {
    "": "C E G", "m": "C Eb G", "6": "C E G A", "m6": "C Eb G A", "7": "C E G Bb", "M7": "C E G B",
    "m7": "C Eb G Bb", "m7b5": "C Eb Gb Bb", "dim7": "C Eb Gb A", "sus4": "C F G",
}  # fmt: skip
"""Chord symbols over C, as a book of chords spells them."""
NINTH_AND_THIRTEENTH = {
    "": "D",
    "m": "D",
    "6": "D",
    "m6": "D",
    "7": "D A",
    "M7": "D A",
    "m7": "D F",
    "sus4": "D",
}
BY_HEART = [name for name, feel in FEELS.items() if not feel.genre]
"""The feels whose bands are not drawn."""
LATE_MS = 45.0
"""A note that begins so little before a chord change belongs to what comes."""


@cache
def band(feel: str, progression: str, seed: int = 0) -> Tune:
    return play_style(draw_style(seed, feel=feel, progression=progression, parts=PARTS))


BANDS = [(feel, name) for name, progression in PROGRESSIONS.items() for feel in progression.feels]


def ms_a_tick(tune: Tune) -> float:
    return 60_000 / (tune.score.tempi[0].tempo_bpm * tune.score.ticks_per_beat)


def beat_ticks(tune: Tune) -> int:
    """Ticks of one of the bar's four beats."""
    meter = tune.score.meters[0]
    return int(meter.bar_beats() * tune.score.ticks_per_beat / 4)


class Harmony:
    """What the markers of a file say, by chord symbol."""

    def __init__(self, markers: tuple[Marker, ...]) -> None:
        self.ticks = [marker.tick for marker in markers]
        self.symbols = [marker.text for marker in markers]

    def classes(self, tick: float, colours: bool) -> set[int]:
        symbol = self.symbols[max(0, int(np.searchsorted(self.ticks, tick, side="right")) - 1)].split("/")[0]
        root = symbol[:2] if symbol[:2] in NOTES else symbol[:1]
        quality = symbol[len(root) :]
        names = CHORDS[quality].split() + (NINTH_AND_THIRTEENTH.get(quality, "").split() if colours else [])
        return {(NOTES.index(root) + NOTES.index(name)) % 12 for name in names}


def fits(tune: Tune, note: Note, colours: bool = True) -> bool:
    """Whether a note is of the chord on which it begins, or of the one that comes within half a beat."""
    harmony, late = Harmony(tune.markers), LATE_MS / ms_a_tick(tune)
    soon = 0.5 * beat_ticks(tune) + late
    return any(
        note.pitch % 12 in harmony.classes(note.start_ticks + ahead, colours) for ahead in (late, soon)
    )


def part(tune: Tune, name: str) -> Part:
    return next(part for part in tune.score.parts if part.name == name)


def share_of_time(tune: Tune, notes: list[Note]) -> float:
    """How much of the notes' time is on chord tones, colours included."""
    lengths = np.array([note.end_ticks - note.start_ticks for note in notes])
    return float(lengths[[fits(tune, note) for note in notes]].sum() / lengths.sum())
