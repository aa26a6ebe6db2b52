"""Does the scoreboard know good from bad? A 12-bar shuffle with basses whose order any musician would give."""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from copilot.music.roles import Role
from copilot.music.score import Note, Part, Score
from copilot.scoreboard.las import judge
from copilot.scoreboard.take import Take

_TICKS_PER_BEAT = 480
_BAR = 4 * _TICKS_PER_BEAT
_SWUNG = 2 * _TICKS_PER_BEAT // 3
_A, _D, _E = 45, 50, 52  # roots: MIDI pitches of A2, D3, E3
_FORM = (_A, _D, _A, _A, _D, _D, _A, _A, _E, _D, _A, _E)
_BAND: tuple[tuple[int, Role], ...] = ((1, "keys"), (9, "drums"))
_LATE_S = 0.060
_REACH = range(36, 60)
_DRAWS = 20
"""One draw says little: over 60, random in scale had 24–63, by what its 48 notes happened to follow."""

REAL, OTHER, PUMP, SILENCE = "real walking bass", "another valid bass", "tonic pump", "silence"
WRONG = ("60 ms late", "random in scale", "⅓ beat late", "tritone", "random chromatic")


@dataclass(frozen=True, slots=True)
class SelfCheck:
    """LAS of each bass by name, and what is out of order: nothing, if the scoreboard can be trusted so far."""

    las: Mapping[str, float]
    out_of_order: tuple[str, ...]


def self_check() -> SelfCheck:
    """Judge all basses: real > other > pump > each of the wrong ones > silence, which must have 0.

    Measured: 87.9, 80.5, 52.5; 60 ms late 37.8, random in scale 42.8, ⅓ beat late 17.6, tritone 35.8, random
    chromatic 27.7; 0. Among the wrong ones no order is asked: which mistake is worse is a matter of taste. What
    the definitions do not give: a line of chord tones alone is above a boogie line with its sixths even where
    the latter is the real one (86.8 against 83.9), as nothing but DIST rewards a tone outside the chord.
    And the tempo matters: 60 ms late beats the pump at 60 and 80 bpm (60.1, 55.3), where it is less of a beat
    and SYN stays above chance (.16, .10); from 100 bpm on SYN is 0, and LAS 37.8 or less.
    """
    context, real = shuffle()
    las = {
        name: sum(judge(Take(context, "bass", real, played)).las for played in takes) / len(takes)
        for name, takes in basses(real).items()
    }
    steps = [
        (REAL, OTHER),
        (OTHER, PUMP),
        *((PUMP, name) for name in WRONG),
        *((name, SILENCE) for name in WRONG),
    ]
    wrong = [
        f"{better} ({las[better]:.1f}) does not beat {worse} ({las[worse]:.1f})"
        for better, worse in steps
        if las[better] <= las[worse]
    ]
    if las[SILENCE] != 0.0:
        wrong.append(f"silence has {las[SILENCE]:.1f}, not 0")
    return SelfCheck(las, tuple(wrong))


def shuffle() -> tuple[Score, tuple[Note, ...]]:
    """A 12-bar shuffle in A at 120 bpm, keys and drums in swung eighths, and the walking bass that was held out."""
    keys, drums = [], []
    for bar, root in enumerate(_FORM):
        for beat in range(4):
            at = bar * _BAR + beat * _TICKS_PER_BEAT
            seventh_chord = [root + 12 + tone for tone in (0, 4, 7, 10)]
            if beat in (0, 2):
                keys += [Note(at, at + _SWUNG, pitch, 80) for pitch in seventh_chord]
            else:
                keys += [Note(at + _SWUNG, at + _TICKS_PER_BEAT, pitch, 70) for pitch in seventh_chord]
            drums += [Note(at, at + 60, 51, 80), Note(at + _SWUNG, at + _SWUNG + 60, 51, 60)]
            drums.append(Note(at, at + 60, 38 if beat % 2 else 36, 90))
    ordered = (tuple(sorted(notes, key=lambda n: (n.start_ticks, n.pitch))) for notes in (keys, drums))
    parts = tuple(Part(channel, role, notes) for (channel, role), notes in zip(_BAND, ordered, strict=True))
    return Score(_TICKS_PER_BEAT, parts), _walking()


def basses(real: tuple[Note, ...]) -> dict[str, list[tuple[Note, ...]]]:
    """What is played in the real bass's place, by name; the random ones, in its rhythm, are twenty each."""
    late_ticks = round(_LATE_S * 2 * _TICKS_PER_BEAT)  # two beats a second
    scale = [pitch for pitch in _REACH if (pitch - _A) % 12 in (0, 2, 4, 5, 7, 9, 10)]
    return {
        REAL: [real],
        OTHER: [_line(((0, 4, 7, 9), (10, 9, 7, 4)))],
        PUMP: [tuple(replace(note, pitch=_A) for note in real)],
        "60 ms late": [_moved(real, late_ticks)],
        "random in scale": [_drawn(real, scale, seed) for seed in range(_DRAWS)],
        "⅓ beat late": [_moved(real, _TICKS_PER_BEAT // 3)],
        "tritone": [tuple(replace(note, pitch=note.pitch + 6) for note in real)],
        "random chromatic": [_drawn(real, _REACH, seed) for seed in range(_DRAWS)],
        SILENCE: [()],
    }


def _drawn(notes: tuple[Note, ...], pitches: Sequence[int], seed: int) -> tuple[Note, ...]:
    rng = random.Random(seed)
    return tuple(replace(note, pitch=rng.choice(pitches)) for note in notes)


def _walking() -> tuple[Note, ...]:
    """Root, third, fifth, and a step from below into the next bar's root, or a seventh where the chord stays."""
    bars = []
    for bar, root in enumerate(_FORM):
        following = _FORM[(bar + 1) % len(_FORM)]
        bars.append((0, 4, 7, following - 1 - root if following != root else (-2, 11)[bar % 2]))
    return _line(bars)


def _line(bars: Sequence[tuple[int, ...]]) -> tuple[Note, ...]:
    """Quarter notes at semitones above the roots; `bars` in turn."""
    return tuple(
        Note(at, at + _TICKS_PER_BEAT, root + tone, 90)
        for bar, root in enumerate(_FORM)
        for beat, tone in enumerate(bars[bar % len(bars)])
        for at in (bar * _BAR + beat * _TICKS_PER_BEAT,)
    )


def _moved(notes: tuple[Note, ...], by_ticks: int) -> tuple[Note, ...]:
    return tuple(
        replace(note, start_ticks=note.start_ticks + by_ticks, end_ticks=note.end_ticks + by_ticks)
        for note in notes
    )
