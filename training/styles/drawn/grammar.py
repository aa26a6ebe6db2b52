"""What chord follows what, by mode; loops drawn from that, with secondary dominants, and a bass that steps."""

import random
from dataclasses import dataclass
from functools import cache

from training.styles.forms import chord_of
from training.styles.harmony import TONES, Chord

_DOMINANTS = {
    "IIm": "VI7",
    "IIIm": "VII7",
    "IV": "I7",
    "V": "II7",
    "VIm": "III7",
    "IVm": "I7",
    "bIII": "bVII7",
}
"""The dominant of a degree, which may stand in the place before it."""
_SEVENTHS = {
    "I": "IM7", "IIm": "IIm7", "IIIm": "IIIm7", "IV": "IVM7", "V": "V7", "VIm": "VIm7", "Im": "Im7", "IVm": "IVm7",
    "Vm": "Vm7", "bIII": "bIIIM7", "bVI": "bVIM7", "bVII": "bVII7", "II": "II7",
}  # fmt: skip
_FLAT_SEVENTHS = {("mixolydian", "I"): "I7", ("dorian", "IV"): "IV7"}
"""Where the mode's own seventh is minor."""
_P_SUS = 0.35


@dataclass(frozen=True, slots=True)
class Mode:
    """A scale above the tonic, and by degree what may follow it: pairs of degree and weight. The first is home."""

    scale: tuple[int, ...]
    moves: dict[str, str]

    @property
    def home(self) -> str:
        """The chord on the tonic."""
        return next(iter(self.moves))

    @property
    def is_minor(self) -> bool:
        """Whether keys of it are written with an m."""
        return self.scale[2] == 3


MODES: dict[str, Mode] = {
    "major": Mode(
        (0, 2, 4, 5, 7, 9, 11),
        {
            "I": "IV 5 V 4 VIm 4 IIm 2 IIIm 1.5 bVII 0.4",
            "IIm": "V 6 IV 1 VIm 1 IIIm 0.6 IVm 0.3",
            "IIIm": "VIm 4 IV 4 IIm 1",
            "IV": "I 4 V 5 IIm 1.5 VIm 1.5 IVm 0.6 IIIm 0.5",
            "V": "I 6 VIm 4 IV 2 IIIm 0.4",
            "VIm": "IV 5 IIm 2.5 V 2.5 IIIm 1 I 0.6",
            "IVm": "I 5 V 1",
            "bVII": "IV 4 I 3",
            "bVI": "bVII 4 IVm 1",
        },
    ),
    "minor": Mode(
        (0, 2, 3, 5, 7, 8, 10),
        {
            "Im": "bVI 4 bVII 4 IVm 4 bIII 2 Vm 1.5 V 1.5 IIm7b5 0.6",
            "IIm7b5": "V 6",
            "bIII": "bVII 3 IVm 2 bVI 3",
            "IVm": "Im 3 V 3 bVII 3 bVI 1",
            "Vm": "bVI 3 IVm 2 Im 2",
            "V": "Im 6 bVI 2",
            "bVI": "bVII 4 bIII 3 V 2 IVm 1",
            "bVII": "Im 4 bIII 3 bVI 2",
        },
    ),
    "mixolydian": Mode(
        (0, 2, 4, 5, 7, 9, 10),
        {
            "I": "bVII 5 IV 4 Vm 1.5 IIm 0.8",
            "IIm": "IV 2 Vm 1 I 1",
            "IV": "I 5 bVII 2",
            "Vm": "IV 3 bVII 2 I 1",
            "bVII": "IV 5 I 3",
        },
    ),
    "dorian": Mode(
        (0, 2, 3, 5, 7, 9, 10),
        {
            "Im": "IV 6 bVII 3 IIm 1.5 bIII 2 Vm 1",
            "IIm": "Im 3 IV 1 bIII 1",
            "bIII": "IV 3 bVII 2",
            "IV": "Im 6 bVII 2 bIII 1",
            "Vm": "Im 2 IV 2",
            "bVII": "Im 3 IV 3",
        },
    ),
}
"""Weights by ear: what a rock or pop band most likely plays next."""

SHAPES: dict[str, tuple[str, ...]] = {
    # How chords lie over a loop's bars, by number: `|` parts bars.
    "long": ("0|0|1|1", "0|0|0|0", "0|0|1|1|2|2|3|3", "0|0|0|1", "0|0|1|2"),
    "even": (
        "0|1",
        "0|1|2|3",
        "0|1|2|2",
        "0|1|2|3",
        "0|1|0|2",
        "0|1|2|3|4|5|6|7",
        "0|1|2|3|0|4|5|6",
        "0|0|1|2",
    ),
    "wide": (
        "0|1|2|3|4|5|6|7",
        "0|1|2|3|4|5|6|6",
        "0|1|2|3|4|5|6 7|8",
        "0|0|1|2|3|3|4|5",
        "0|1 2|3|4|5|6 7|8|9",
        "0 1|2 3|4 5|6|7 8|9 10|11|12",
    ),
    "quick": ("0 1|2 3", "0|1 2|3|4", "0|1|2|3 4", "0 1|2", "0 1|2 3|4 5|6 7", "0|1 2|0|3 4"),
}


def draw_loop(
    rng: random.Random, mode: str, pace: str, from_home: bool, p_dominant: float
) -> list[list[str]]:
    """The degrees of a loop's bars. The last leads back to the first, unless nothing was found that does."""
    shape = [[int(number) for number in bar.split()] for bar in rng.choice(SHAPES[pace]).split("|")]
    count = 1 + max(max(bar) for bar in shape)
    moves = _moves(mode)
    home = MODES[mode].home
    line: list[str] = []
    for _ in range(6):
        first = home if from_home else rng.choices(*moves[home])[0]
        line = [first]
        while len(line) < count:
            line.append(rng.choices(*moves[line[-1]])[0])
        if count == 1 or (line[-1] != first and first in moves[line[-1]][0]):
            break
    dominated = list(line)
    for place in range(1, count - 1):
        leads = _DOMINANTS.get(line[place + 1])
        if leads and rng.random() < p_dominant and line[place] != MODES[mode].home:
            dominated[place] = leads
    return [[dominated[number] for number in bar] for bar in shape]


def colour(degree: str, colours: str, mode: str = "major") -> str:
    """A degree in a language: `triads`, `dominants` (a seventh on V alone), `sevenths`, `blues` (minor ones)."""
    if colours == "sevenths":
        return _FLAT_SEVENTHS.get((mode, degree)) or _SEVENTHS.get(degree, degree)
    if colours == "blues":
        return degree if degree[-1].isdigit() else degree + "7"
    return "V7" if colours == "dominants" and degree == "V" else degree


def suspend(rng: random.Random, bars: list[list[Chord]]) -> None:
    """A major triad that has its bar alone is held up by a fourth first, now and then."""
    for bar in bars:
        if len(bar) == 1 and bar[0].quality == "" and rng.random() < _P_SUS:
            bar[:] = [Chord(bar[0].root, "sus4"), bar[0]]


def step_bass(line: list[Chord]) -> list[Chord]:
    """Chords over a bass that steps: a third or fifth below one whose neighbours' basses lie next to that note."""
    out = list(line)
    for place in range(1, len(line) - 1):
        chord, before, after = line[place], out[place - 1].bass, line[place + 1].root
        if chord.over is not None or len({before, after, chord.root}) < 3:
            continue
        for tone in TONES[chord.quality][1:3]:
            note = (chord.root + tone) % 12
            if all(min((note - other) % 12, (other - note) % 12) <= 2 for other in (before, after)):
                out[place] = Chord(chord.root, chord.quality, note)
                break
    return out


def chords_of(bars: list[list[str]], tonic: int, colours: str, mode: str = "major") -> list[list[Chord]]:
    """A loop in a key."""
    return [[chord_of(colour(degree, colours, mode), tonic) for degree in bar] for bar in bars]


@cache
def _moves(mode: str) -> dict[str, tuple[list[str], list[float]]]:
    moves = {}
    for degree, text in MODES[mode].moves.items():
        words = text.split()
        moves[degree] = (words[::2], [float(weight) for weight in words[1::2]])
    return moves
