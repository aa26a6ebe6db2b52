"""Keys, guitar, lead and pad of a blues band, chorus by chorus. Beats are written, from the song's start."""

import random
from dataclasses import dataclass

from training.styles.blues_form import BARS, TONES, Chorus, Feel, blues_scale, voicing
from training.styles.harmony import nearest
from training.styles.take import Take

_COMPS: dict[Feel, tuple[tuple[tuple[float, float], ...], ...]] = {
    "shuffle": (
        ((0, 0.5), (1.5, 0.9)),
        ((1.5, 0.4), (3.5, 0.4)),
        ((1, 0.4), (3, 0.4)),
        ((0, 0.4), (1.5, 0.4), (2.5, 0.9)),
        ((0.5, 0.4), (1.5, 0.4), (2.5, 0.4), (3.5, 0.4)),
    ),
    "straight": (
        ((0.5, 0.3), (1.5, 0.3), (2.5, 0.3), (3.5, 0.3)),
        ((0, 0.9), (1.5, 0.4), (2.5, 0.9)),
        ((1, 0.3), (3, 0.3)),
        ((0, 0.4), (0.75, 0.2), (1.5, 0.4), (3, 0.5)),
    ),
    "slow": (
        ((0, 1.9), (2, 1.9)),
        tuple((beat + third, 0.22) for beat in range(4) for third in (0.0, 0.25, 0.5)),
        ((0, 1.4), (1.5, 0.4), (2, 1.4), (3.5, 0.4)),
    ),
    "swing": (
        ((0, 0.4), (1.5, 0.4)),
        ((1.5, 0.4), (3.5, 0.8)),
        ((0.5, 0.4), (2, 0.4), (3.5, 0.4)),
        ((1.5, 0.9),),
    ),
}


@dataclass(frozen=True, slots=True)
class Motif:
    """A lick without pitches: (beat within two bars, length in beats, step along the scale)."""

    notes: tuple[tuple[float, float, int], ...]


def play_keys(take: Take, choruses: list[Chorus], feel: Feel) -> None:
    """Voicings that hardly move, in a rhythm that changes every four bars, and answers in the gaps."""
    rng = take.rng
    shape: tuple[int, ...] = ()
    for index, chorus in enumerate(choruses):
        colour = rng.random() < 0.4
        rhythm = rng.choice(_COMPS[feel])
        for bar in range(BARS):
            at = 4.0 * (index * BARS + bar)
            if bar % 4 == 0:
                rhythm = rng.choice(_COMPS[feel])
            if chorus.is_last and bar == BARS - 1:
                _end_chords(take, at, chorus, shape, (52, 76))
                return
            answers = bar in (3, 7) and index % 2 == 1 and rng.random() < 0.6
            for beat, length in rhythm:
                if answers and beat >= 2:
                    continue
                # A last off-beat belongs to the next bar's chord.
                early = beat == 3.5 and bar + 1 < BARS
                chord = chorus.chord(bar + 1) if early else chorus.chord(bar, beat)
                shape = voicing(chord, shape, 52, 76, colour)
                take.chord(at + beat, length, shape, 80 if beat == int(beat) else 74)
            if answers:
                _lick(take, at + 2, chorus, bar, write_motif(rng, 2.0), span=(67, 88), velocity=84)


def play_pad(take: Take, choruses: list[Chorus]) -> None:
    """Long chords, struck when the harmony changes."""
    shape: tuple[int, ...] = ()
    held_since, held_at = None, 0.0
    for index, chorus in enumerate(choruses):
        for half in range(2 * BARS):
            at = 4.0 * index * BARS + 2.0 * half
            chord = chorus.bars[half // 2][half % 2]
            # Held chords are struck again every two bars, or nobody would hear them after a while.
            if held_since is not None and (chord != held_since or at - held_at >= 8):
                take.chord(held_at, at - held_at - 0.05, shape, 62)
                held_since = None
            if held_since is None:
                shape = voicing(chord, shape, 50, 72, colour=False)
                held_since, held_at = chord, at
    take.chord(held_at, 4.0 * len(choruses) * BARS - held_at, shape, 62)


def play_guitar(take: Take, choruses: list[Chorus], feel: Feel, leads: bool) -> None:
    """Rhythm guitar with fills; with `leads`, every other chorus is a solo in call and response."""
    rng = take.rng
    manner = rng.choice(("boogie", "chank", "riff") if feel != "slow" else ("chank", "riff"))
    riff = write_motif(rng, 4.0)
    shape: tuple[int, ...] = ()
    for index, chorus in enumerate(choruses):
        solo = leads and index % 2 == 1
        if solo:
            play_calls(take, chorus, 4.0 * index * BARS, (57, 81), 96)
        for bar in range(BARS):
            at = 4.0 * (index * BARS + bar)
            if chorus.is_last and bar == BARS - 1:
                _end_chords(take, at, chorus, shape, (50, 70))
                break
            if solo:
                continue
            fills = bar in (3, 7, 11) and rng.random() < 0.8
            until = 2.0 if fills else 4.0
            if manner == "boogie" and not chorus.changes(bar):
                _boogie(take, at, chorus, bar, until)
            elif manner == "riff" and bar % 2 == 0 and not fills:
                _lick(take, at, chorus, bar, riff, span=(45, 67), velocity=86)
            else:
                for beat in (1.0, 3.0):
                    if beat < until:
                        shape = voicing(chorus.chord(bar, beat), shape, 52, 72, colour=True)[1:]
                        take.chord(at + beat, 0.25, shape, 84)
                        shape = ()
            if fills:
                _lick(take, at + 2, chorus, bar, write_motif(rng, 2.0), span=(57, 79), velocity=94)


def play_lead(take: Take, choruses: list[Chorus]) -> None:
    """A voice or horn: calls in two bars, an answer left to others, the third line different (AAB)."""
    for index, chorus in enumerate(choruses):
        if len(choruses) > 2 and index % 3 == 2:
            continue  # somebody else's solo
        play_calls(take, chorus, 4.0 * index * BARS, (58, 82), 92)


def play_calls(take: Take, chorus: Chorus, at: float, span: tuple[int, int], velocity: float) -> None:
    """One chorus of AAB: a call over bars 1–2, again over 5–6 with its thirds bent, another over 9–10."""
    rng = take.rng
    call, last_line = write_motif(rng, 7.0), write_motif(rng, 7.5)
    for bar, motif in ((0, call), (4, call), (8, last_line)):
        end = _lick(take, at + 4 * bar, chorus, bar, motif, span=span, velocity=velocity)
        if bar < 8 and rng.random() < 0.6:
            answer = write_motif(rng, 3.0)
            _lick(
                take,
                at + 4 * bar + 10,
                chorus,
                bar + 2,
                answer,
                span=span,
                velocity=velocity - 6,
                start_near=end,
            )
    if not chorus.is_last:
        _lick(take, at + 4 * 11, chorus, 11, write_motif(rng, 3.0), span=span, velocity=velocity - 4)


def write_motif(rng: random.Random, beats: float) -> Motif:
    """A lick's rhythm and contour: off-beat starts, runs of eighths, a held last note."""
    notes: list[tuple[float, float, int]] = []
    beat = rng.choice((0.0, 0.5, 0.5, 1.0)) if beats > 2 else 0.0
    direction = rng.choice((-1, 1))
    while beat < beats - 0.5:
        length = rng.choices((0.25, 0.5, 1.0, 1.5), (1, 6, 3, 1))[0]
        step = direction * rng.choices((0, 1, 2), (1, 6, 2))[0]
        notes.append((beat, min(length, beats - beat) * 0.92, step))
        beat += length + (0.5 if rng.random() < 0.15 and beats > 2 else 0.0)
        if rng.random() < 0.3:
            direction = -direction
    if notes:
        start, _, step = notes[-1]
        notes[-1] = (start, max(0.4, beats - start), step)
    return Motif(tuple(notes))


def _lick(
    take: Take,
    at: float,
    chorus: Chorus,
    bar: int,
    motif: Motif,
    *,
    span: tuple[int, int],
    velocity: float,
    start_near: float | None = None,
) -> float:
    """Play a motif on the blues scale from a chord tone to a chord tone: the pitch on which it ended."""
    rng = take.rng
    low, high = span
    centre = (low + high) / 2 if start_near is None else start_near
    pitch = nearest(chorus.key + rng.choice((0, 7, 3 if chorus.is_minor else 4)), centre, low, high)
    for i, (beat, length, step) in enumerate(motif.notes):
        at_bar = min(bar + int(((at % 4) + beat) // 4), BARS - 1)
        chord = chorus.chord(at_bar, (at + beat) % 4)
        scale = blues_scale(chorus, chord, low, high)
        place = min(range(len(scale)), key=lambda k: abs(scale[k] - pitch))
        place += step if 0 <= place + step < len(scale) else -step
        pitch = scale[min(max(place, 0), len(scale) - 1)]
        if i == len(motif.notes) - 1:
            pitch = min(
                (nearest(chord.root + tone, pitch, low, high) for tone in TONES[chord.quality]),
                key=lambda p: abs(p - pitch),
            )
        if length >= 0.9 and rng.random() < 0.3:  # slide in from below
            take.hit(at + beat - 0.1, 0.1, max(low, pitch - 1), velocity - 22)
        take.hit(at + beat, length, pitch, velocity + (6 if beat == int(beat) else 0))
    return float(pitch)


def _boogie(take: Take, at: float, chorus: Chorus, bar: int, until: float) -> None:
    """Root and fifth, root and sixth: the shuffle that every guitarist learns first."""
    chord = chorus.chord(bar)
    root = nearest(chord.root, 45, 40, 52)
    tops = (7, 7, 9, 9, 7, 7, 9, 9) if bar % 2 == 0 else (7, 7, 9, 9, 10, 10, 9, 9)
    for eighth, top in enumerate(tops):
        if eighth / 2 < until:
            loud = 86 if eighth % 2 == 0 else 72
            take.chord(
                at + eighth / 2, 0.4, (root, root + (6 if chord.quality == "dim" and top == 7 else top)), loud
            )


def _end_chords(take: Take, at: float, chorus: Chorus, shape: tuple[int, ...], span: tuple[int, int]) -> None:
    """A stab on one, one a semitone above home, then home, held."""
    final = chorus.bars[-1][1]
    home = voicing(final, shape if len(shape) == 4 else (), span[0], span[1] - 1, colour=not chorus.is_minor)
    take.chord(at, 0.4, voicing(chorus.bars[-1][0], home, *span, colour=False), 88)
    take.chord(at + 1, 0.8, tuple(pitch + 1 for pitch in home), 90)
    take.chord(at + 2, 2.0, home, 98)
