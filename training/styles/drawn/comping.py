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

_REACH = {
    # Where the hand of each part lies, lowest and highest.
    "keys": (55, 76), "keys 2": (60, 81), "guitar": (50, 71), "guitar 2": (55, 76), "pad": (52, 77),
}  # fmt: skip
_SHIFTS = {"keys": (-2, 0, 2, 4), "guitar": (-2, 0, 2), "pad": (-7, -4, 0, 5, 8)}
"""By how much a player's hand is moved for the song, so that bands don't all lie alike."""
_LOW_STRINGS, _LOW = (40, 52), {"keys": (36, 52), "guitar": (40, 54)}
_HIGHEST = {"keys": REGISTER["keys"][1], "guitar": REGISTER["guitar"][1], "pad": REGISTER["pad"][1]}
_RIFF = {"keys": (55, 76), "guitar": (40, 64)}
_ORDERS: tuple[tuple[int, ...], ...] = (
    (0, 1, 2, 3), (0, 1, 2, 3, 2, 1), (0, 2, 1, 2), (0, 2, 1, 3), (3, 2, 1, 0), (0, 1, 2, 1), (0, 2, 3, 2),
    (0, 3, 1, 2, 1, 3, 2, 1),
)  # fmt: skip
_CONTOUR, _CONTOUR_WEIGHTS = (0, 1, 2, 3, -1, -2), (5, 2, 2, 1, 2, 1)
_P_SAME, _P_PUSH, _P_PLAIN = 0.55, 0.5, 0.5


@dataclass(frozen=True, slots=True)
class Manner:
    """What a hand does in the sections of one label: how, in which rhythm and order, and whether it runs ahead."""

    comp: Comp
    cell: Cell
    order: tuple[int, ...]
    pushes: bool
    gate: float


def play(take: Take, song: Song, part: str) -> None:
    """Bars of the plan; the final chord is held."""
    kind = part.split(maxsplit=1)[0]
    base, manners = take.loudness, _draw_manners(take.rng, song, part)
    shift = take.rng.choice(_SHIFTS[kind])
    low, high = (pitch + shift for pitch in _REACH[part])
    plain = _is_plain(song)
    hands = {
        (m.comp.size, m.comp.lift): Hand(
            *_within(low + m.comp.lift, high + m.comp.lift, kind), m.comp.size, plain=plain
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


def _within(low: int, high: int, kind: str) -> tuple[int, int]:
    """A reach moved down where its top, or an arpeggio's octave, would leave the role's register."""
    over = max(0, high - (_HIGHEST[kind] - 4))
    return low - over, high - over


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
        manners.append(Manner(comp, cell, order, rng.random() < _P_PUSH, rng.uniform(*comp.gate)))
    return manners


def _bar(take: Take, song: Song, bar: Bar, manner: Manner, hand: Hand, kind: str) -> None:
    comp = manner.comp
    if comp.manner == "hold":
        _hold(take, song, bar, manner, hand)
        return
    side = bar.index % len(manner.cell)
    struck = manner.cell[side]
    before = sum(len(cell) for cell in manner.cell[:side]) if comp.manner == "riff" else 0
    for index, (beat, sign) in enumerate(struck):
        gap = (struck[index + 1][0] if index + 1 < len(struck) else bar.beats) - beat
        change = song.until_change(bar, beat)
        chord = bar.chord(beat)
        ahead = manner.pushes and beat % 1 >= 0.5 and change <= 0.5
        if ahead:
            following = song.form.bar(bar.at + beat + change)
            chord, change = following.chord(bar.at + beat + change - following.at), gap
        length = min(gap * manner.gate, change)
        loud = comp.velocity + (5 if beat % 1 == 0 else -3 if beat % 0.5 == 0 else -9)
        at = bar.at + beat
        if sign in "bcf":
            low = nearest(chord.bass if sign != "f" else (chord.root + chord.fifth) % 12, 42, *_LOW[kind])
            take.hit(at, min(change, gap * 1.0 if sign != "c" else change, bar.beats) * 0.95, low, loud + 2)
        if sign not in "bf":
            pitches = _MANNERS[comp.manner](chord, hand, manner.order, before + index, kind)
            take.chord(at, length, pitches, loud)


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
