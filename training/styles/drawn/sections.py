"""A drawn song's form: sections that recur, each a loop of the grammar's with a turn at its end.

Letters: A verse, B chorus, C bridge; i is an introduction, half an A, and o the same at the end. What recurs has the
same chords; the last section may be a step higher.
"""

import random
from dataclasses import replace

from training.styles.drawn.grammar import (
    MODES,
    chords_of,
    colour,
    draw_loop,
    step_bass,
    suspend,
)
from training.styles.drawn.idioms.model import Idiom
from training.styles.forms import Bar, Form, bar_chords, chord_of
from training.styles.harmony import Chord

LETTERS = "ABCD"
_P_TURN, _P_SUSPEND, _P_LIFT, _P_SAME_LOOP, _P_PEDAL = 0.45, 0.15, 0.1, 0.15, 0.06
_SHORT = 5
"""Sections of fewer bars are none of their own."""
_LOW_TURN = {"major": "V", "minor": "V", "mixolydian": "bVII", "dorian": "IV"}

Loop = tuple[tuple[Chord, ...], ...]


def draw_form(rng: random.Random, idiom: Idiom, tonic: int, mode: str, beats: float) -> Form:
    """A form of some 20 to 56 bars of `beats`, then the final chord."""
    letters = rng.choice(idiom.forms)
    colours = rng.choice(idiom.colours)
    length = rng.choice(idiom.bars)
    sections = _draw_sections(rng, idiom, letters, tonic, mode, colours, length, beats)
    lifted = len(letters) - 1 if rng.random() < _P_LIFT and len(letters) > 2 else len(letters)
    lift = rng.choice((1, 2, 2))
    bars: list[Bar] = []
    for chorus, letter in enumerate(letters):
        label = 0 if letter in "io" else LETTERS.index(letter)
        music = sections[LETTERS[label]]
        music = music[: max(2, length // 2)] if letter in "io" else music
        up = lift if chorus >= lifted else 0
        for index, chords in enumerate(music):
            moved = tuple(chord.moved(up) for chord in chords) if up else chords
            ends = index == len(music) - 1
            ends_chorus = ends and (chorus == len(letters) - 1 or letters[chorus + 1] == "B")
            bars.append(
                Bar(
                    len(bars),
                    moved,
                    label,
                    chorus,
                    index == 0,
                    ends,
                    ends_chorus,
                    index=index,
                    beats=beats,
                    lift=up,
                )
            )
    up = bars[-1].lift
    home = chord_of(colour(MODES[mode].home, colours, mode), tonic).moved(up)
    last = Bar(len(bars), (home,), 0, len(letters), True, True, True, is_last=True, beats=beats, lift=up)
    return Form(tonic, (*bars, last), mode)


def label_sections(form: Form) -> Form:
    """A named progression's form with sections counted as a drawn one's: by what they are, and all in a row.

    Where they are short, as in a blues, a chorus is one section, and choruses are A and B in turns.
    """
    ends = [bar.index for bar in form.bars if bar.ends_section and not bar.is_last]
    whole = max(ends) + 1 < _SHORT
    bars, count, index = list[Bar](), -1, 0
    for bar in form.bars:
        starts = bar.is_last or (bar.starts_section and (not whole or bar.section == 0))
        count, index = count + starts, 0 if starts else index + 1
        label = bar.chorus % 2 if whole else bar.section % len(LETTERS)
        bars.append(
            replace(
                bar, chorus=count, section=label, index=index, starts_section=starts,
                ends_section=bar.ends_chorus if whole else bar.ends_section,
            )
        )  # fmt: skip
    return replace(form, bars=tuple(bars))


def _draw_sections(
    rng: random.Random,
    idiom: Idiom,
    letters: str,
    tonic: int,
    mode: str,
    colours: str,
    length: int,
    beats: float,
) -> dict[str, Loop]:
    """The music of each letter."""
    names = list(idiom.paces)
    sections: dict[str, Loop] = {}
    for letter in sorted({letter for letter in letters if letter in LETTERS} | {"A"}):
        if letter == "B" and rng.random() < _P_SAME_LOOP:
            sections[letter] = sections["A"]
            continue
        pace = rng.choices(names, list(idiom.paces.values()))[0]
        from_home = letter == "A" or rng.random() < (0.5 if letter == "B" else 0.1)
        loop = chords_of(draw_loop(rng, mode, pace, from_home, idiom.p_dominant), tonic, colours, mode)
        if rng.random() < _P_SUSPEND:
            suspend(rng, loop)
        bars = [list(bar) for _ in range(-(-length // len(loop))) for bar in loop][:length]
        if rng.random() < _P_TURN:
            turn = chord_of(colour(_LOW_TURN[mode], colours, mode), tonic)
            bars[-1] = [bars[-1][0], turn] if bars[-1][0] != turn and rng.random() < 0.4 else [turn]
        sections[letter] = _over_bass(rng, idiom, bars, tonic, beats)
    return sections


def _over_bass(rng: random.Random, idiom: Idiom, bars: list[list[Chord]], tonic: int, beats: float) -> Loop:
    """Now and then a bass that steps, or one that stays on the tonic under chords that have it."""
    draw = rng.random()
    if draw < idiom.p_line:
        line = iter(step_bass([chord for bar in bars for chord in bar]))
        bars = [[next(line) for _ in bar] for bar in bars]
    elif draw < idiom.p_line + _P_PEDAL:
        bars = [
            [replace(c, over=tonic) if c.holds(tonic) and c.root != tonic else c for c in bar] for bar in bars
        ]
    return tuple(bar_chords(bar, beats) for bar in bars)
