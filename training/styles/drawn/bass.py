"""The drawn bass: a rhythm that stays with its section and locks with the kick, said over each chord.

Signs: r root, t third, f fifth, o octave, s seventh or sixth, a leads on, n is the next chord's root ahead of time,
x a muted root, w a chord tone on the way. A digit's degree is drawn with the pattern; the text `k` is the kick's own.
"""

import random
from typing import NamedTuple

from training.styles.drawn.grids import Cell, Struck, draw_cell
from training.styles.drawn.song import Song
from training.styles.harmony import Chord, ladder, nearest, scale
from training.styles.take import Take

LOW, HIGH, ROOT_HIGH = 28, 52, 42
_DEGREES, _WEIGHTS = "rfots", (10, 3, 2, 1.2, 0.8)
_P_SAME, _P_LEAD, _P_STEP = 0.5, 0.3, 0.3
_LONGEST, _MUTED = 4.0, 0.4


class Event(NamedTuple):
    """One note before it is played: its beat of the song, pitch and sign."""

    at: float
    pitch: int
    sign: str


def play(take: Take, song: Song) -> None:
    """Bars of the plan; each chord's bass note where it begins, and what was drawn after it."""
    gate = take.rng.uniform(*song.idiom.gate)
    base, events = take.loudness, _written(take.rng, song)
    ends = [event.at for event in events[1:]] + [song.form.bars[-1].at + song.form.beats]
    for event, end in zip(events, ends, strict=True):
        take.loudness = base * song.plan.energy[song.form.bar(event.at).number]
        gap = min(end - event.at, _LONGEST, _rest(song, event.at))
        take.hit(event.at, gap * (_MUTED if event.sign == "x" else gate), event.pitch, _velocity(event))


def _velocity(event: Event) -> float:
    return 50 if event.sign == "x" else 92 if event.at % 1 == 0 else 82


def _written(rng: random.Random, song: Song) -> list[Event]:
    """The whole song's line."""
    form = song.form
    lines = _draw_lines(rng, song)
    events: list[Event] = []
    last, ahead = 36, False
    for bar in form.bars[:-1]:
        if not song.plan.plays["bass"][bar.number]:
            ahead = False
            continue
        line = lines[bar.section][bar.index % len(lines[bar.section])]
        spans = bar.spans()
        for number, (start, length, chord) in enumerate(spans):
            following = spans[number + 1][2] if number + 1 < len(spans) else form.following(bar)
            signs = _signs(line, start, length, ahead, number == 0)
            if following != chord and len(signs) > 2 and signs[-1][1] not in "nax" and rng.random() < _P_LEAD:
                signs = (*signs[:-1], (signs[-1][0], "a"))
            for beat, sign in signs:
                last = _pitch(rng, sign, chord, following, last)
                events.append(Event(bar.at + beat, last, sign))
            ahead = bool(signs) and signs[-1][1] == "n"
    final = form.bars[-1]
    return [*events, Event(final.at, nearest(final.chords[0].bass, last, LOW, LOW + 12), "r")]


def _rest(song: Song, at: float) -> float:
    """Beats until the bass rests, at most two bars."""
    bar = song.form.bar(at)
    plays = song.plan.plays["bass"]
    ahead = bar.number + 1
    return (2 if ahead < len(plays) and plays[ahead] else 1) * bar.beats - (at - bar.at)


def _draw_lines(rng: random.Random, song: Song) -> tuple[Cell, ...]:
    """Two bars by section label; some labels share them."""
    texts = song.idiom.bass
    text = rng.choice(texts)
    lines: list[Cell] = []
    for label, kicks in enumerate(song.groove.kicks):
        if label and rng.random() > _P_SAME:
            text = rng.choice(texts)
        if label and song.groove.kicks[label] == song.groove.kicks[0] and rng.random() < _P_SAME:
            lines.append(lines[0])
            continue
        cell = kicks if text == "k" else draw_cell(rng, text, song.form.beats)
        lines.append(tuple(tuple((beat, _degree(rng, beat, sign)) for beat, sign in bar) for bar in cell))
    return tuple(lines)


def _degree(rng: random.Random, beat: float, sign: str) -> str:
    if not sign.isdigit():
        return sign
    return "r" if beat == 0 else rng.choices(_DEGREES, _WEIGHTS)[0]


def _signs(line: Struck, start: float, length: float, ahead: bool, opens_bar: bool) -> Struck:
    """What is played of a bar's line over one chord: its bass note first, unless that was played ahead."""
    inside = tuple((beat, sign) for beat, sign in line if start <= beat < start + length)
    if opens_bar and ahead:
        return tuple((beat, sign) for beat, sign in inside if beat > 0)
    if inside and inside[0][0] == start:
        return ((start, "r"), *inside[1:])
    return ((start, "r"), *inside)


def _pitch(rng: random.Random, sign: str, chord: Chord, following: Chord, last: int) -> int:
    """The pitch of a sign over a chord, near what was played last."""
    root = nearest(chord.bass, (2 * min(last, ROOT_HIGH) + 35) / 3, LOW, ROOT_HIGH)
    tones = ladder(chord, LOW, HIGH)
    if sign in "rx":
        return root
    if sign == "o":
        return root + 12 if root + 12 <= HIGH else root
    if sign == "n":
        return nearest(following.bass, root, LOW, ROOT_HIGH)
    if sign == "f":
        fifth = (chord.root + chord.fifth) % 12 if chord.over is None else chord.root
        return nearest(fifth, root + 3, LOW, HIGH - 4)
    if sign == "t":
        return nearest((chord.root + chord.third) % 12, root + 4, LOW, HIGH)
    if sign == "s":
        return max(tone for tone in tones if tone <= root + 11)
    target = nearest(following.bass, root, LOW, ROOT_HIGH)
    if sign == "w":
        return _between(rng, chord, last, target)
    if following == chord:
        return nearest((chord.root + chord.fifth) % 12, root - 2, LOW, HIGH)
    steps = [target + step for step in (-1, 1, -2, 2) if target + step >= LOW]
    inside = [step for step in steps if step in scale(chord, LOW, HIGH)]
    return min(inside or steps, key=lambda step: abs(step - last))


def _between(rng: random.Random, chord: Chord, last: int, target: int) -> int:
    """A chord tone near the last note, mostly toward what comes; or a step of the chord's scale on the way there."""
    side = 1 if target > last else -1
    steps = [pitch for pitch in scale(chord, LOW, HIGH) if 0 < (pitch - last) * side <= 2]
    if steps and abs(target - last) > 2 and rng.random() < _P_STEP:
        return steps[0]
    tones = [tone for tone in ladder(chord, LOW, HIGH) if 0 < abs(tone - last) <= 7]
    toward = [tone for tone in tones if (tone - last) * (target - last) > 0]
    return rng.choice(toward if toward and rng.random() < 0.7 else tones or [last])
