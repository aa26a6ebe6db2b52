"""The one order of simultaneous events: time, note-offs, bar line, note-ons; channel 0 first; lowest pitch first.

An event is a tuple whose natural order *is* that order, so `sorted(events)` and `heapq` need no key.
"""

from collections.abc import Iterable
from typing import NamedTuple

from copilot.music.score import Score

OFF, BAR, ON = 0, 1, 2
"""Event kinds, in the order in which they stand at one tick.

A note that ends on a bar line ends before it, so that a window cut at the bar need not carry it over.
"""


class Event(NamedTuple):
    """Something at one tick. `velocity` is 0 for note-offs; channel and pitch are 0 for bar lines."""

    tick: int
    kind: int
    channel: int
    pitch: int
    velocity: int


def score_events(score: Score) -> list[Event]:
    """All notes and bar lines of a score in canonical order (drums keep no note-offs).

    Overlapping notes of one channel and pitch are cut at the next onset, and of two that begin together the
    longer and louder wins: a key can only be pressed once at a time.
    """
    last_tick = 0
    events: list[Event] = []
    for part in score.parts:
        lanes: dict[int, dict[int, tuple[int, int]]] = {}
        for note in part.notes:
            lane = lanes.setdefault(note.pitch, {})
            end, velocity = lane.get(note.start_ticks, (0, 0))
            lane[note.start_ticks] = (max(end, note.end_ticks), max(velocity, note.velocity))
        for pitch, lane in lanes.items():
            events.extend(_lane_events(part.channel, pitch, lane, part.is_drums))
    if events:
        last_tick = max(event.tick for event in events)
    events.extend(Event(tick, BAR, 0, 0, 0) for tick in score.bar_lines(last_tick))
    events.sort()
    return events


def _lane_events(
    channel: int, pitch: int, lane: dict[int, tuple[int, int]], is_drums: bool
) -> Iterable[Event]:
    starts = sorted(lane)
    for index, start in enumerate(starts):
        end, velocity = lane[start]
        yield Event(start, ON, channel, pitch, velocity)
        if not is_drums:
            limit = starts[index + 1] if index + 1 < len(starts) else end
            yield Event(max(start + 1, min(end, limit)), OFF, channel, pitch, 0)
