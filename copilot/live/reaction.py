"""How soon the copilot answers a change of chord. Pure.

A *change* is heard when, among the pitched notes that open a bar (those within a sixteenth of its first, begun
no later than half a beat into it), one is of a pitch class that did not open the last bar that anybody opened. It
is dated to that note: nothing later is needed to know of it. Drums open nothing.

- The *reaction* to a change is the time, in beats, from the change to the start of the first note of the copilot
  that could not have been planned before it: one from a request that was made after the change was heard.
- The *plan's reaction* is the time from the change until a proposal that knows of it has replaced the plan.
- The *next note* after a change is the first one that begins later, whoever planned it when: how soon the part as
  it is played could have reacted at all. A part in half notes can't answer within a sixteenth.

Changes that follow each other before an answer are each measured to it. What is dropped by a jump of the clock,
or still open at the end, is left out.
"""

from collections import deque
from dataclasses import dataclass, field

OPENING_BEATS = 0.25
"""Notes this close behind a bar's first are one chord: players strum, arpeggiate, and are not of one mind."""
_OPENS_UNTIL_BEATS = 0.5
_EPSILON_BEATS = 1e-6
_REMEMBERED = 512


@dataclass(slots=True)
class _Change:
    at_beats: float
    request: int | None = None  # the first that knows of it
    is_planned: bool = False
    has_next: bool = False
    is_answered: bool = False

    def is_known_to(self, number: int) -> bool:
        return not self.is_answered and self.request is not None and self.request <= number


def _remembered() -> deque[float]:
    return deque(maxlen=_REMEMBERED)


@dataclass(slots=True)
class Reaction:
    """Told in the order of time; figures in beats, of the last 512 changes each."""

    changes: int = 0
    answered_at_once: int = 0  # those whose next note was a reaction
    note_beats: deque[float] = field(default_factory=_remembered)
    plan_beats: deque[float] = field(default_factory=_remembered)
    next_note_beats: deque[float] = field(default_factory=_remembered)
    _open: deque[_Change] = field(default_factory=lambda: deque(maxlen=64))  # not yet answered, oldest first
    _starts_beats: deque[float] = field(
        default_factory=lambda: deque(maxlen=64)
    )  # of the copilot's last notes
    _bar_beats: float = -1.0
    _opened_beats: float = 0.0
    _opening: set[int] = field(default_factory=set)  # pitch classes that opened this bar
    _before: set[int] = field(default_factory=set)  # … and the one before
    _is_told: bool = False  # of this bar's change

    def hear(self, pos_beats: float, pitch: int, bar_start_beats: float) -> None:
        """A player struck a pitched note in the bar that began at `bar_start_beats`."""
        if bar_start_beats != self._bar_beats:
            if pos_beats - bar_start_beats > _OPENS_UNTIL_BEATS:
                return  # nobody opened this bar
            self._before, self._opening = self._opening, set()
            self._bar_beats, self._opened_beats, self._is_told = bar_start_beats, pos_beats, False
        if pos_beats - self._opened_beats > OPENING_BEATS:
            return
        self._opening.add(pitch % 12)
        if self._before and pitch % 12 not in self._before and not self._is_told:
            self._is_told = True
            self._changed(pos_beats)

    def asked(self, number: int) -> None:
        """Request `number` takes all with it that was heard."""
        for change in self._open:
            if change.request is None:
                change.request = number

    def planned(self, number: int, now_beats: float) -> None:
        """The answer to request `number` is the plan from now on."""
        for change in self._open:
            if change.is_known_to(number) and not change.is_planned:
                change.is_planned = True
                self.plan_beats.append(now_beats - change.at_beats)

    def played(self, number: int, start_beats: float) -> None:
        """A note from request `number` is final."""
        self._starts_beats.append(start_beats)
        for change in self._open:
            after_beats = start_beats - change.at_beats
            is_next = after_beats > _EPSILON_BEATS and not change.has_next
            if is_next:
                change.has_next = True
                self.next_note_beats.append(after_beats)
            if after_beats > _EPSILON_BEATS and change.is_known_to(number):
                change.is_answered = True
                self.note_beats.append(after_beats)
                self.answered_at_once += is_next
        while self._open and self._open[0].is_answered:
            self._open.popleft()

    def drop(self) -> None:
        """The clock jumped, or the copilot was muted: what is open will not be answered in time."""
        self._open.clear()

    def _changed(self, at_beats: float) -> None:
        self.changes += 1
        change = _Change(at_beats)
        later = [start for start in self._starts_beats if start > at_beats + _EPSILON_BEATS]
        if later:
            change.has_next = True
            self.next_note_beats.append(min(later) - at_beats)
        self._open.append(change)
