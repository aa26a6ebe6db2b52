"""The drawn melody: two-bar motifs that recur, chord tones where it is strong, steps between, breath after each.

What recurs in the song recurs here. A second lead sings a third below.
"""

import random
from dataclasses import dataclass
from functools import cache

from training.styles.drawn.grammar import MODES
from training.styles.drawn.grids import draw_struck
from training.styles.drawn.sections import LETTERS
from training.styles.drawn.song import Song
from training.styles.harmony import TONES, Chord, ladder
from training.styles.take import Take

LOW, HIGH = 57, 88
_MIDDLE, _REACH = 73, 11
_STEPS, _WEIGHTS = (-1, 1, -2, 2, 0, 3, -3, 4), (6, 6, 3, 3, 2.5, 1.2, 1, 0.6)
_PLANS = ("abac", "aabc", "abab", "aaab", "abcb", "aaba")
_LONGEST, _LONG, _LAST, _BREATH, _SECOND_ACCENT = 3.0, 1.5, 1.5, 0.5, 2.0
_P_LEFT_OUT, _P_SAME_TEXT = 0.06, 0.6


@dataclass(frozen=True, slots=True)
class Motif:
    """Two bars: beats from their start, and steps along the scale from note to note."""

    beats: tuple[float, ...]
    steps: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Sung:
    """One note of the melody before it is played."""

    at: float
    length: float
    pitch: int
    chord: Chord
    strong: bool


def play(take: Take, song: Song, part: str) -> None:
    """The melody where the plan has it; `lead 2` harmonises it."""
    base, gate = take.loudness, take.rng.uniform(0.82, 0.98)
    for note in _written(song):
        bar = song.form.bar(note.at)
        if not song.plan.plays[part][bar.number] or (not note.strong and take.rng.random() < _P_LEFT_OUT):
            continue
        take.loudness = base * song.plan.energy[bar.number]
        pitch = note.pitch if part == "lead" else _below(song, note, bar.lift)
        take.hit(note.at, note.length * gate, pitch, 88 + 6 * note.strong)


def _written(song: Song) -> list[Sung]:
    """The whole song's melody, each section by its label."""
    rng = song.shared("melody")
    middle = _MIDDLE + song.idiom.lead_lift + rng.randint(-3, 3)
    text = rng.choice(song.idiom.melody)
    music = []
    for _ in LETTERS:
        text = text if rng.random() < _P_SAME_TEXT else rng.choice(song.idiom.melody)
        motifs = {name: _draw_motif(rng, text) for name in "abc"}
        music.append((rng.choice(_PLANS), motifs, middle + rng.randint(-4, 4)))
    out: list[Sung] = []
    for bar in song.form.bars:
        if bar.is_last:
            out += _phrase(song, Motif((0.0,), (0,)), bar.number, out[-1].pitch if out else middle)
        elif bar.index % 2 == 0:
            plan, motifs, centre = music[bar.section]
            phrase = bar.index // 2
            start = centre + bar.lift if phrase % 4 == 0 or not out else out[-1].pitch
            out += _phrase(song, motifs[plan[phrase % len(plan)]], bar.number, start)
    return out


def _draw_motif(rng: random.Random, text: str) -> Motif:
    beats = tuple(beat for beat, _ in draw_struck(rng, text)) or (0.0,)
    return Motif(beats, tuple(rng.choices(_STEPS, _WEIGHTS, k=len(beats))))


def _phrase(song: Song, motif: Motif, number: int, pitch: int) -> list[Sung]:
    """A motif sung over what the chords are there, from near a pitch on."""
    form = song.form
    first = form.bars[number]
    until = min(len(form.bars), number + 2)
    bars = 1 + (until > number + 1 and form.bars[number + 1].chorus == first.chorus and not first.is_last)
    low, high = max(LOW, pitch - 14), min(HIGH, pitch + 14)
    centre = _MIDDLE + song.idiom.lead_lift + first.lift
    low, high = max(low, centre - _REACH), min(high, centre + _REACH)
    inside = [index for index, beat in enumerate(motif.beats) if beat < bars * form.beats]
    out: list[Sung] = []
    for index in inside:
        beat = motif.beats[index]
        gap = motif.beats[index + 1] - beat if index + 1 < len(motif.beats) else _LAST
        at = first.at + beat
        chord = form.chord(at + (0.5 if beat % 1 >= 0.5 and gap > 0.5 else 0.0))
        in_bar = beat % form.beats
        strong = in_bar in (0, _SECOND_ACCENT) or gap >= _LONG or index == inside[-1]
        steps = around(form.mode, form.tonic + first.lift, chord, low, high)
        near = min(range(len(steps)), key=lambda i, p=pitch: abs(steps[i] - p))  # type: ignore[misc]
        step = motif.steps[index] if index else 0
        if not 0 <= near + step < len(steps):
            step = -step
        wanted = steps[min(max(near + step, 0), len(steps) - 1)]
        pitch = (
            min(ladder(chord, low, high), key=lambda tone: (abs(tone - wanted), tone)) if strong else wanted
        )
        room = bars * form.beats - beat
        if index == inside[-1]:
            room = max(_BREATH, room - _BREATH)
        length = form.beats * 0.9 if first.is_last else min(gap, _LONGEST, room)
        out.append(Sung(at, length, pitch, chord, strong))
    return out


def _below(song: Song, note: Sung, lift: int) -> int:
    """The third below along the scale; on strong notes a chord tone."""
    low, high = note.pitch - 12, note.pitch
    if note.strong:
        return max(tone for tone in ladder(note.chord, low, high) if tone <= note.pitch - 3)
    steps = around(song.form.mode, song.form.tonic + lift, note.chord, low, high)
    return steps[-3]


@cache
def around(mode: str, tonic: int, chord: Chord, low: int, high: int) -> tuple[int, ...]:
    """The key's scale from `low` to `high`, bent so that it holds the chord's tones and nothing beside those rubs."""
    classes = {(tonic + step) % 12 for step in MODES[mode].scale}
    tones = {(chord.root + tone) % 12 for tone in TONES[chord.quality]}
    for tone in tones - classes:
        classes -= {(tone + 1) % 12, (tone - 1) % 12} - tones
        classes.add(tone)
    return tuple(pitch for pitch in range(low, high + 1) if pitch % 12 in classes)
