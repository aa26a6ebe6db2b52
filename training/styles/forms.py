"""Progressions by name, and a song's bars with their chords, sections and choruses.

Degrees are Roman numerals of the key, flat or sharp in front, the quality behind: `bVI7`, `#IVdim7`, `IIm7b5`. `|`
parts bars, a space the chords of one; chords of a bar are equally long, but in three beats the first of two has two.
Beats are the feel's: dotted quarters in 6/8 and 12/8.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

from training.styles.harmony import TONES, Chord

BEATS = 4.0
_STEPS = {"I": 0, "II": 2, "III": 4, "IV": 5, "V": 7, "VI": 9, "VII": 11}
_DEGREE = re.compile(r"([b#]?)(VII|VI|V|IV|III|II|I)(.*)")


@dataclass(frozen=True, slots=True)
class Progression:
    """Sections in the order of a chorus, each a line of bars; which feels suit, and the codec's genre word.

    Drawn feels name the progressions that suit them in their idioms.
    """

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
        Progression("pop-canon", "POP", (), ("I|V|VIm|IIIm|IV|I|IV|V", "VIm|V|IV|I|IIm|VIm|IV|V")),
        Progression(
            "pop-royal-road", "POP", (),
            ("IVM7|V7|IIIm7|VIm7|IVM7|V7|I|I", "IIm7|V7|IIIm7|VIm7|IIm7|V7|IM7|I7"),
        ),
        Progression("rock-I-bVII-IV", "ROCK", (), ("I|bVII|IV|I|I|bVII|IV|I", "IV|IV|I|I|bVII|IV|I|I")),
        Progression(
            "rock-i-bVII-bVI", "ROCK", (), ("Im|bVII|bVI|bVII|Im|bVII|bVI|bVII", "bIII|bVII|IVm|bVI|bIII|bVII|IVm|V"),
            is_minor=True,
        ),
        Progression(
            "andalusian", "LATIN", (), ("Im|bVII|bVI|V|Im|bVII|bVI|V", "IVm|Im|V7|Im|IVm|Im|bVI|V7"), is_minor=True
        ),
        Progression("son-montuno", "LATIN", (), ("I IV|V7 IV|I IV|V7 IV", "IV|I|V7|I", "I IV|V7 IV|I IV|V7 IV")),
        Progression(
            "circle-minor", "POP", (),
            ("Im7|IVm7|bVII7|bIIIM7|bVIM7|IIm7b5|V7|Im7", "IVm7|Im7|bVIM7|V7|IVm7|Im7|V7|Im7"),
            is_minor=True,
        ),
        Progression(
            "dorian-vamp", "FUNK", (), ("Im7|IV7|Im7|IV7|Im7|IV7|Im7|IV7", "bIIIM7|IV7|bIIIM7|IV7"), is_minor=True
        ),
        Progression("folk-I-IV-I-V", "FOLK", (), ("I|I|IV|I|I|I|V|V", "I|I|IV|I|I|V|I|I", "IV|IV|I|I|IV|I|V|V")),
        Progression("reggae-I-ii", "LATIN", (), ("I|IIm|I|IIm|I|IIm|I|IIm", "IV|IIIm|IIm|V|IV|IIIm|IIm|V")),
        Progression(
            "epic-vi-VII-i", "GAME", (), ("bVI|bVII|Im|Im|bVI|bVII|bIII|bIII", "IVm|bVI|Im|bVII|IVm|bVI|V|V"),
            is_minor=True,
        ),
    )
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar of a song, `index` bars into its section. `section` counts sections from 0 within the chorus.

    In a drawn form (drawn/sections.py) `section` says which music it is, A being 0, and `chorus` counts all sections.
    `lift` is how far the key is above the song's, in semitones.
    """

    number: int
    chords: tuple[Chord, ...]
    section: int
    chorus: int
    starts_section: bool
    ends_section: bool
    ends_chorus: bool
    is_last: bool = False
    index: int = 0
    beats: float = BEATS
    lift: int = 0

    @property
    def at(self) -> float:
        """The song's beat on which it begins."""
        return self.number * self.beats

    def chord(self, beat: float) -> Chord:
        """The chord at a beat of the bar."""
        return self.chords[min(len(self.chords) - 1, int(beat * len(self.chords) / self.beats))]

    def spans(self) -> list[tuple[float, float, Chord]]:
        """Each chord with the beat on which it begins and its length; equal neighbours are one."""
        length = self.beats / len(self.chords)
        found: list[tuple[float, float, Chord]] = []
        for index, chord in enumerate(self.chords):
            if found and found[-1][2] == chord:
                found[-1] = (found[-1][0], found[-1][1] + length, chord)
            else:
                found.append((index * length, length, chord))
        return found


@dataclass(frozen=True, slots=True)
class Form:
    """A song's bars; the last one is the held final chord, after the last chorus. `mode` is one of grammar.MODES."""

    tonic: int
    bars: tuple[Bar, ...]
    mode: str = "major"

    @property
    def beats(self) -> float:
        """Beats a bar, the same throughout."""
        return self.bars[0].beats

    def bar(self, beat: float) -> Bar:
        """The bar at a beat of the song; beyond its end, the final one."""
        return self.bars[min(int(beat // self.beats), len(self.bars) - 1)]

    def chord(self, beat: float) -> Chord:
        """The chord at a beat of the song; beyond its end, the final one."""
        bar = self.bar(beat)
        return bar.chord(beat - bar.at)

    def following(self, bar: Bar) -> Chord:
        """The chord that the next bar begins with."""
        return self.chord(bar.at + self.beats)


def write_form(progression: Progression, tonic: int, choruses: int, beats: float = BEATS) -> Form:
    """`choruses` choruses in a key (its tonic a pitch class), then the final chord; `beats` a bar."""
    bars: list[Bar] = []
    for chorus in range(choruses):
        for number, section in enumerate(progression.sections):
            lines = section.split("|")
            for index, text in enumerate(lines):
                ends = index == len(lines) - 1
                chords = bar_chords([chord_of(name, tonic) for name in text.split()], beats)
                ends_chorus = ends and number == len(progression.sections) - 1
                starts = index == 0
                bars.append(
                    Bar(
                        len(bars), chords, number, chorus, starts, ends, ends_chorus, index=index, beats=beats
                    )
                )
    home = _home(progression, tonic)
    bars.append(Bar(len(bars), (home,), 0, choruses, True, True, True, is_last=True, beats=beats))
    return Form(tonic, tuple(bars), "minor" if progression.is_minor else "major")


def bar_chords(chords: Sequence[Chord], beats: float) -> tuple[Chord, ...]:
    """A bar's chords, equally long; the first of two takes two of three beats."""
    if beats == 3 and len(chords) == 2:
        return (chords[0], *chords)
    return tuple(chords)


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
