"""The thread around the schedule, with a clock that stands still until it is told to move."""

import os
import sys
import threading
from collections import Counter

import pytest

from copilot.midi.lateness import Lateness
from copilot.midi.messages import Dropped, PlayNote, Sent
from copilot.midi.scheduler import CAPACITY, LATE_LIMIT_S, Action, Schedule
from copilot.midi.scheduler_thread import SPIN_S, SchedulerThread
from copilot.wire import Message

PATIENCE_S = 5.0


class Desk:
    """Records what a scheduler thread sends and reports, and lets a test wait for it."""

    def __init__(self) -> None:
        self.now_s = 0.0
        self.send_s = 0.0  # what each message takes
        self.is_connected = True
        self.sent: list[Action] = []
        self.reports: list[Message] = []
        self.something = threading.Semaphore(0)
        self.scheduler = SchedulerThread(Schedule(), self._send, self._report, clock=lambda: self.now_s)

    def _send(self, action: Action) -> bool:
        self.now_s += self.send_s
        self.sent.append(action)
        return self.is_connected

    def _report(self, message: Message) -> None:
        self.reports.append(message)
        self.something.release()

    def wait(self) -> Message:
        assert self.something.acquire(timeout=PATIENCE_S)
        return self.reports[-1]


def note(note_id: int, start_s: float, end_s: float) -> PlayNote:
    return PlayNote(note_id, start_s, end_s, 0, 60 + note_id, 90)


def test_an_earlier_note_wakes_the_thread_that_sleeps_for_a_later_one() -> None:
    """The note that is due now leaves now, though the thread had lain down for an hour."""
    desk = Desk()
    desk.scheduler.play([note(1, 3600.0, 3601.0)])
    desk.scheduler.start()
    desk.scheduler.play([note(2, 0.0, 1.0)])
    assert desk.wait() == Sent(2, True, 0.0, 0.0)
    desk.scheduler.stop()
    assert [(action.note.note_id, action.is_on) for action in desk.sent] == [(2, True), (2, False)]


def test_stopping_ends_what_sounds_and_reports_what_never_began() -> None:
    """Every note has had its say when `stop` returns."""
    desk = Desk()
    desk.scheduler.start()
    desk.scheduler.play([note(1, 0.0, 9.0), note(2, 5.0, 9.0)])
    desk.wait()
    desk.scheduler.stop()
    assert Dropped(2, "withdrawn", 0.0) in desk.reports
    assert Sent(1, False, 0.0, 0.0) in desk.reports


def test_lateness_is_measured_at_the_moment_of_sending() -> None:
    """A note taken 12 ms after its start counts as 12 ms late."""
    desk = Desk()
    desk.now_s = 0.012
    desk.scheduler.start()
    desk.scheduler.play([note(1, 0.0, 9.0)])
    assert desk.wait() == Sent(1, True, 0.0, 0.012)
    desk.scheduler.stop()
    assert 11.9 < desk.scheduler.lateness.max_ms < 12.1


def test_what_did_not_leave_is_not_reported_as_sent() -> None:
    """Nor does it count for the lateness."""
    desk = Desk()
    desk.is_connected = False
    desk.scheduler.play([note(1, 0.0, 1.0), note(2, 5.0, 6.0)])
    desk.scheduler.start()
    desk.scheduler.stop()
    assert not any(isinstance(report, Sent) for report in desk.reports)
    assert desk.scheduler.lateness.count == 0


def test_a_clock_that_stands_still_just_before_a_note_does_not_hold_the_thread() -> None:
    """The spin ends by itself: what comes meanwhile is played, and `stop` returns."""
    desk = Desk()
    desk.scheduler.start()
    desk.scheduler.play([note(1, SPIN_S / 2, 1.0)])
    desk.scheduler.play([note(2, 0.0, 1.0)])
    assert desk.wait() == Sent(2, True, 0.0, 0.0)
    desk.scheduler.stop()
    assert Dropped(1, "withdrawn", 0.0) in desk.reports


def test_a_burst_at_one_moment_costs_the_notes_around_it_30_ms_at_most() -> None:
    """Where a send takes 0.1 ms, a burst of 10,000 is cut: by the capacity, then by the lateness that is allowed."""
    desk = Desk()
    desk.send_s = 0.0001
    before, after = PlayNote(10_000, -0.001, 9.0, 1, 50, 90), PlayNote(10_001, 0.005, 9.0, 1, 60, 90)
    burst = [PlayNote(number, 0.0, 9.0, 0, number % 128, 90) for number in range(10_000)]
    desk.scheduler.play([before, after, *burst])
    desk.scheduler.start()
    while after not in [action.note for action in desk.sent]:
        desk.wait()
    desk.scheduler.stop()
    dropped = Counter(report.reason for report in desk.reports if isinstance(report, Dropped))
    on = [action for action in desk.sent if action.is_on]
    assert dropped["full"] == 10_002 - CAPACITY
    assert len(on) + dropped.total() == 10_002
    assert dropped["late"] > 3_000
    assert on[0].note == before
    assert on[-1].note == after
    assert [action.due_s for action in on] == sorted(action.due_s for action in on)
    assert len(on) == len(desk.sent) - len(on)  # each has its end
    assert desk.scheduler.lateness.max_ms < 1000 * (LATE_LIMIT_S + 32 * desk.send_s) + 0.1


def test_without_the_right_to_priority_it_says_so_and_plays_without_a_spin(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The line says what to do about it."""

    def refuse(*_: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(os, "sched_setscheduler", refuse, raising=False)
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setattr(SchedulerThread, "_spin", lambda *_: pytest.fail("it spun"))
    desk = Desk()
    desk.scheduler.start()
    desk.scheduler.play([note(1, SPIN_S / 2, 9.0), note(2, 0.0, 9.0)])
    assert desk.wait() == Sent(2, True, 0.0, 0.0)
    desk.scheduler.stop()
    assert not desk.scheduler.precedence.is_realtime
    assert "join the group audio" in desk.scheduler.timing


def test_the_histogram_gives_quantiles_to_a_step_and_the_maximum_exactly() -> None:
    """Nothing yet is 0; beyond its range the maximum stands."""
    lateness = Lateness()
    assert lateness.quantile_ms(0.99) == 0.0
    for late_ms in range(1, 101):
        lateness.add(late_ms - 0.5)
    assert 49 < lateness.quantile_ms(0.5) < 50
    assert 98 < lateness.quantile_ms(0.99) < 99
    lateness.add(4000.0)
    assert lateness.max_ms == 4000.0
    assert lateness.quantile_ms(1.0) == 4000.0
