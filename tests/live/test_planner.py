"""The life of a note: proposed, planned, final; or late, or dropped."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from copilot.engine.base import PlannedNote, Proposal
from copilot.live.clock import BeatClock
from copilot.live.deadline import MARGIN_S
from copilot.live.figures import quantile
from copilot.live.planner import GATHER_S, LEAD_S, Planner


def planner_at_120() -> Planner:
    return Planner(BeatClock(0.0, 120.0, follows_midi=False))


def note(start_beats: float, pitch: int = 60, length_beats: float = 0.5) -> PlannedNote:
    return PlannedNote(start_beats, start_beats + length_beats, pitch, 90)


def answer(
    planner: Planner,
    now_s: float,
    *notes: PlannedNote,
    took_s: float = 0.01,
    until_beats: float = 99.0,
    number: int = 1,
) -> list[PlannedNote]:
    return planner.take(now_s, number, Proposal(list(notes), until_beats), took_s)


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
    """A proposed note within a final note of its pitch is replaced by that; after its end it is taken.

    The final note itself, proposed again, is no other note.
    """
    planner = planner_at_120()
    planner.ask(0.0, 1.0, 8.0)
    answer(planner, 0.0, note(2.0, 60, 2.0))
    assert planner.ask(0.1, 1.0, 8.0)[1] == [note(2.0, 60, 2.0)]
    answer(planner, 0.2, note(2.0, 60, 2.0), note(2.2, 60), note(2.3, 61), note(3.9, 60), note(4.0, 60))
    assert [planned.start_beats for planned in planner.plan] == [2.3, 4.0]
    assert planner.figures.replaced == 2


def test_nothing_is_asked_while_the_engine_works() -> None:
    """One request at a time; after the answer the next may follow at once."""
    planner = planner_at_120()
    planner.ask(0.0, 0.1, 4.0)
    assert planner.asks_at_s(0.05, 0.04, 4.0) is None
    answer(planner, 0.2, took_s=0.2)
    assert planner.asks_at_s(0.2, 0.04, 4.0) == 0.2


def test_news_waits_for_more_of_its_kind() -> None:
    """The question follows the first news by the gathering time, however much comes in meanwhile."""
    planner = planner_at_120()
    planner.ask(0.0, 0.1, 4.0)
    answer(planner, 0.01)
    assert planner.asks_at_s(0.050, 0.050, 4.0) == pytest.approx(0.050 + GATHER_S)
    assert planner.asks_at_s(0.052, 0.050, 4.0) == pytest.approx(0.050 + GATHER_S)
    assert planner.asks_at_s(0.060, 0.050, 4.0) == 0.060


def test_without_news_the_engine_is_asked_each_sixteenth() -> None:
    """Just after the next sixteenth, when those who strike on it have struck, or at once if one has passed."""
    planner = planner_at_120()
    planner.ask(0.01, 0.1, 4.0)
    answer(planner, 0.02, took_s=0.001)
    assert planner.asks_at_s(0.03, None, 4.0) == pytest.approx(0.125 + GATHER_S)
    assert planner.asks_at_s(0.126, None, 4.0) == pytest.approx(0.125 + GATHER_S)
    assert planner.asks_at_s(0.2, None, 4.0) == 0.2


def slow_planner(beat_cost_s: float = 0.05) -> Planner:
    """One whose engine takes so long a beat, asked at 0 s and answered at 0.06 s."""
    planner = planner_at_120()
    planner.deadline.turn_to("bass", 120.0)
    for _ in range(10):
        planner.deadline.took(beat_cost_s, 1.0)
    horizon, _ = planner.ask(0.0, planner.commit_s(0.0), 4.0)
    answer(planner, 0.06, note(1.0), took_s=0.06, until_beats=horizon.until_beats)
    return planner


def test_the_nearest_beats_are_asked_for_first_and_then_the_rest() -> None:
    """What can be imagined within half a sixteenth; then, in the time that is left, on from where that ended."""
    planner = slow_planner()
    first_beats = planner.until_beats
    assert first_beats == pytest.approx(62.5 / 50, rel=0.1)
    assert planner.asks_at_s(0.06, None, 4.0) == 0.06
    horizon, final = planner.ask(0.06, 0.6, 4.0, has_news=False)
    assert final == []
    assert horizon.free_beats == pytest.approx(2 * planner.commit_s(0.0), rel=0.2)
    assert first_beats + 1.0 < horizon.until_beats < 4.2


def test_a_plan_is_not_made_longer_when_the_next_sixteenth_is_near() -> None:
    """Players strike on sixteenths: the engine is to be free then."""
    planner = slow_planner()
    assert planner.asks_at_s(0.1, None, 4.0) == pytest.approx(0.125 + GATHER_S)


def test_an_engine_that_can_go_no_further_is_not_asked_to() -> None:
    """Where the window had no room for what was asked, asking again would give the same."""
    planner = planner_at_120()
    planner.ask(0.0, 0.1, 4.0)
    answer(planner, 0.01, until_beats=1.0)
    assert planner.asks_at_s(0.02, None, 4.0) == pytest.approx(0.125 + GATHER_S)


def test_news_shortens_the_horizon_before_it_makes_an_answer_late() -> None:
    """The costlier a beat, the fewer are asked for, down to one beyond what is final."""
    reached = []
    for cost_s in (0.01, 0.02, 0.04):
        planner = planner_at_120()
        planner.deadline.turn_to("bass", 120.0)
        planner.deadline.took(cost_s, 1.0)
        horizon, _ = planner.ask(0.0, 0.1, 4.0)
        reached.append(horizon.until_beats)
        assert horizon.until_beats >= horizon.free_beats + 1.0
    assert reached[0] == 4.0
    assert 2.5 < reached[1] < 3.2 and 1.3 < reached[2] < 1.6


def test_a_dropped_request_still_keeps_the_engine_busy() -> None:
    """After a drop its answer is thrown away, and until then it is not asked again."""
    planner = planner_at_120()
    planner.ask(0.0, 0.1, 4.0)
    planner.drop()
    planner.drop()
    assert planner.asks_at_s(0.05, 0.04, 4.0) is None
    assert answer(planner, 0.1, note(1.0)) == []
    assert planner.plan == [] and planner.asks_at_s(0.2, 0.04, 4.0) == 0.2
    planner.ask(0.2, 0.1, 4.0)
    answer(planner, 0.3, note(2.0))
    assert planner.plan == [note(2.0)]


def test_a_set_commit_holds_and_0_follows_the_engine() -> None:
    """80 ms are 80 ms; else it is the slowest call of late and a margin, never over 4 s."""
    planner = planner_at_120()
    assert planner.commit_s(80.0) == 0.08
    assert planner.commit_s(0.0) == 0.25
    for took_s in [0.01] * 50 + [0.1]:
        planner.ask(0.0, 0.1, 4.0)
        answer(planner, 0.0, took_s=took_s)
    assert 0.1 + MARGIN_S <= planner.commit_s(0.0) < 0.11 + MARGIN_S
    planner.ask(0.0, 0.1, 4.0)
    answer(planner, 0.0, took_s=60.0)
    assert planner.commit_s(0.0) == 4.0


def test_what_comes_too_late_for_a_rest_that_was_planned_is_left_out() -> None:
    """The plan before it rested there: the late note is counted as replaced, neither dropped nor played late."""
    planner = planner_at_120()
    planner.ask(0.0, 0.1, 4.0)
    answer(planner, 0.01, note(3.0), until_beats=4.0)
    planner.ask(0.1, 0.1, 4.0)
    assert answer(planner, 1.0, note(1.0, 61), note(1.99, 62), note(2.1, 63)) == []
    assert [planned.pitch for planned in planner.plan] == [63]
    figures = planner.figures
    assert (figures.replaced, figures.late, figures.dropped) == (2, 0, 0)


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
    assert len(planner._final.notes) < 20
    assert planner.figures.played == 1000


def test_a_quantile_of_nothing_is_zero() -> None:
    """Figures can be shown before anything was measured."""
    assert quantile([], 0.99) == 0.0
    assert quantile([3.0, 1.0, 2.0], 0.5) == 2.0
    assert quantile([1.0], 1.0) == 1.0
