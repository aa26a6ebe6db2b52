"""One jam with a part held out, through the stage's own session; what was *sent* in its place, and when."""

import time
from collections.abc import Callable
from dataclasses import dataclass

from copilot.engine.base import Engine
from copilot.live.jam import SimulatedJam, jam_with
from copilot.live.players import time_map
from copilot.music.score import Note, Score
from copilot.panel import Panel
from copilot.scoreboard.hold_out import Case

LATE_S = 0.020
"""From here on a listener hears that a note is late."""


@dataclass(frozen=True, slots=True)
class Jammed:
    """What came of a jam. `played`: in the band's ticks, where each note was really sent.

    `late`: note-ons sent more than 20 ms after their moment; `dropped`: notes that came too late to be sent at all;
    `hanging`: note-ons without a note-off. `calls_ms`: what engine calls were charged, of the
    last 4,096; `call_p50_ms` and `call_p99_ms` are theirs.
    """

    played: tuple[Note, ...]
    sent: int
    late: int
    dropped: int
    hanging: int
    call_p50_ms: float
    call_p99_ms: float
    calls_ms: tuple[float, ...]


def jam(
    case: Case,
    engine: Engine,
    panel: Panel,
    latency_s: float | None,
    *,
    timer: Callable[[], float] = time.perf_counter,
    until_beats: float = 0.0,
) -> Jammed:
    """Stream the band, note by note, to a copilot that plays the held-out part's role, from end to end.

    latency_s: what each engine call is charged; None charges what it took by the timer. `until_beats`: listen on
    to here, where the band ends before. The panel's part is set.
    """
    panel.set("part", case.held.role)
    simulated = jam_with(case.band, engine, panel, latency_s=latency_s)
    simulated.timer = timer
    simulated.until_s = time_map(case.band).seconds(until_beats)
    simulated.run()
    ons = [message for _, message in simulated.sent if message.is_on]
    figures = simulated.session.planner.figures
    return Jammed(
        played=played_notes(simulated, case.band),
        sent=len(ons),
        late=sum(message.sent_s - message.due_s > LATE_S for message in ons),
        dropped=figures.dropped,
        hanging=simulated.session.flight.hanging,
        call_p50_ms=round(1000 * figures.took_s.quantile(0.5), 2),
        call_p99_ms=round(1000 * figures.took_s.quantile(0.99), 2),
        calls_ms=tuple(round(1000 * took_s, 3) for took_s in figures.took_s),
    )


def played_notes(simulated: SimulatedJam, band: Score) -> tuple[Note, ...]:
    """What was sent, by the band's own time: a note lies where it was sent, not where it was meant.

    A note-on whose note-off never came lasts to the band's end.
    """
    times, ticks_per_beat = time_map(band), band.ticks_per_beat
    starts: dict[int, tuple[int, int, int]] = {}
    notes: list[Note] = []
    for note, message in simulated.sent:
        tick = max(0, round(times.beats(message.sent_s) * ticks_per_beat))
        if message.is_on:
            starts[note.note_id] = (tick, note.pitch, note.velocity)
        elif note.note_id in starts:
            start, pitch, velocity = starts.pop(note.note_id)
            notes.append(Note(start, max(tick, start + 1), pitch, velocity))
    notes += [
        Note(start, max(band.end_ticks, start + 1), pitch, velocity)
        for start, pitch, velocity in starts.values()
    ]
    return tuple(sorted(notes, key=lambda note: (note.start_ticks, note.pitch)))
