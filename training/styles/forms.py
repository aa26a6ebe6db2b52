"""Progressions by name, and a song's bars with their chords, sections and choruses.

Degrees are Roman numerals of the key, flat or sharp in front, the quality behind: `bVI7`, `#IVdim7`, `IIm7b5`. `|`
parts bars, a space the chords of one; chords of a bar are equally long. A bar has four beats, in 12/8 dotted ones.
"""

import re
from dataclasses import dataclass
from functools import cache

from training.styles.harmony import TONES, Chord

BEATS = 4.0
_STEPS = {"I": 0, "II": 2, "III": 4, "IV": 5, "V": 7, "VI": 9, "VII": 11}
_DEGREE = re.compile(r"([b#]?)(VII|VI|V|IV|III|II|I)(.*)")


@dataclass(frozen=True, slots=True)
class Progression:
    """Sections in the order of a chorus, each a line of bars; which feels suit, and the codec's genre word."""

    name: str
    genre: str
    feels: tuple[str, ...]
    sections: tuple[str, ...]
    is_minor: bool = False

    @property
    def bars(self) -> int:
        """Bars a chorus."""
        return sum(section.count("|") + 1 for section in self.sections)


_ALL = ("shuffle", "swing", "straight", "slow", "funk")
_JAZZ = ("swing", "straight", "shuffle", "funk")
_POP = ("straight", "funk", "shuffle", "slow")
_A1 = "I6 VI7|IIm7 V7|IIIm7 VI7|IIm7 V7|I6 I7|IV6 #IVdim7|I6 VI7|IIm7 V7"
_A2 = "I6 VI7|IIm7 V7|IIIm7 VI7|IIm7 V7|I6 I7|IV6 #IVdim7|IIm7 V7|I6"
_BRIDGE = "III7|III7|VI7|VI7|II7|II7|V7|V7"

PROGRESSIONS: dict[str, Progression] = {
    progression.name: progression
    for progression in (
        Progression("blues-12", "BLUES", _ALL, ("I7|I7|I7|I7", "IV7|IV7|I7|I7", "V7|IV7|I7|V7")),
        Progression("blues-12-quick", "BLUES", _ALL, ("I7|IV7|I7|I7", "IV7|IV7|I7|I7", "V7|IV7|I7 IV7|I7 V7")),
        Progression(
            "blues-12-minor", "BLUES", _ALL,
            ("Im7|Im7|Im7|Im7", "IVm7|IVm7|Im7|Im7", "bVI7|V7|Im7|IIm7b5 V7"), is_minor=True,
        ),
        Progression(
            "blues-12-jazz", "BLUES", ("swing", "shuffle", "slow", "funk"),
            ("I7|IV7|I7|Vm7 I7", "IV7|#IVdim7|I7|IIIm7b5 VI7", "IIm7|V7|I7 VI7|IIm7 V7"),
        ),
        Progression("blues-8", "BLUES", _ALL, ("I7|V7|IV7|IV7", "I7|V7|I7 IV7|I7 V7")),
        Progression("blues-16", "BLUES", _ALL, ("I7|I7|I7|I7", "IV7|IV7|I7|I7", "V7|IV7|V7|IV7", "V7|IV7|I7|V7")),
        Progression("rhythm-changes", "JAZZ", _JAZZ, (_A1, _A2, _BRIDGE, _A2)),
        Progression(
            "ii-v-i-down", "JAZZ", _JAZZ,
            ("IIm7|V7|IM7|IM7", "Im7|IV7|bVIIM7|bVIIM7", "bVIIm7|bIII7|bVIM7|bVIM7", "IIm7b5|V7|IM7|VIm7"),
        ),
        Progression(
            "ii-v-i-circle", "JAZZ", _JAZZ,
            ("VIm7|IIm7|V7|IM7", "IVM7|VIIm7b5 III7|VIm7|VI7", "IIm7|V7|IIIm7|VI7", "IIm7|V7|I6 VI7|IIm7 V7"),
        ),
        Progression(
            "ii-v-i-minor", "JAZZ", _JAZZ,
            ("IIm7b5|V7|Im6|Im6", "IVm7|bVII7|bIIIM7|bVIM7", "IIm7b5|V7|Im6|VIm7b5", "IIm7b5|V7|Im6|IIm7b5 V7"),
            is_minor=True,
        ),
        Progression("pop-I-V-vi-IV", "POP", _POP, ("I|V|VIm|IV|I|V|VIm|IV", "VIm|IV|I|V|VIm|IV|IV|V")),
        Progression("pop-vi-IV-I-V", "POP", _POP, ("VIm|IV|I|V|VIm|IV|I|V", "IV|V|VIm|I|IV|V|I|V")),
        Progression("pop-I-vi-IV-V", "POP", _POP, ("I|VIm|IV|V|I|VIm|IV|V", "IIm|V|I|VIm|IIm|V|I|V")),
        Progression(
            "pop-i-VI-III-VII", "POP", _POP, ("Im|bVI|bIII|bVII|Im|bVI|bIII|bVII", "IVm|Im|bVI|bVII|IVm|Im|bVI|V"),
            is_minor=True,
        ),
    )
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar of a song. `section` counts sections from 0 within the chorus."""

    number: int
    chords: tuple[Chord, ...]
    section: int
    chorus: int
    starts_section: bool
    ends_section: bool
    ends_chorus: bool
    is_last: bool = False

    @property
    def at(self) -> float:
        """The song's beat on which it begins."""
        return self.number * BEATS

    def chord(self, beat: float) -> Chord:
        """The chord at a beat of the bar, 0–4."""
        return self.chords[min(len(self.chords) - 1, int(beat * len(self.chords) / BEATS))]

    def spans(self) -> list[tuple[float, float, Chord]]:
        """Each chord with the beat on which it begins and its length; equal neighbours are one."""
        length = BEATS / len(self.chords)
        return [(index * length, length, chord) for index, chord in enumerate(self.chords)]


@dataclass(frozen=True, slots=True)
class Form:
    """A song's bars; the last one is the held final chord, after the last chorus."""

    tonic: int
    bars: tuple[Bar, ...]

    def chord(self, beat: float) -> Chord:
        """The chord at a beat of the song; beyond its end, the final one."""
        bar = self.bars[min(int(beat // BEATS), len(self.bars) - 1)]
        return bar.chord(beat - bar.at)

    def following(self, bar: Bar) -> Chord:
        """The chord that the next bar begins with."""
        return self.chord(bar.at + BEATS)


def write_form(progression: Progression, tonic: int, choruses: int) -> Form:
    """`choruses` choruses in a key (its tonic a pitch class), then the final chord."""
    bars: list[Bar] = []
    for chorus in range(choruses):
        for number, section in enumerate(progression.sections):
            lines = section.split("|")
            for index, text in enumerate(lines):
                ends = index == len(lines) - 1
                chords = tuple(chord_of(name, tonic) for name in text.split())
                ends_chorus = ends and number == len(progression.sections) - 1
                bars.append(Bar(len(bars), chords, number, chorus, index == 0, ends, ends_chorus))
    home = _home(progression, tonic)
    bars.append(Bar(len(bars), (home,), 0, choruses, True, True, True, is_last=True))
    return Form(tonic, tuple(bars))


@cache
def chord_of(text: str, tonic: int) -> Chord:
    """A Roman numeral in a key. Raises ValueError for what is none (the catalogue above is tested)."""
    match = _DEGREE.fullmatch(text)
    if match is None or match[3] not in TONES:
        raise ValueError(f"{text!r} is no degree")
    shift = {"b": -1, "#": 1, "": 0}[match[1]]
    return Chord((tonic + _STEPS[match[2]] + shift) % 12, match[3])


def _home(progression: Progression, tonic: int) -> Chord:
    """What the song ends on: the chord on the tonic as the progression first colours it."""
    names = " ".join(progression.sections).replace("|", " ").split()
    chords = (chord_of(name, tonic) for name in names)
    return next(chord for chord in chords if chord.root == tonic)
