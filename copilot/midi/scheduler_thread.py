"""A thread around `Schedule`: sleeps until something is due, sends it, and measures how late it was.

With real-time priority it sleeps until a third of a millisecond before, and spins the rest (see precedence.py).
"""

import threading
import time
from collections.abc import Callable, Iterable, Iterator
from itertools import islice

from copilot.midi.lateness import Lateness
from copilot.midi.messages import PlayNote, Sent
from copilot.midi.precedence import Precedence, Timing, take_precedence
from copilot.midi.scheduler import Action, Schedule
from copilot.wire import Message

SPIN_S = 0.00033
"""What it spins at most before each moment; the interpreter is not handed on meanwhile, a note's fair price."""

_MOST_SPINS = 20_000
"""A turn of the spin takes 50 ns or more: it ends in time even by a clock that stands still."""

_ACTIONS_A_TURN = 32
_NOTES_A_TURN = 64
"""After so many, others may take the lock, and the clock is read again: a burst delays what else is due, and what
can't be sent within 30 ms is dropped, not sent late."""

_STOP_TIMEOUT_S = 1.0
_START_TIMEOUT_S = 1.0
_LONGEST_WAIT_S = 3600.0


class SchedulerThread:
    """Plays a schedule in real time.

    `send(action)` puts it on the ports, and says whether it left; `report` takes `Sent` and `Dropped` and
    must not block. Both are called under this object's lock, so that nothing overtakes a silence. Every
    method may be called from any thread.
    """

    def __init__(
        self,
        schedule: Schedule,
        send: Callable[[Action], bool],
        report: Callable[[Message], object],
        clock: Callable[[], float] = time.monotonic,
        timing: Timing = "spin",
    ) -> None:
        self.lateness = Lateness()
        self.precedence = Precedence(False, "not started")
        self._schedule = schedule
        self._send = send
        self._report = report
        self._clock = clock
        self._timing: Timing = timing
        self._spins = False
        self._stands = threading.Event()
        self._wake = threading.Condition()
        self._is_stopping = False
        self._thread = threading.Thread(target=self._run, name="scheduler", daemon=True)

    def start(self) -> None:
        """Begin to play; from then on `precedence` tells what the system gave."""
        self._thread.start()
        self._stands.wait(_START_TIMEOUT_S)

    @property
    def timing(self) -> str:
        """How it keeps time, for a person."""
        return f"{self.precedence.said}{f', spins the last {SPIN_S * 1000:.2g} ms' if self._spins else ''}"

    def play(self, notes: Iterable[PlayNote]) -> None:
        """Take notes to play, and wake up if one is due before everything else."""
        for group in _in_groups(notes):
            with self._wake:
                self._schedule.play(group)
                self._wake.notify()

    def look_again(self) -> None:
        """The clock has jumped: what is due may be another."""
        with self._wake:
            self._wake.notify()

    def stands(self) -> bool:
        """Whether the thread lives; does not return while it hangs in a port, say."""
        with self._wake:
            return self._thread.is_alive()

    def drop_after(self, after_s: float) -> None:
        """Drop the notes that start at or after `after_s` and have not begun."""
        with self._wake:
            self._schedule.drop_after(after_s)
            self._report_dropped()

    def silence(self) -> None:
        """Send the note-offs of all that sounds, now, and drop the rest."""
        with self._wake:
            self._send_all(self._schedule.silence(self._clock()))

    def stop(self) -> None:
        """Silence, and end the thread."""
        with self._wake:
            self._is_stopping = True
            self._send_all(self._schedule.silence(self._clock()))
            self._wake.notify()
        if self._thread.is_alive():
            self._thread.join(_STOP_TIMEOUT_S)

    def _run(self) -> None:
        self.precedence = take_precedence(self._timing)
        self._spins = self._timing == "spin" and self.precedence.is_realtime
        self._stands.set()
        while self._turn():
            pass

    def _turn(self) -> bool:
        """Send what is due, or wait for it; False once stopping."""
        with self._wake:
            if self._is_stopping:
                return False
            self._send_all(self._schedule.pop_due(self._clock(), _ACTIONS_A_TURN))
            due_s = self._schedule.next_due_s()
            # The wait is computed afresh from the due time at each turn, so that errors never add up.
            wait_s = _LONGEST_WAIT_S if due_s is None else min(due_s - self._clock(), _LONGEST_WAIT_S)
            spin_s = SPIN_S if self._spins else 0.0
            if wait_s > spin_s:
                self._wake.wait(wait_s - spin_s)
            elif due_s is not None and wait_s > 0:
                self._spin(due_s)
            return True

    def _spin(self, until_s: float) -> None:
        clock = self._clock
        for _ in range(_MOST_SPINS):
            if clock() >= until_s:
                return

    def _send_all(self, actions: list[Action]) -> None:
        for action in actions:
            if self._send(action):
                sent_s = self._clock()
                self.lateness.add((sent_s - action.due_s) * 1000)
                self._report(Sent(action.note.note_id, action.is_on, action.due_s, sent_s))
        self._report_dropped()

    def _report_dropped(self) -> None:
        for dropped in self._schedule.take_dropped():
            self._report(dropped)


def _in_groups(notes: Iterable[PlayNote]) -> Iterator[tuple[PlayNote, ...]]:
    remaining = iter(notes)
    while group := tuple(islice(remaining, _NOTES_A_TURN)):
        yield group
