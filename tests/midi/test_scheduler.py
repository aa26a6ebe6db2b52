"""The contract of a note, under a clock that is only a number."""

import math
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from copilot.midi.messages import PlayNote
from copilot.midi.scheduler import LATE_LIMIT_S, MIN_LENGTH_S, Action, Schedule


def note(note_id: int, start_s: float, end_s: float, pitch: int = 60, channel: int = 0) -> PlayNote:
    return PlayNote(note_id, start_s, end_s, channel, pitch, 90)


def kinds(actions: list[Action]) -> list[tuple[int, bool, float]]:
    return [(action.note.note_id, action.is_on, action.due_s) for action in actions]


def test_a_note_leaves_at_its_start_and_at_its_end() -> None:
    """And neither before it is due."""
    schedule = Schedule()
    schedule.play([note(1, 1.0, 2.0)])
    assert schedule.next_due_s() == 1.0
    assert schedule.pop_due(0.999) == []
    on = schedule.pop_due(1.0)
    assert kinds(on) == [(1, True, 1.0)]
    assert on[0].data == b"\x90\x3c\x5a"
    assert schedule.next_due_s() == 2.0
    off = schedule.pop_due(2.0)
    assert kinds(off) == [(1, False, 2.0)]
    assert off[0].data == b"\x80\x3c\x00"
    assert schedule.next_due_s() is None


def test_at_one_moment_offs_leave_before_ons_and_low_before_high() -> None:
    """Channel 0 first, then by pitch."""
    schedule = Schedule()
    schedule.play(
        [note(1, 0.0, 1.0, 50), note(2, 1.0, 2.0, 72), note(3, 1.0, 2.0, 48), note(4, 1.0, 2.0, 40, 1)]
    )
    schedule.pop_due(0.0)
    assert [action.note.note_id for action in schedule.pop_due(1.0)] == [1, 3, 2, 4]


def test_a_little_late_plays_at_once_and_keeps_its_end() -> None:
    """Its planned start stays what it is measured against."""
    schedule = Schedule()
    schedule.play([note(1, 1.0, 1.5)])
    assert kinds(schedule.pop_due(1.0 + LATE_LIMIT_S * 0.9)) == [(1, True, 1.0)]
    assert schedule.next_due_s() == 1.5


def test_a_note_that_would_be_over_sounds_for_20_ms() -> None:
    """Whether it was late or simply short."""
    schedule = Schedule()
    schedule.play([note(1, 1.0, 1.001)])
    schedule.pop_due(1.02)
    assert schedule.next_due_s() == pytest.approx(1.02 + MIN_LENGTH_S)


def test_too_late_is_dropped_whole_and_reported() -> None:
    """Neither its on nor its off leaves."""
    schedule = Schedule()
    schedule.play([note(1, 1.0, 9.0)])
    assert schedule.pop_due(1.0 + LATE_LIMIT_S) == []
    dropped = schedule.take_dropped()
    assert [(each.note_id, each.reason) for each in dropped] == [(1, "late")]
    assert dropped[0].late_ms == pytest.approx(30.0)
    assert schedule.next_due_s() is None


def test_a_pitch_struck_while_it_sounds_is_ended_first_and_once() -> None:
    """The first note's own end no longer ends the second."""
    schedule = Schedule()
    schedule.play([note(1, 0.0, 3.0), note(2, 1.0, 4.0)])
    schedule.pop_due(0.0)
    assert kinds(schedule.pop_due(1.0)) == [(1, False, 1.0), (2, True, 1.0)]
    assert schedule.pop_due(3.5) == []
    assert kinds(schedule.pop_due(4.0)) == [(2, False, 4.0)]


def test_drop_after_takes_back_what_starts_later_and_no_note_off() -> None:
    """A note that starts before the moment still plays."""
    schedule = Schedule()
    schedule.play([note(1, 0.0, 5.0, 60), note(2, 1.0, 5.0, 62), note(3, 2.0, 5.0, 64)])
    schedule.pop_due(0.0)
    schedule.drop_after(2.0)
    assert [(each.note_id, each.reason) for each in schedule.take_dropped()] == [(3, "withdrawn")]
    assert kinds(schedule.pop_due(1.0)) == [(2, True, 1.0)]
    assert [action.note.note_id for action in schedule.pop_due(5.0)] == [1, 2]


def test_a_full_schedule_refuses_notes_but_never_note_offs() -> None:
    """What sounds does not count against the bound."""
    schedule = Schedule(capacity=2)
    schedule.play([note(1, 0.0, 5.0, 60), note(2, 0.0, 5.0, 61)])
    schedule.pop_due(0.0)
    schedule.play([note(i, 1.0, 5.0, 60 + i) for i in range(3, 6)])
    assert [(each.note_id, each.reason) for each in schedule.take_dropped()] == [(5, "full")]
    schedule.pop_due(1.0)
    assert len(schedule.pop_due(5.0)) == 4


@pytest.mark.parametrize(
    "impossible",
    [
        PlayNote(1, 0.0, 1.0, 16, 60, 90),
        PlayNote(1, 0.0, 1.0, -1, 60, 90),
        PlayNote(1, 0.0, 1.0, 0, 128, 90),
        PlayNote(1, 0.0, 1.0, 0, 60, 0),
        PlayNote(1, 0.0, 1.0, 0, 60, 128),
        PlayNote(1, math.nan, 1.0, 0, 60, 90),
        PlayNote(1, 0.0, math.inf, 0, 60, 90),
    ],
)
def test_an_impossible_note_is_dropped_and_disturbs_no_other(impossible: PlayNote) -> None:
    """It is reported as invalid."""
    schedule = Schedule()
    schedule.play([impossible, note(2, 0.0, 1.0)])
    assert [(each.note_id, each.reason) for each in schedule.take_dropped()] == [(1, "invalid")]
    assert kinds(schedule.pop_due(0.0)) == [(2, True, 0.0)]


def test_silence_ends_all_that_sounds_now_and_forgets_the_rest() -> None:
    """Afterwards nothing is due, and the schedule can be played on."""
    schedule = Schedule()
    schedule.play([note(1, 0.0, 5.0, 64), note(2, 0.0, 5.0, 60), note(3, 1.0, 5.0, 67)])
    schedule.pop_due(0.0)
    assert kinds(schedule.silence(0.5)) == [(2, False, 0.5), (1, False, 0.5)]
    assert schedule.next_due_s() is None
    assert [each.note_id for each in schedule.take_dropped()] == [3]


_NOTES = st.builds(
    lambda start, length, pitch, channel: (start, start + length, pitch, channel),
    st.integers(-5, 100),
    st.integers(-5, 100),
    st.integers(58, 62),
    st.integers(0, 1),
)
_STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("play"), _NOTES),
        st.tuples(st.just("pop"), st.integers(0, 8)),
        st.tuples(st.just("drop"), st.integers(-10, 60)),
        st.tuples(st.just("silence"), st.just(0)),
    ),
    max_size=60,
)


@settings(max_examples=300)
@given(_STEPS, st.integers(1, 20))
def test_whatever_happens_every_on_has_its_off_and_every_note_its_report(steps: list, capacity: int) -> None:
    """Any sequence of play, pop, drop and silence: a pitch never sounds twice, and no note is lost or told twice."""
    schedule = Schedule(capacity)
    now_s = 0.0
    note_id = 0
    actions: list[Action] = []
    for kind, value in steps:
        if kind == "play":
            start, end, pitch, channel = value
            schedule.play([note(note_id, now_s + start / 100, now_s + end / 100, pitch, channel)])
            note_id += 1
        elif kind == "pop":
            now_s += value / 100
            actions += schedule.pop_due(now_s)
        elif kind == "drop":
            schedule.drop_after(now_s + value / 100)
        else:
            actions += schedule.silence(now_s)
    actions += schedule.silence(now_s)

    held: dict[tuple[int, int], int] = {}
    for action in actions:
        key = (action.note.channel, action.note.pitch)
        if action.is_on:
            assert key not in held
            held[key] = action.note.note_id
        else:
            assert held.pop(key) == action.note.note_id
    assert held == {}
    told = Counter(action.note.note_id for action in actions if action.is_on)
    told.update(dropped.note_id for dropped in schedule.take_dropped())
    assert told == Counter(range(note_id))
    assert schedule.next_due_s() is None


@given(st.lists(_NOTES, max_size=30), st.lists(st.integers(1, 30), min_size=1, max_size=30))
def test_the_order_of_what_leaves_is_the_order_of_due_times(notes: list, waits: list[int]) -> None:
    """Within one pop, and over all of them but for late note-ons."""
    schedule = Schedule()
    schedule.play([note(i, start / 100, end / 100, p, c) for i, (start, end, p, c) in enumerate(notes)])
    now_s = 0.0
    for wait in waits:
        now_s += wait / 100
        due = [action.due_s for action in schedule.pop_due(now_s)]
        assert due == sorted(due)
        assert all(each <= now_s for each in due)
