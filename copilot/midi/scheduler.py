"""What to send when: notes in, note-ons and note-offs out in the order of their due times. Does no I/O.

The stage wraps it in a thread (`scheduler_thread`), a simulated jam asks it directly; time comes in as an
argument.

The contract of a note:

- It leaves at its start, as a note-on, and at its end, as a note-off; no note sounds for less than 20 ms.
- Up to 30 ms late it plays at once and ends when it was to end; later it is dropped whole and reported.
- A pitch that is struck while it sounds is ended first.
- A note-on that left is always answered by one note-off, whatever is dropped, refused or silenced.
"""

import heapq
import math
from collections.abc import Iterable
from dataclasses import dataclass

from copilot.midi.ledger import CHANNELS, PITCHES, note_off, note_on
from copilot.midi.messages import Dropped, DropReason, PlayNote

LATE_LIMIT_S = 0.030
MIN_LENGTH_S = 0.020
CAPACITY = 4096
"""Notes that may wait: over a minute of the densest part. One more is refused, counted as `full`."""

_Entry = tuple[float, int, int, int, PlayNote]


@dataclass(frozen=True, slots=True)
class Action:
    """A note-on or note-off to send, due at `due_s`."""

    note: PlayNote
    is_on: bool
    due_s: float

    @property
    def data(self) -> bytes:
        """Its MIDI bytes."""
        if self.is_on:
            return note_on(self.note.channel, self.note.pitch, self.note.velocity)
        return note_off(self.note.channel, self.note.pitch)


class Schedule:
    """Notes waiting to begin and notes waiting to end. Belongs to one thread at a time.

    Only beginnings are bounded (by `capacity`): at most one note for each channel and pitch sounds, so that
    note-offs need no bound and nothing refuses them.
    """

    def __init__(self, capacity: int = CAPACITY) -> None:
        self._capacity = capacity
        self._serial = 0
        self._starts: list[_Entry] = []
        self._ends: list[_Entry] = []
        self._sounding: dict[tuple[int, int], tuple[int, PlayNote]] = {}
        self._dropped: list[Dropped] = []

    def play(self, notes: Iterable[PlayNote]) -> None:
        """Take notes to play; what is impossible or over the capacity is dropped."""
        for note in notes:
            if not _is_playable(note):
                self._drop(note, "invalid")
            elif len(self._starts) >= self._capacity:
                self._drop(note, "full")
            else:
                heapq.heappush(self._starts, self._entry(note.start_s, note))

    def drop_after(self, after_s: float) -> None:
        """Drop the notes that start at or after `after_s` and have not begun."""
        kept = [entry for entry in self._starts if entry[0] < after_s]
        for entry in sorted(entry for entry in self._starts if entry[0] >= after_s):
            self._drop(entry[-1], "withdrawn")
        heapq.heapify(kept)
        self._starts = kept

    def pop_due(self, now_s: float, most: int | None = None) -> list[Action]:
        """What is due by `now_s`, oldest first, note-offs before note-ons, lowest channel and pitch first.

        With `most`, no more once there are so many; the rest is due still.
        """
        actions: list[Action] = []
        while (
            (most is None or len(actions) < most)
            and (due_s := self.next_due_s()) is not None
            and due_s <= now_s
        ):
            if self._ends and self._ends[0][0] == due_s:
                self._end(heapq.heappop(self._ends)[-1], due_s, actions)
            else:
                self._begin(heapq.heappop(self._starts)[-1], now_s, actions)
        return actions

    def next_due_s(self) -> float | None:
        """When `pop_due` has something next; None while nothing waits."""
        while self._ends and not self._is_sounding(self._ends[0]):
            heapq.heappop(self._ends)
        return min((heap[0][0] for heap in (self._starts, self._ends) if heap), default=None)

    def silence(self, now_s: float) -> list[Action]:
        """Note-offs for all that sounds, now; what has not begun is dropped."""
        self.drop_after(-math.inf)
        actions: list[Action] = []
        for _, note in sorted(self._sounding.values(), key=lambda held: (held[1].channel, held[1].pitch)):
            self._end(note, now_s, actions)
        self._ends.clear()
        return actions

    def take_dropped(self) -> list[Dropped]:
        """The notes dropped since the last call. The caller asks after every other call."""
        dropped, self._dropped = self._dropped, []
        return dropped

    def _begin(self, note: PlayNote, now_s: float, actions: list[Action]) -> None:
        if now_s - note.start_s >= LATE_LIMIT_S:
            self._drop(note, "late", late_s=now_s - note.start_s)
            return
        key = (note.channel, note.pitch)
        if key in self._sounding:
            self._end(self._sounding[key][1], note.start_s, actions)
        entry = self._entry(max(note.end_s, now_s + MIN_LENGTH_S), note)
        heapq.heappush(self._ends, entry)
        self._sounding[key] = (entry[3], note)
        actions.append(Action(note, True, note.start_s))

    def _end(self, note: PlayNote, due_s: float, actions: list[Action]) -> None:
        del self._sounding[note.channel, note.pitch]
        actions.append(Action(note, False, due_s))

    def _drop(self, note: PlayNote, reason: DropReason, late_s: float = 0.0) -> None:
        self._dropped.append(Dropped(note.note_id, reason, late_s * 1000))

    def _entry(self, due_s: float, note: PlayNote) -> _Entry:
        self._serial += 1
        return (due_s, note.channel, note.pitch, self._serial, note)

    def _is_sounding(self, entry: _Entry) -> bool:
        held = self._sounding.get((entry[1], entry[2]))
        return held is not None and held[0] == entry[3]


def _is_playable(note: PlayNote) -> bool:
    return (
        0 <= note.channel < CHANNELS
        and 0 <= note.pitch < PITCHES
        and 1 <= note.velocity < PITCHES
        and math.isfinite(note.start_s)
        and math.isfinite(note.end_s)
    )
