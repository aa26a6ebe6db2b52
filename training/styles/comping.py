"""What every comping hand does: chords that move little, in a rhythm of its own."""

from collections.abc import Sequence
from dataclasses import dataclass

from training.styles.forms import BEATS, Bar, Form
from training.styles.harmony import Chord, voicing
from training.styles.take import Take

Rhythm = tuple[tuple[float, float], ...]
"""(beat within a bar, length in beats)."""

_P_LEFT_OUT = 0.06


@dataclass(slots=True)
class Hand:
    """A hand: where it reaches, two octaves at most, how many notes it takes, and what it holds now.

    `plain` hands add no ninths and thirteenths.
    """

    low: int
    high: int
    size: int
    shape: tuple[int, ...] = ()
    plain: bool = False

    def take_up(self, chord: Chord) -> tuple[int, ...]:
        """The chord as near as can be to what was held before."""
        self.shape = voicing(chord, self.shape, self.low, self.high, self.size, self.plain)
        return self.shape


def chord_for(form: Form, at: float) -> Chord:
    """The chord that a hit on the song's beat `at` belongs to: off the beat, the one that comes."""
    return form.chord(at + (0.5 if at % 1.0 >= 0.5 else 0.0))


def strike(
    take: Take,
    form: Form,
    bar: Bar,
    rhythm: Sequence[tuple[float, float]],
    hand: Hand,
    velocity: float,
    until: float = BEATS,
) -> None:
    """Play a rhythm up to the bar's beat `until`, beats a little louder; a hit after the first may be left out."""
    for beat, length in rhythm:
        if beat >= until:
            break
        if beat != rhythm[0][0] and take.rng.random() < _P_LEFT_OUT:
            continue
        at = bar.at + beat
        loud = velocity + (4 if beat == int(beat) else 0)
        take.chord(at, length, hand.take_up(chord_for(form, at)), loud)


def hold_last(take: Take, bar: Bar, hand: Hand, velocity: float) -> None:
    """The final chord, until its bar's end."""
    take.chord(bar.at, 3.7, hand.take_up(bar.chords[0]), velocity)
