"""The life of a note: proposed, planned, final; or late, or dropped."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from copilot.engine.base import PlannedNote, Proposal
from copilot.live.clock import BeatClock
from copilot.live.planner import LEAD_S, Planner, quantile


def planner_at_120() -> Planner:
    return Planner(BeatClock(0.0, 120.0, follows_midi=False))


def note(start_beats: float, pitch: int = 60, length_beats: float = 0.5) -> PlannedNote:
    return PlannedNote(start_beats, start_beats + length_beats, pitch, 90)


def answer(planner: Planner, now_s: float, *notes: PlannedNote, took_s: float = 0.01) -> list[PlannedNote]:
    return planner.take(now_s, Proposal(list(notes), 99.0), took_s)


def test_a_proposal_is_a_plan_until_its_notes_are_about_to_begin() -> None:
    """A note becomes final LEAD_S before its start, and not earlier, if the engine is not asked again."""
    planner = planner_at_120()
    planner.ask(0.0, 0.1, 4.0)
    assert answer(planner, 0.01, note(1.0), note(2.0)) == []
    assert planner.due_s() == pytest.approx(0.5 - LEAD_S)
    assert planner.make_due_final(0.5 - LEAD_S - 0.001) == []
    assert planner.make_due_final(planner.due_s() or 0.0) == [note(1.0)]
    assert [planned.start_beats for planned in planner.plan] == [2.0]


def test_asking_makes_final_what_begins_within_the_commit() -> None:
    """What the engine may not change any more is final when it is asked, and it is told so once."""
    planner = planner_at_120()
    planner.ask(0.0, 0.1, 4.0)
    answer(planner, 0.0, note(1.0), note(2.0), note(3.0))
    horizon, final = planner.ask(0.4, 0.7, 4.0)
    assert final == [note(1.0), note(2.0)]
    assert (horizon.now_beats, horizon.free_beats) == pytest.approx((0.8, 2.2))
    assert planner.take_untold() == [note(1.0), note(2.0)]
    assert planner.take_untold() == []


def test_the_horizon_reaches_past_the_commit() -> None:
    """With a commit longer than the lookahead there is still a beat to propose for."""
    horizon, _ = planner_at_120().ask(0.0, 4.0, 0.5)
    assert horizon.until_beats == horizon.free_beats + 1.0


def test_a_new_proposal_replaces_the_plan_but_not_what_is_final() -> None:
    """Notes at or before the last final one are counted as replaced; the rest is the plan now."""
    planner = planner_at_120()
    planner.ask(0.0, 0.1, 4.0)
    answer(planner, 0.0, note(1.0), note(1.5), note(2.0))
    planner.ask(0.05, 0.1, 4.0)
    assert planner.make_due_final(0.49) == [note(1.0)]
    answer(planner, 0.5, note(0.9, 70), note(1.0, 71), note(1.25, 72), note(2.0, 73))
    assert [planned.pitch for planned in planner.plan] == [72, 73]
    assert planner.figures.replaced == 2


def test_a_late_note_plays_and_a_later_one_is_dropped() -> None:
    """Under 30 ms late a note is played at once; from 30 ms on it is dropped whole, and counted."""
    planner = planner_at_120()
    planner.ask(0.0, 0.001, 4.0)
    late = answer(planner, 1.0, note(1.9), note(1.94), note(1.95), note(2.0, 61), note(2.1, 62))
    assert [planned.start_beats for planned in late] == [1.95]
    assert [planned.start_beats for planned in planner.plan] == [2.0, 2.1]
    figures = planner.figures
    assert (figures.late, figures.dropped, figures.played, figures.due) == (1, 2, 1, 3)


def test_a_key_that_sounds_is_not_struck_again() -> None:
    """A proposed note within a final note of its pitch is left out; after its end it is taken."""
    planner = planner_at_120()
    planner.ask(0.0, 1.0, 8.0)
    answer(planner, 0.0, note(2.0, 60, 2.0))
    assert planner.ask(0.1, 1.0, 8.0)[1] == [note(2.0, 60, 2.0)]
    answer(planner, 0.2, note(2.2, 60), note(2.3, 61), note(3.9, 60), note(4.0, 60))
    assert [planned.start_beats for planned in planner.plan] == [2.3, 4.0]


def test_nothing_is_asked_while_the_engine_works_or_rests() -> None:
    """One request at a time, and a rest as long as the work."""
    planner = planner_at_120()
    planner.ask(0.0, 0.1, 4.0)
    assert planner.asks_at_s(0.05, has_news=True) is None
    answer(planner, 0.2, took_s=0.2)
    assert planner.asks_at_s(0.2, has_news=True) == pytest.approx(0.4)
    assert planner.asks_at_s(0.5, has_news=True) == 0.5


def test_without_news_the_engine_is_asked_each_sixteenth() -> None:
    """The next question is due at the next sixteenth, or at once if one has passed."""
    planner = planner_at_120()
    planner.ask(0.01, 0.1, 4.0)
    answer(planner, 0.02, took_s=0.001)
    assert planner.asks_at_s(0.03, has_news=False) == pytest.approx(0.125)
    assert planner.asks_at_s(0.2, has_news=False) == 0.2


def test_a_dropped_request_still_keeps_the_engine_busy() -> None:
    """After a drop its answer is thrown away, and until then it is not asked again."""
    planner = planner_at_120()
    planner.ask(0.0, 0.1, 4.0)
    planner.drop()
    planner.drop()
    assert planner.asks_at_s(0.05, has_news=True) is None
    assert answer(planner, 0.1, note(1.0)) == []
    assert planner.plan == [] and planner.asks_at_s(0.2, has_news=True) == 0.2
    planner.ask(0.2, 0.1, 4.0)
    answer(planner, 0.3, note(2.0))
    assert planner.plan == [note(2.0)]


def test_the_commit_follows_what_the_engine_takes() -> None:
    """A set commit holds; else it is the slowest of 100 calls and a margin, and never over 4 s."""
    planner = planner_at_120()
    assert planner.commit_s(80.0) == 0.08
    assert planner.commit_s(0.0) == 0.25
    for took_s in [0.01] * 50 + [0.1]:
        planner.ask(0.0, 0.1, 4.0)
        answer(planner, 0.0, took_s=took_s)
    assert planner.commit_s(0.0) == pytest.approx(0.12)
    planner.ask(0.0, 0.1, 4.0)
    answer(planner, 0.0, took_s=60.0)
    assert planner.commit_s(0.0) == 4.0


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["ask", "answer", "due", "drop"]),
            st.lists(st.tuples(st.floats(-1, 6), st.floats(0.05, 3), st.integers(40, 43)), max_size=6),
        ),
        max_size=40,
    ),
    st.floats(0.001, 2.0),
)
def test_whatever_is_proposed_due_is_played_plus_dropped(
    steps: list[tuple[str, list[tuple[float, float, int]]]], commit_s: float
) -> None:
    """In any order of calls: the sum holds, each note becomes final once, and little of the past is kept."""
    planner, now_s, final = planner_at_120(), 0.0, []
    for action, proposed in steps:
        now_s += 0.17
        if action == "ask" and planner.asked is None:
            final += planner.ask(now_s, commit_s, 4.0)[1]
        elif action == "answer":
            free_beats = planner.asked.free_beats if planner.asked else 0.0
            notes = [
                PlannedNote(free_beats + start, free_beats + start + length, pitch, 90)
                for start, length, pitch in proposed
            ]
            final += answer(planner, now_s, *notes)
        elif action == "due":
            final += planner.make_due_final(now_s)
        else:
            planner.drop()
    figures = planner.figures
    assert figures.due == figures.played + figures.dropped
    assert len(final) == figures.played == len(planner.take_untold())
    assert planner.plan == sorted(planner.plan, key=lambda note: note.start_beats)


def test_a_long_session_keeps_little_of_the_past() -> None:
    """After a thousand notes the planner knows the last few beats only."""
    planner = planner_at_120()
    for beat in range(1000):
        planner.ask(beat / 2, 0.25, 4.0)
        answer(planner, beat / 2 + 0.01, note(beat + 0.9))
        planner.make_due_final(beat / 2 + 0.45)
        planner.take_untold()
    assert len(planner._final) < 20
    assert planner.figures.played == 1000


def test_a_quantile_of_nothing_is_zero() -> None:
    """Figures can be shown before anything was measured."""
    assert quantile([], 0.99) == 0.0
    assert quantile([3.0, 1.0, 2.0], 0.5) == 2.0
    assert quantile([1.0], 1.0) == 1.0
