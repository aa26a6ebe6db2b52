"""Bands to play with, and baselines driven by hand: what the tests of the baselines share."""

from collections.abc import Iterable, Sequence

from copilot.engine.base import Controls, Engine, Heard, Horizon, PlannedNote
from copilot.music.order import ON, score_events
from copilot.music.roles import Role
from copilot.music.score import Note, Part, Score
from copilot.scoreboard.baselines import BASELINES, BaselineBrief, Material

TICKS = 480
LEARNERS = ("ppm-c", "factor-oracle")


def made(name: str, role: Role, scores: Iterable[Score] = (), seed: int = 0) -> Engine:
    return BASELINES[name](BaselineBrief(role, seed, Material(role, scores)))


def part(role: Role, *notes: tuple[float, float, int], channel: int = 1) -> Part:
    """A part of (start, length, pitch), in beats."""
    return Part(
        channel,
        role,
        tuple(sorted(Note(round(s * TICKS), round((s + n) * TICKS), pitch, 80) for s, n, pitch in notes)),
    )


def chords(*tones: Sequence[int], beats: float = 4.0) -> Part:
    """A player of keys who strikes each chord in turn and holds it, a bar each."""
    return part(
        "keys", *((i * beats, beats - 0.1, pitch) for i, chord in enumerate(tones) for pitch in chord)
    )


def heard(*parts: Part) -> list[Heard]:
    """What the players do, as an engine observes it."""
    drums = {p.channel for p in parts if p.is_drums}
    told = []
    for event in score_events(Score(TICKS, parts)):
        on = event.kind == ON
        told.append(Heard(event.tick / TICKS, event.channel, event.pitch, event.velocity if on else 0))
        if on and event.channel in drums:
            told.append(Heard(event.tick / TICKS, event.channel, event.pitch, 0))
    return told


def play(
    engine: Engine,
    role: Role,
    parts: Sequence[Part],
    until_beats: float,
    *,
    bar_beats: float = 4.0,
    step_beats: float = 0.25,
    lookahead_beats: float = 4.0,
) -> list[PlannedNote]:
    """Ask a sixteenth after the other, what begins before the next one being final; returns all that is."""
    roles: dict[int, str] = {p.channel: p.role for p in parts}
    events = heard(*parts)
    final: list[PlannedNote] = []
    planned: list[PlannedNote] = []
    for step in range(round(until_beats / step_beats)):
        now = step * step_beats
        engine.observe([event for event in events if now - step_beats < event.pos_beats <= now])
        newly = [note for note in planned if note.start_beats < now + step_beats]
        engine.commit(newly)
        final += newly
        controls = Controls(
            role, bar_start_beats=now // bar_beats * bar_beats, bar_beats=bar_beats, roles=roles
        )
        planned = engine.propose(Horizon(now, now + step_beats, now + lookahead_beats), controls).notes
    return final
