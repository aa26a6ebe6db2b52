"""Liveliness: the band does something that nobody could foresee, and it counts how soon the part copes."""

from dataclasses import replace

from copilot.music.score import Score
from copilot.scoreboard.hold_out import Case, SkippedError
from copilot.scoreboard.jobs import Variation
from copilot.scoreboard.liveliness import Recovery, key_recovery, stop_recovery, tempo_recovery
from copilot.scoreboard.perturb import at_pace, jumped, moved, stopped
from copilot.scoreboard.take import Take

LISTEN_BEATS = 16.0
"""So long it is listened after the band has stopped."""
_LEAST_BEATS = 8.0


def turning_point(score: Score) -> float:
    """The beat at which it happens: the first bar line from the middle on. Raises SkippedError for a short score."""
    middle = score.end_ticks // 2
    line = next((line for line in score.bar_lines(score.end_ticks) if line >= middle), score.end_ticks)
    at_beats = line / score.ticks_per_beat
    if min(at_beats, score.end_ticks / score.ticks_per_beat - at_beats) < _LEAST_BEATS:
        raise SkippedError(
            f"is too short to turn in the middle: {_LEAST_BEATS:g} beats are needed on each side"
        )
    return at_beats


def varied(case: Case, variation: Variation) -> Case:
    """The case with the band, and the part that belongs to it, changed from the turning point on."""
    at_beats = turning_point(case.band)
    if variation == "key":
        tick = round(at_beats * case.band.ticks_per_beat)
        held = replace(case.held, notes=moved(case.held.notes, tick, 6))
        return Case(jumped(case.band, at_beats), held)
    if variation == "stop":
        return Case(_without_turns(stopped(case.band, at_beats), at_beats), case.held)
    return Case(at_pace(case.band, at_beats, 0.8 if variation == "slower" else 1.25), case.held)


def _without_turns(band: Score, at_beats: float) -> Score:
    """Nobody is there any more who could change tempo or meter."""
    tick = round(at_beats * band.ticks_per_beat)
    tempi = tuple(tempo for tempo in band.tempi if tempo.tick < tick)
    return replace(band, tempi=tempi, meters=tuple(meter for meter in band.meters if meter.tick < tick))


def until_beats(case: Case, variation: Variation) -> float:
    """How long to listen, where the band ends before; `case` is the one before it was varied."""
    return turning_point(case.band) + LISTEN_BEATS if variation == "stop" else 0.0


def recovery(take: Take, variation: Variation, at_beats: float) -> Recovery:
    """How soon the part coped. `take.context` is the varied one."""
    if variation == "key":
        return key_recovery(take, at_beats)
    if variation == "stop":
        return stop_recovery(take, at_beats, at_beats + LISTEN_BEATS)
    return tempo_recovery(take, at_beats)
