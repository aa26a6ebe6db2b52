"""What the panel says, as the engine is told it and as it changes what is sent. Pure."""

from collections.abc import Mapping

from copilot.engine.base import Controls, PlannedNote
from copilot.live.clock import BeatClock
from copilot.live.ramps import Ramps
from copilot.panel import Panel


def controls_of(
    panel: Panel, ramps: Ramps, clock: BeatClock, roles: Mapping[int, str], now_s: float, now_beats: float
) -> Controls:
    """Everything that a proposal is to keep to, at a moment."""
    numerator, denominator = clock.meter.at(now_beats)
    return Controls(
        part=panel.text("part"),
        genre=panel.text("genre"),
        genre_strength=panel.number("genre_strength"),
        temperature=ramps.value("temperature", now_s),
        top_p=panel.number("top_p"),
        top_k=int(panel.number("top_k")),
        min_p=panel.number("min_p"),
        harmony=ramps.value("harmony", now_s),
        groove=ramps.value("groove", now_s),
        lead=ramps.value("lead", now_s),
        density=ramps.value("density", now_s),
        lowest_pitch=int(panel.number("lowest_pitch")),
        highest_pitch=int(panel.number("highest_pitch")),
        polyphony=int(panel.number("polyphony")),
        key=panel.text("key"),
        scale=panel.text("scale"),
        chord=panel.text("chord"),
        imagine=panel.text("imagine"),
        candidates=int(panel.number("candidates")),
        alone_beats=panel.number("alone_beats"),
        tempo_bpm=clock.tempo_bpm,
        bar_start_beats=clock.meter.bar_start_beats(now_beats),
        bar_beats=clock.meter.bar_beats(now_beats),
        meter=f"{numerator}_{denominator}",
        roles=dict(roles),
    )


def as_sent(note: PlannedNote, panel: Panel, ramps: Ramps, now_s: float) -> PlannedNote:
    """A planned note as it leaves: with the panel's velocity and swing."""
    swing = ramps.value("swing", now_s)
    lowest, highest = int(panel.number("lowest_velocity")), int(panel.number("highest_velocity"))
    velocity = round(note.velocity * ramps.value("velocity_scale", now_s))
    return PlannedNote(
        swung(note.start_beats, swing),
        swung(note.end_beats, swing),
        note.pitch,
        max(lowest, min(velocity, max(lowest, highest))),
    )


def swung(pos_beats: float, swing: float) -> float:
    """Where a place of a straight beat is played, its second half beginning at `swing` of the beat.

    Never earlier than straight, and in the same order: what was final in time is sent in time.
    """
    beat, place = divmod(pos_beats, 1.0)
    if place < 0.5:
        return beat + 2.0 * place * swing
    return beat + swing + (2.0 * place - 1.0) * (1.0 - swing)
