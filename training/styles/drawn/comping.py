"""Hands that accompany: chords, arpeggios, power chords, riffs, montunos and pads, in rhythms drawn by section."""

import random
from collections.abc import Callable
from dataclasses import dataclass

from copilot.music.roles import REGISTER
from training.styles.comping import Hand
from training.styles.drawn.grids import Cell, draw_cell
from training.styles.drawn.idioms.model import Comp
from training.styles.drawn.song import Song
from training.styles.forms import Bar
from training.styles.harmony import TONES, Chord, ladder, nearest
from training.styles.take import Take

_BANDS = {
    # Where hands lie, lowest and highest, by how many there are: apart, so that they seldom strike one key.
    1: ((54, 75),), 2: ((49, 69), (60, 80)), 3: ((48, 67), (56, 76), (65, 85)),
    4: ((47, 66), (53, 73), (60, 80), (66, 86)), 5: ((47, 66), (52, 72), (57, 77), (62, 82), (67, 87)),
}  # fmt: skip
_HEIGHTS = {"guitar": 0.0, "guitar 2": 0.9, "keys": 0.8, "keys 2": 1.6, "pad": 1.0}
"""Who mostly lies above whom; a song's players differ from it by about one."""
_LOW_STRINGS, _LOW = (40, 52), {"keys": (36, 52), "guitar": (40, 54)}
_HIGHEST = {"keys": REGISTER["keys"][1], "guitar": REGISTER["guitar"][1], "pad": REGISTER["pad"][1]}
_RIFF = {"keys": (55, 76), "guitar": (40, 64)}
_ORDERS: tuple[tuple[int, ...], ...] = (
    (0, 1, 2, 3), (0, 1, 2, 3, 2, 1), (0, 2, 1, 2), (0, 2, 1, 3), (3, 2, 1, 0), (0, 1, 2, 1), (0, 2, 3, 2),
    (0, 3, 1, 2, 1, 3, 2, 1),
)  # fmt: skip
_CONTOUR, _CONTOUR_WEIGHTS = (0, 1, 2, 3, -1, -2), (5, 2, 2, 1, 2, 1)
_P_SAME, _P_PUSH, _P_PLAIN = 0.55, 0.5, 0.5
_P_LEFT_OUT = (0.0, 0.0, 0.04, 0.1)
"""How often players leave out a chord of their rhythm: some never do."""


@dataclass(frozen=True, slots=True)
class Manner:
    """What a hand does in the sections of one label: how, in which rhythm and order, and whether it runs ahead."""

    comp: Comp
    cell: Cell
    order: tuple[int, ...]
    pushes: bool
    gate: float
    p_left_out: float


def play(take: Take, song: Song, part: str) -> None:
    """Bars of the plan; the final chord is held."""
    kind = part.split(maxsplit=1)[0]
    base, manners = take.loudness, _draw_manners(take.rng, song, part)
    low, high = _reaches(song)[part]
    plain = _is_plain(song)
    hands = {
        (m.comp.size, m.comp.lift): Hand(
            *_within(low, high, m.comp.lift // 2, kind), m.comp.size, plain=plain
        )
        for m in manners
    }
    for bar in song.form.bars:
        take.loudness = base * song.plan.energy[bar.number]
        manner = manners[bar.section]
        hand = hands[manner.comp.size, manner.comp.lift]
        if bar.is_last:
            take.chord(bar.at, bar.beats * 0.92, hand.take_up(bar.chords[0]), manner.comp.velocity + 6)
            return
        if song.plan.plays[part][bar.number]:
            _bar(take, song, bar, manner, hand, kind)


def _reaches(song: Song) -> dict[str, tuple[int, int]]:
    """Each hand's place in this song, its lowest and highest pitch."""
    rng = song.shared("reaches")
    hands = [part for part in song.plan.plays if part in _HEIGHTS]
    hands.sort(key=lambda part: _HEIGHTS[part] + rng.gauss(0.0, 0.8))
    shift = rng.randint(-2, 2)
    return {
        part: (low + shift, high + shift) for part, (low, high) in zip(hands, _BANDS[len(hands)], strict=True)
    }


def _within(low: int, high: int, lift: int, kind: str) -> tuple[int, int]:
    """A reach lifted as far as its top, or an arpeggio's octave, stays in the role's register."""
    lift = min(lift, _HIGHEST[kind] - 4 - high)
    return low + lift, high + lift


def _is_plain(song: Song) -> bool:
    """Whether this band leaves ninths and thirteenths out: always among triads, half the time among sevenths."""
    chords = [chord for bar in song.form.bars for chord in bar.chords]
    sevenths = sum(len(TONES[chord.quality]) == 4 for chord in chords)
    return sevenths * 2 < len(chords) or song.shared("colours").random() < _P_PLAIN


def _draw_manners(rng: random.Random, song: Song, part: str) -> list[Manner]:
    """By section label; the second of two keyboards or guitars has another manner than the first where it can."""
    comps = list(song.idiom.comps[part.split(maxsplit=1)[0]])
    first = song.shared(part.split(maxsplit=1)[0]).randrange(len(comps))
    comps = comps[first:] + comps[:first]
    if part.endswith("2") and len(comps) > 1:
        comps = comps[1:]
    manners: list[Manner] = []
    for label in range(len(song.groove.kicks)):
        if label and rng.random() < _P_SAME:
            manners.append(manners[0])
            continue
        comp = comps[0] if not label else rng.choice(comps)
        cell = draw_cell(rng, rng.choice(comp.grids), song.form.beats) if comp.grids else ()
        order: tuple[int, ...] = rng.choice(_ORDERS)
        if comp.manner == "riff":
            order = tuple(rng.choices(_CONTOUR, _CONTOUR_WEIGHTS, k=max(1, sum(map(len, cell)))))
        pushes, gate = rng.random() < _P_PUSH, rng.uniform(*comp.gate)
        manners.append(Manner(comp, cell, order, pushes, gate, rng.choice(_P_LEFT_OUT)))
    return manners


def _bar(take: Take, song: Song, bar: Bar, manner: Manner, hand: Hand, kind: str) -> None:
    comp = manner.comp
    if comp.manner == "hold":
        _hold(take, song, bar, manner, hand)
        return
    struck = manner.cell[bar.index % len(manner.cell)]
    # A riff's turns go on from bar to bar; all else begins anew.
    before = sum(map(len, manner.cell[: manner.cell.index(struck)])) if comp.manner == "riff" else 0
    for index, (beat, sign) in enumerate(struck):
        if index and comp.manner == "block" and sign.isdigit() and take.rng.random() < manner.p_left_out:
            continue
        gap = (struck[index + 1][0] if index + 1 < len(struck) else bar.beats) - beat
        chord, change = bar.chord(beat), song.until_change(bar, beat)
        if manner.pushes and beat % 1 >= 0.5 and change <= 0.5:
            chord, change = song.form.chord(bar.at + beat + change), gap
        loud = comp.velocity + (5 if beat % 1 == 0 else -3 if beat % 0.5 == 0 else -9)
        low = -1
        if sign in "bcf":
            said = chord.bass if sign != "f" else (chord.root + chord.fifth) % 12
            low = nearest(said, 42, *_LOW[kind])
            take.hit(bar.at + beat, min(change, gap if sign != "c" else bar.beats) * 0.95, low, loud + 2)
        if sign not in "bf":
            pitches = _MANNERS[comp.manner](chord, hand, manner.order, before + index, kind)
            above = tuple(pitch for pitch in pitches if pitch != low)
            if above:
                take.chord(bar.at + beat, min(gap * manner.gate, change), above, loud)


def _hold(take: Take, song: Song, bar: Bar, manner: Manner, hand: Hand) -> None:
    """Each chord for as long as it lasts, two bars at most; what goes on is not struck anew."""
    for start, length, chord in bar.spans():
        before = song.form.bars[bar.number - 1].chords[-1] if bar.number else None
        if start == 0 and bar.index % 2 == 1 and before == chord:
            continue
        longest = (
            song.until_change(bar, start) if start + length >= bar.beats and bar.index % 2 == 0 else length
        )
        take.chord(bar.at + start, longest * manner.gate, hand.take_up(chord), manner.comp.velocity)


def _block(chord: Chord, hand: Hand, _order: tuple[int, ...], _index: int, _kind: str) -> tuple[int, ...]:
    return hand.take_up(chord)


def _arp(chord: Chord, hand: Hand, order: tuple[int, ...], index: int, _kind: str) -> tuple[int, ...]:
    """One of the shape's notes; a shape of three goes on an octave higher."""
    shape = hand.take_up(chord)
    ring = (*shape, shape[0] + 12)
    return (ring[order[index % len(order)] % len(ring)],)


def _power(chord: Chord, _hand: Hand, order: tuple[int, ...], _index: int, _kind: str) -> tuple[int, ...]:
    """Root and fifth on the low strings, and the octave in some sections."""
    root = nearest(chord.bass if chord.over is None else chord.root, 44, *_LOW_STRINGS)
    return (root, root + chord.fifth, root + 12) if order[0] == 0 else (root, root + chord.fifth)


def _montuno(chord: Chord, hand: Hand, _order: tuple[int, ...], index: int, _kind: str) -> tuple[int, ...]:
    """Octaves and inner notes in turns."""
    shape = hand.take_up(chord)
    return (shape[0], shape[0] + 12) if index % 2 == 0 else shape[1:]


def _riff(chord: Chord, _hand: Hand, order: tuple[int, ...], index: int, kind: str) -> tuple[int, ...]:
    """Chord tones around a root, the same turns over each chord."""
    low, high = _RIFF[kind]
    tones = ladder(chord, low, high)
    place = tones.index(nearest(chord.root, low + 8, low, high)) + order[index % len(order)]
    return (tones[min(max(place, 0), len(tones) - 1)],)


_MANNERS: dict[str, Callable[[Chord, Hand, tuple[int, ...], int, str], tuple[int, ...]]] = {
    "block": _block, "arp": _arp, "power": _power, "montuno": _montuno, "riff": _riff,
}  # fmt: skip
MANNERS = ("hold", *_MANNERS)
"""What a hand can do."""
