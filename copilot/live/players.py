"""A score's parts as live players: what each does, moment by moment. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from copilot.errors import ParameterError
from copilot.music.order import OFF, ON, score_events
from copilot.music.roles import Role
from copilot.music.score import MeterChange, Part, Score, TempoChange
from copilot.music.timemap import TimeMap


@dataclass(frozen=True, slots=True)
class Touch:
    """A player strikes (velocity 1–127) or lets go (0) of a key, `at_s` after the jam's start."""

    at_s: float
    channel: int
    pitch: int
    velocity: int


@dataclass(frozen=True, slots=True)
class Turn:
    """The tempo or the meter turns, `at_s` after the jam's start."""

    at_s: float
    change: TempoChange | MeterChange


def performance(score: Score) -> Iterator[Touch | Turn]:
    """All that the players do until the last bar is over; tempo and meter before the notes of their tick."""
    times = time_map(score)
    turns: list[TempoChange | MeterChange] = sorted(
        [*score.tempi, *score.meters], key=lambda change: change.tick
    )
    drums = {part.channel for part in score.parts if part.is_drums}
    waiting = iter(turns)
    turn = next(waiting, None)
    for event in score_events(score):
        while turn is not None and turn.tick <= event.tick:
            yield Turn(times.seconds(turn.tick / score.ticks_per_beat), turn)
            turn = next(waiting, None)
        if event.kind not in (OFF, ON):
            continue
        at_s = times.seconds(event.tick / score.ticks_per_beat)
        yield Touch(at_s, event.channel, event.pitch, event.velocity if event.kind == ON else 0)
        if event.kind == ON and event.channel in drums:
            yield Touch(at_s, event.channel, event.pitch, 0)  # a pad is let go at once; its sound rings on
    while turn is not None and turn.tick < _last_bar_line(score):
        yield Turn(times.seconds(turn.tick / score.ticks_per_beat), turn)
        turn = next(waiting, None)


def time_map(score: Score) -> TimeMap:
    """Beats ↔ seconds of the score, beat 0 at 0 s."""
    times = TimeMap(0.0, score.tempi[0].tempo_bpm)
    for change in score.tempi:
        times.set_tempo(change.tick / score.ticks_per_beat, change.tempo_bpm)
    return times


def end_of(score: Score) -> float:
    """The moment of the bar line that ends the last bar, in seconds."""
    return time_map(score).seconds(_last_bar_line(score) / score.ticks_per_beat)


def _last_bar_line(score: Score) -> int:
    last_tick = score.end_ticks
    bar_ticks = int(score.meters[-1].bar_beats() * score.ticks_per_beat)
    return next(line for line in score.bar_lines(last_tick + bar_ticks) if line >= last_tick)


def hold_out(score: Score, wanted: str) -> tuple[Score, Part]:
    """The score without one part, and that part. `wanted` is a channel 0–15 or (part of) a name or role.

    Raises ParameterError where nothing or more than one part fits, and where nobody would be left.
    """
    fits = [part for part in score.parts if wanted == str(part.channel)]
    fits = fits or [part for part in score.parts if wanted.lower() in (part.name.lower(), part.role)]
    fits = fits or [part for part in score.parts if wanted.lower() in part.name.lower()]
    parts = ", ".join(f"{part.channel} {part.name or part.role}" for part in score.parts)
    if len(fits) != 1:
        problem = "fits no part" if not fits else "fits more than one part"
        raise ParameterError(f"--hold-out {wanted!r} {problem}: there are {parts}; give a channel or a name")
    if len(score.parts) == 1:
        raise ParameterError(f"--hold-out {wanted!r} leaves nobody to play with: the only part is {parts}")
    return replace(score, parts=tuple(part for part in score.parts if part is not fits[0])), fits[0]


def missing_role(score: Score) -> Role:
    """The role that this band most wants for."""
    wanted: tuple[Role, ...] = ("bass", "drums", "keys", "pad", "guitar", "lead")
    present = {part.role for part in score.parts}
    return next((role for role in wanted if role not in present), "pad")
