"""A model and its cover: who is heard, and that no note is doubled, missing or changed on the way."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from copilot.live.planner import LEAD_S
from copilot.live.questions import Who
from tests.live.pairs import BEAT_S, COVER, MODEL, NEVER_S, PairStand

SIXTEENTH_S = BEAT_S / 4
COVER_S = 0.02
JITTER_S = 0.002


def fixed(seconds: float):
    return lambda _number: seconds


def check(stand: PairStand) -> None:
    """What holds whatever the two answer, and when."""
    stand.end()
    ons = [message.note_id for message in stand.sent if message.is_on]
    offs = [message.note_id for message in stand.sent if not message.is_on]
    assert sorted(ons) == sorted(offs) and len(set(ons)) == len(ons)
    assert stand.session.flight.hanging == 0
    for one, other in pairwise(stand.heard):
        assert other.start_s - one.start_s > BEAT_S / 4, "two notes on one eighth"
    figures = stand.session.planner.figures
    assert figures.due == figures.played + figures.dropped
    given = [(note.start_s, note.pitch) for _, note in stand.played]
    assert len(set(given)) == len(given)
    for who, engine in stand.engines.items():
        told = [(stand.clock.seconds(note.start_beats), note.pitch) for note in engine.committed]
        assert told == given[: len(told)], f"{who} was told of other notes than were played"
    assert in_time_is_heard(stand)


def in_time_is_heard(stand: PairStand) -> bool:
    """Each note that was given out stands in an answer that came in time, before the note was given out."""
    covered_s = {each.request.number: each.at_s for each in stand.answers if each.who == "cover"}
    taken = [
        each
        for each in stand.answers
        if each.who == "cover"
        or each.at_s < max(each.asked_s + SIXTEENTH_S + JITTER_S, covered_s.get(each.request.number, NEVER_S))
    ]
    return all(
        any(
            each.at_s <= at_s
            and any(
                other.pitch == note.pitch and stand.clock.seconds(other.start_beats) == note.start_s
                for other in each.notes
            )
            for each in taken
        )
        for at_s, note in stand.played
    )


def beats_without(stand: PairStand, from_s: float, until_s: float) -> list[float]:
    """The half beats at which nothing begins."""
    starts = {round(2 * note.start_s / BEAT_S) for note in stand.heard}
    halves = range(round(2 * from_s / BEAT_S), round(2 * until_s / BEAT_S))
    return [half / 2 for half in halves if half not in starts]


def pitches(stand: PairStand, from_s: float = 0.0) -> set[str]:
    """Who is heard from a moment on."""
    return {"model" if note.pitch in MODEL else "cover" for note in stand.heard if note.start_s >= from_s}


latencies = st.lists(
    st.one_of(
        st.floats(0.001, 0.05),
        st.floats(0.05, 0.2),
        st.floats(0.2, 1.5),
        st.sampled_from([NEVER_S, SIXTEENTH_S, COVER_S]),
    ),
    min_size=1,
    max_size=12,
)


@given(latencies, st.floats(0.001, 0.06), st.sampled_from([0.0, 20.0, 300.0]))
def test_a_cover_that_answers_leaves_no_gap_whatever_the_model_does(
    model_s: list[float], cover_s: float, commit_ms: float
) -> None:
    """Early, late, stale or no answers of the model: one note on each half beat, no more and no less."""
    stand = PairStand({"model": lambda n: model_s[n % len(model_s)], "cover": fixed(cover_s)}, commit_ms)
    stand.run(4.0)
    assert not beats_without(stand, 1.0, 3.9)
    check(stand)


@given(latencies, latencies, st.sampled_from([0.0, 40.0]))
def test_whatever_both_answer_no_note_is_doubled_or_changed(
    model_s: list[float], cover_s: list[float], commit_ms: float
) -> None:
    """With a cover that is slow or silent too there may be rests, but what is heard is whole and was in time."""
    stand = PairStand(
        {"model": lambda n: model_s[n % len(model_s)], "cover": lambda n: cover_s[n % len(cover_s)]},
        commit_ms,
    )
    stand.run(3.0)
    check(stand)


@given(
    st.lists(
        st.tuples(st.sampled_from(["model", "cover"]), st.floats(0.1, 0.6), st.floats(0.1, 1.0)), max_size=4
    )
)
def test_either_may_die_and_come_back(deaths: list[tuple[Who, float, float]]) -> None:
    """While one is there that answers, there is a note on each half beat; both learn of all that was played."""
    stand = PairStand({"model": fixed(0.06), "cover": fixed(COVER_S)})
    stand.run(1.0)
    for who, lives_s, dead_s in deaths:
        stand.run(stand.now_s + lives_s)
        stand.lose(who)
        stand.run(stand.now_s + dead_s)
        stand.session.engine_found(who)
    stand.run(stand.now_s + 1.5)
    assert not beats_without(stand, 1.0, stand.now_s - 0.1)
    check(stand)


def test_a_model_that_beats_the_deadline_is_heard() -> None:
    """With answers in half a sixteenth only the model is heard, once it has begun."""
    stand = PairStand({"model": fixed(SIXTEENTH_S / 2), "cover": fixed(COVER_S)})
    stand.run(8.0)
    check(stand)
    figures = stand.session.planner.figures
    assert pitches(stand, 1.0) == {"model"}
    assert figures.model_missed == 0 and figures.model_in_time > 30 and figures.plays == "model"
    assert figures.cover_notes == sum(note.pitch in COVER for note in stand.heard)


@pytest.mark.parametrize("model_s", [1.3 * SIXTEENTH_S, 0.4, 3.0, NEVER_S])
def test_a_model_that_is_always_late_is_never_heard(model_s: float) -> None:
    """From a tenth of a sixteenth late to a worker that was stopped: only the cover is heard."""
    stand = PairStand({"model": fixed(model_s), "cover": fixed(COVER_S)})
    stand.run(8.0)
    check(stand)
    figures = stand.session.planner.figures
    assert pitches(stand) == {"cover"}
    assert figures.model_in_time == 0 and figures.model_missed > 30
    assert figures.switches == 0 and figures.plays == "cover"


def test_a_model_that_stalls_is_left_within_a_sixteenth_and_heard_again_when_it_answers() -> None:
    """Its plan's few final notes play, then the cover; notes of its late answer are not heard."""
    stand = PairStand(
        {"model": lambda n: 2.0 if n == 20 else SIXTEENTH_S / 2, "cover": fixed(COVER_S)},
    )
    stand.run(8.0)
    check(stand)
    late = next(each for each in stand.answers if each.at_s - each.asked_s > 1.9)
    during = [note for note in stand.heard if late.asked_s + 2 * SIXTEENTH_S < note.start_s < late.at_s]
    assert len(during) > 5 and all(note.pitch in COVER for note in during)
    assert pitches(stand, late.at_s + 2 * SIXTEENTH_S) == {"model"}
    assert stand.session.planner.figures.switches in (2, 3)
    assert not beats_without(stand, 1.0, 7.9)


def test_notes_are_final_no_earlier_than_the_cover_needs_once_the_model_is_given_up() -> None:
    """A model that beats the deadline has notes final for as long as it takes; one that stalls is forgotten."""
    stand = PairStand(
        {"model": lambda n: SIXTEENTH_S / 2 if n < 30 else NEVER_S, "cover": fixed(COVER_S)},
    )
    stand.run(3.0)
    assert SIXTEENTH_S / 2 + LEAD_S < stand.session.planner.commit_s(0.0) < SIXTEENTH_S
    stand.run(30.0)
    assert COVER_S < stand.session.planner.commit_s(0.0) < 2 * COVER_S


def test_a_model_that_still_loads_takes_over_when_it_is_found() -> None:
    """The cover plays from the first note on; the model learns of all that was heard meanwhile."""
    stand = PairStand({"model": fixed(SIXTEENTH_S / 2), "cover": fixed(COVER_S)})
    stand.session.await_model()
    stand.run(2.0)
    assert pitches(stand) == {"cover"} and not stand.engines["model"].heard
    stand.session.engine_found("model")
    stand.run(4.0)
    check(stand)
    assert stand.engines["model"].heard == stand.engines["cover"].heard
    assert pitches(stand, 2.5) == {"model"}
