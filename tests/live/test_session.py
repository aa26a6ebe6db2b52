"""The live loop between a rig and an engine, both made up, on a clock that the test moves."""

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from copilot.engine.base import Controls, Horizon, Proposal
from copilot.live.questions import MAX_NEWS
from copilot.midi.messages import Dropped
from tests.live.fakes import MetronomeEngine, RandomEngine, Stand


def ons(stand: Stand) -> list[float]:
    return [message.due_s for message in stand.sent if message.is_on]


def assert_every_note_ended(stand: Stand) -> None:
    """Each note-on that left has one note-off, after it."""
    state: dict[int, bool] = {}
    for message in stand.sent:
        assert message.is_on != state.get(message.note_id, False)
        assert message.is_on or message.note_id in state
        state[message.note_id] = message.is_on
    assert not any(state.values())
    assert stand.session.flight.hanging == 0


def test_nothing_is_asked_before_somebody_plays() -> None:
    """The copilot waits for the first note."""
    stand = Stand(MetronomeEngine(), 0.02)
    stand.run(1.0)
    assert stand.requests == []
    stand.session.hear(1.0, 1, 60, 90)
    stand.run(3.0)
    assert stand.requests[0] == pytest.approx(1.004)
    assert len(stand.sent) > 8


@pytest.mark.parametrize("latency_s", [0.0, 0.005, 0.08, 0.4])
def test_notes_leave_in_time_whatever_the_engine_takes(latency_s: float) -> None:
    """A steady engine, fast or slow, is heard on every half beat, at its moment, once it is known."""
    stand = Stand(MetronomeEngine(), latency_s)
    stand.session.hear(0.0, 1, 60, 90)
    stand.run(8.0)
    stand.panel.set("mute", True)
    stand.run(13.0)
    heard = [due_s for due_s in ons(stand) if due_s > 2.0]
    assert heard == pytest.approx([0.25 * index for index in range(9, 9 + len(heard))])
    assert len(heard) >= 23
    assert max(message.sent_s - message.due_s for message in stand.sent if message.due_s > 2.0) < 0.002
    figures = stand.session.planner.figures
    assert figures.due == figures.played + figures.dropped
    assert_every_note_ended(stand)


def test_an_engine_that_hangs_makes_no_burst() -> None:
    """While it is away the plan's tail plays; what its late answer holds for the past is dropped."""
    stand = Stand(MetronomeEngine(), 0.02)
    stand.session.hear(0.0, 1, 60, 90)
    stand.run(4.0)
    stand.latency_s = 5.0
    stand.run(11.0)
    gaps = [later - sooner for sooner, later in pairwise(ons(stand))]
    assert min(gaps) > 0.2
    assert len([due_s for due_s in ons(stand) if 4.0 < due_s < 6.0]) >= 7
    assert len([due_s for due_s in ons(stand) if 6.2 < due_s < 9.0]) == 0
    figures = stand.session.planner.figures
    assert figures.dropped > 0
    assert figures.due == figures.played + figures.dropped
    stand.latency_s = 0.02
    stand.run(22.0)
    stand.panel.set("mute", True)
    stand.run(30.0)  # the commit has followed the slow call: what is final reaches far
    assert_every_note_ended(stand)


def test_one_request_at_a_time_however_much_is_heard() -> None:
    """An engine that takes 50 ms is asked twenty times a second at most, and never twice at once."""
    stand = Stand(MetronomeEngine(), 0.05)
    for step in range(400):
        stand.session.hear(stand.now_s, 1, 60 + step % 12, 90 if step % 2 else 0)
        stand.run(stand.now_s + 0.01)
    assert stand.most_pending == 1
    assert min(later - sooner for sooner, later in pairwise(stand.requests)) >= 0.05 - 1e-6


def test_a_chord_of_thirty_notes_is_one_request() -> None:
    """Thirty note-ons within 2 ms, heard by the engine all together, 4 ms after the first."""
    engine = MetronomeEngine()
    stand = Stand(engine, 0.02)
    stand.session.hear(0.0, 1, 60, 90)
    stand.run(1.06)
    asked, heard = len(stand.requests), len(engine.heard)
    begin_s = stand.now_s
    for index in range(30):
        at_s = begin_s + index * 0.002 / 29
        stand.session.hear(at_s, 1 + index % 3, 40 + index, 90)
        stand.now_s = at_s
        stand.run(at_s + 0.00005, step_s=0.00005)
    stand.run(begin_s + 0.03)
    assert len(stand.requests) == asked + 1
    assert stand.requests[-1] == pytest.approx(begin_s + 0.004, abs=0.0011)
    assert len(engine.heard) == heard + 30


def test_gathering_news_holds_up_no_note_that_is_due() -> None:
    """A stream of news, each a millisecond after the other: every note leaves in time all the same."""
    stand = Stand(MetronomeEngine(), 0.003)
    stand.session.hear(0.0, 1, 60, 90)
    stand.run(1.0)
    for step in range(3000):
        stand.session.hear(stand.now_s, 1, 60 + step % 12, 90)
        stand.run(stand.now_s + 0.001)
    late = [message.sent_s - message.due_s for message in stand.sent if message.due_s > 1.0]
    assert len(late) > 20 and max(late) < 0.002


def test_a_key_that_is_let_go_is_no_reason_to_ask() -> None:
    """It waits for the next sixteenth: players let go just before they strike, and the engine is to be free then."""
    engine = MetronomeEngine()
    stand = Stand(engine, 0.005)
    stand.session.hear(0.0, 1, 60, 90)
    stand.run(1.05)
    asked = len(stand.requests)
    stand.session.hear(1.05, 1, 60, 0)
    stand.run(1.12)
    assert len(stand.requests) == asked
    stand.run(1.13)
    assert len(stand.requests) == asked + 1 and engine.heard[-1].velocity == 0


def test_an_engine_that_stalls_and_recovers_never_makes_a_burst() -> None:
    """20 ms, then 2 s a call, then 20 ms again: the plan's tail plays, then it rests, then it goes on in time.

    None leave together, one at most plays late (under 30 ms, when the first late answer finds nothing planned), and
    the commit grows and shrinks again.
    """
    stand = Stand(MetronomeEngine(), 0.02)
    stand.session.hear(0.0, 1, 60, 90)
    stand.run(6.0)
    planner = stand.session.planner
    assert planner.commit_s(0.0) < 0.04
    stand.latency_s = 2.0
    stand.run(12.0)
    assert planner.commit_s(0.0) > 2.0
    stand.latency_s = 0.02
    stand.run(40.0)
    assert planner.commit_s(0.0) < 0.04
    starts, figures = ons(stand), planner.figures
    assert min(later - sooner for sooner, later in pairwise(starts)) > 0.2
    late = [message.sent_s - message.due_s for message in stand.sent if message.due_s > 1.0]
    assert len([late_s for late_s in late if late_s > 0.002]) == figures.late <= 1 and max(late) < 0.03
    assert len([due_s for due_s in starts if 6.0 < due_s < 8.0]) >= 7
    assert len([due_s for due_s in starts if 30.0 < due_s < 40.0]) == 39
    assert figures.due == figures.played + figures.dropped


def test_toggling_mute_sends_no_second_request() -> None:
    """A person who leans on the button does not fill the engine's queue."""
    stand = Stand(MetronomeEngine(), 0.3)
    stand.session.hear(0.0, 1, 60, 90)
    for _ in range(200):
        stand.panel.set("mute", True)
        stand.run(stand.now_s + 0.002)
        stand.panel.set("mute", False)
        stand.run(stand.now_s + 0.002)
    assert stand.most_pending == 1


def test_mute_drops_the_plan_and_ends_what_sounds() -> None:
    """After mute nothing new begins but what was final; every note ends."""
    stand = Stand(MetronomeEngine(length_beats=1.0), 0.02)
    stand.session.hear(0.0, 1, 60, 90)
    stand.run(4.01)
    assert stand.session.planner.plan
    stand.panel.set("mute", True)
    stand.run(8.0)
    assert stand.session.planner.plan == []
    assert max(ons(stand)) < 4.3
    assert_every_note_ended(stand)
    stand.panel.set("mute", False)
    stand.run(9.0)
    assert max(ons(stand)) > 8.5


def test_a_jump_of_the_clock_drops_the_plan() -> None:
    """When the sender starts anew the old plan is void, and the next one is made from the new place."""
    engine = MetronomeEngine()
    stand = Stand(engine, 0.02)
    stand.session.hear(0.0, 1, 60, 90)
    stand.run(2.05)
    stand.clock.start(2.05)
    stand.run(2.2)
    assert stand.session.planner.plan == []
    for pulse in range(48):
        stand.run(2.2 + pulse / 48)
        stand.clock.pulse(stand.now_s)
    assert stand.clock.relocations == 1
    assert engine.asked[-1].now_beats > 8.0
    starts = [note.start_beats for note in engine.committed]
    assert starts == sorted(starts) and not [start for start in starts if 4.7 < start < 8.0]


def test_a_stopped_clock_plays_and_hears_nothing_new() -> None:
    """What is struck while time stands still never reaches the engine; what is let go does."""
    engine = MetronomeEngine()
    stand = Stand(engine, 0.02)
    stand.session.hear(0.0, 1, 60, 90)
    stand.run(1.0)
    stand.clock.start(1.0)
    stand.clock.stop(1.0)
    heard, asked = len(engine.heard), len(stand.requests)
    for step in range(2000):
        stand.session.hear(1.0 + step / 1000, 1, 61, 90 * (step % 2))
    stand.run(3.0)
    assert len(stand.requests) == asked
    stand.clock.continue_(3.0)
    for pulse in range(20):
        stand.clock.pulse(3.0 + pulse / 48)
    stand.run(3.5)
    assert len(engine.heard) > heard
    assert all(event.velocity == 0 for event in engine.heard[heard:])


@pytest.mark.parametrize("how", ["stopped", "muted"])
def test_an_answer_that_comes_before_the_next_wake_plays_nothing_at_rest(how: str) -> None:
    """Time stops, or the copilot is muted, and the answer is there first: its late notes are not played."""
    stand = Stand(MetronomeEngine(), 0.52)
    stand.session.hear(0.0, 1, 60, 90)
    stand.run(0.518)
    _, number, proposal, took_s = stand.pending.pop()
    assert min(note.start_beats for note in proposal.notes) == 1.0  # 18 ms ago
    if how == "stopped":
        stand.clock.stop(0.518)
    else:
        stand.panel.set("mute", True)
    assert stand.session.take(0.518, number, proposal, took_s) == []
    assert stand.session.flight.hanging == 0


def test_what_waits_for_the_engine_is_bounded() -> None:
    """A muted day fills no memory; the engine learns that the keys of which it knew were let go."""
    stand = Stand(MetronomeEngine(), 0.02)
    stand.session.engine_lost()
    for step in range(5 * MAX_NEWS):
        stand.session.hear(step / 100, 1, 60 + step // 2 % 12, 90 * (step % 2))
    assert len(stand.session._news) <= MAX_NEWS + 12
    positions = [event.pos_beats for event in stand.session._news]
    assert positions == sorted(positions)
    stand.session.engine_found()
    stand.now_s = 300.0
    stand.run(300.1)
    assert {event.pitch for event in stand.engine.heard if not event.velocity} == set(range(60, 72))
    assert stand.session._news == []


def test_a_lost_engine_leaves_its_plan_and_a_new_one_goes_on() -> None:
    """The plan plays out, nobody is asked meanwhile, and an answer of the old engine counts for nothing."""
    stand = Stand(MetronomeEngine(), 0.02)
    stand.session.hear(0.0, 1, 60, 90)
    stand.run(2.01)
    stand.session.engine_lost()
    stand.pending.clear()
    asked = len(stand.requests)
    stand.run(5.0)
    assert len(stand.requests) == asked
    assert 3.0 < max(ons(stand)) < 4.5
    assert stand.session.take(5.0, 1, Proposal([], 99.0), 0.1) == []
    stand.session.engine_found()
    stand.run(7.0)
    assert max(ons(stand)) > 6.5


def test_the_engine_is_told_of_every_final_note_once() -> None:
    """What was sent and what the engine was told is the same music."""
    engine = MetronomeEngine()
    stand = Stand(engine, 0.06)
    stand.session.hear(0.0, 1, 60, 90)
    stand.run(6.0)
    told = [(note.start_beats, note.pitch) for note in engine.committed]
    assert len(told) == len(set(told))
    played = [(stand.clock.beats(note.start_s), note.pitch) for note in stand.played]
    assert [round(start, 6) for start, _ in told] == [round(start, 6) for start, _ in played][: len(told)]
    assert len(played) - len(told) <= 4


def test_the_copilots_own_channel_is_not_heard() -> None:
    """What a player sends on channel 0 is recorded and otherwise ignored."""
    stand = Stand(MetronomeEngine(), 0.02)
    stand.session.hear(0.0, 0, 60, 90)
    stand.run(0.5)
    assert stand.requests == [] and stand.session.heard_notes == 0


def test_a_change_of_the_panel_is_news() -> None:
    """The engine is asked at once under the new value, not at the next sixteenth."""
    engine = MetronomeEngine()
    stand = Stand(engine, 0.001)
    stand.session.hear(0.0, 1, 60, 90)
    stand.run(1.01)
    stand.panel.set("genre", "blues")
    stand.run(1.03)
    assert engine.controls[-1].genre == "blues"
    assert stand.requests[-1] < 1.02


def test_the_engine_is_told_where_its_bar_began() -> None:
    """Controls carry the meter, the bar's length and its first beat."""
    engine = MetronomeEngine()
    stand = Stand(engine, 0.001)
    stand.session.set_meter(0.0, 6, 8)
    stand.session.hear(0.0, 1, 60, 90)
    stand.run(2.2)
    told: Controls = engine.controls[-1]
    asked: Horizon = engine.asked[-1]
    assert (told.meter, told.bar_beats, told.bar_start_beats) == ("6_8", 3.0, 3.0)
    assert told.bar_start_beats <= asked.now_beats < told.bar_start_beats + told.bar_beats


def test_a_note_that_the_scheduler_drops_is_no_longer_played() -> None:
    """Late or refused it counts as dropped; withdrawn it never came to its moment."""
    stand = Stand(MetronomeEngine(), 0.02)
    stand.session.hear(0.0, 1, 60, 90)
    stand.panel.set("commit_ms", 1500)
    stand.run(0.6)
    figures = stand.session.planner.figures
    first, second, *_ = stand.session.flight._flying
    due, played = figures.due, figures.played
    stand.session.dropped(Dropped(first, "withdrawn", 0.0))
    assert (figures.due, figures.played, figures.dropped) == (due - 1, played - 1, 0)
    stand.session.dropped(Dropped(second, "late", 40.0))
    stand.session.dropped(Dropped(second, "late", 40.0))
    assert (figures.due, figures.played, figures.dropped) == (due - 1, played - 2, 1)


@settings(max_examples=25)
@given(
    st.integers(0, 1000),
    st.sampled_from([0.0, 0.004, 0.05, 0.3, 1.1]),
    st.sampled_from([20.0, 97.0, 300.0, 999.0]),
    st.lists(st.sampled_from(["hear", "mute", "unmute", "slow", "fast", "commit", "tempo"]), max_size=25),
)
def test_whatever_happens_every_note_ends_and_none_overlap(
    seed: int, latency_s: float, tempo_bpm: float, happenings: list[str]
) -> None:
    """Any engine, any latency, any tempo: one on and one off a note, no overlap on a key, the figures add up."""
    stand = Stand(RandomEngine(seed), latency_s, tempo_bpm)
    stand.session.hear(0.0, 1, 60, 90)
    for happening in happenings:
        if happening == "hear":
            stand.session.hear(stand.now_s, 1, 60, 90)
        elif happening in ("mute", "unmute"):
            stand.panel.set("mute", happening == "mute")
        elif happening in ("slow", "fast"):
            stand.latency_s = latency_s * (4.0 if happening == "slow" else 0.25)
        elif happening == "commit":
            stand.panel.set("commit_ms", 1.0)
        else:
            stand.clock.set_tempo(tempo_bpm / 2 + 10.0, stand.now_s)
        stand.run(stand.now_s + 0.11, step_s=0.002)
    stand.panel.set("mute", True)
    stand.run(stand.now_s + 1.5, step_s=0.01)
    while (due_s := stand.schedule.next_due_s()) is not None:
        stand.now_s = due_s
        stand._send()
    assert_every_note_ended(stand)
    figures = stand.session.planner.figures
    assert figures.due == figures.played + figures.dropped
    assert figures.played == len(ons(stand))
    assert stand.most_pending <= 1
    planned = sorted(
        (note.pitch, note.start_beats, note.end_beats)
        for note in [*stand.engine.committed, *stand.session.planner.take_untold()]
    )
    for (pitch, _, end), (other, start, _) in pairwise(planned):
        assert pitch != other or start >= end - 1e-6


def test_a_copilot_that_only_listens_plans_and_sends_nothing() -> None:
    """The engine is asked as ever and told what it would have played; nothing leaves, and it comes back at once."""
    stand = Stand(MetronomeEngine(), 0.02)
    stand.panel.set("listen_only", True)
    stand.session.hear(0.0, 1, 60, 90)
    stand.run(4.0)
    assert stand.sent == []
    assert stand.session.withheld_notes > 4
    assert stand.session.planner.figures.due == stand.session.planner.figures.played == 0
    assert len(stand.engine.committed) >= 4
    stand.panel.set("listen_only", False)
    stand.run(6.0)
    assert ons(stand)
    stand.panel.set("mute", True)
    stand.run(12.0)
    assert_every_note_ended(stand)


def test_swing_moves_what_is_sent_and_not_what_is_meant() -> None:
    """The engine's second eighths leave on the third triplet, and are committed where it put them."""
    stand = Stand(MetronomeEngine(), 0.02)
    stand.panel.set("swing", 0.75)
    stand.session.hear(0.0, 1, 60, 90)
    stand.run(6.0)
    places = {round(2 * due_s % 1, 3) for due_s in ons(stand) if due_s > 2.0}
    assert places == {0.0, 0.75}
    assert {note.start_beats % 1 for note in stand.engine.committed} == {0.0, 0.5}


def test_the_panel_names_who_plays_and_whose_time_it_is() -> None:
    """A channel that is given a role has it in the next request, and auto listens again; so with the clock."""
    stand = Stand(MetronomeEngine(), 0.02)
    stand.session.hear(0.0, 3, 72, 90)
    stand.run(1.0)
    stand.panel.set("channel_3", "lead")
    stand.run(2.0)
    assert stand.engine.controls[-1].roles[3] == "lead"
    stand.panel.set("channel_3", "auto")
    stand.session.hear(2.1, 3, 72, 90)
    stand.run(3.0)
    assert stand.engine.controls[-1].roles[3] == "keys"
    stand.panel.set("clock", "internal")
    assert not stand.session.clock.follows_midi
    stand.panel.set("clock", "auto")
    assert stand.session.clock.follows_midi


@pytest.mark.parametrize("latency_ms", [0.0, 80.0, 200.0])
def test_notes_are_ready_so_much_earlier_as_an_output_sounds_late(latency_ms: float) -> None:
    """Each note is handed on at least 15 ms before the moment at which it must leave, and none is late."""
    stand = Stand(MetronomeEngine(), 0.02)
    stand.panel.set("output_2_latency_ms", latency_ms)
    stand.session.hear(0.0, 1, 60, 90)
    handed: list[float] = []
    while stand.now_s < 8.0:
        before = len(stand.played)
        stand.run(stand.now_s + 0.001)
        handed += [
            1000 * (note.start_s - stand.now_s) for note in stand.played[before:] if note.start_s > 2.0
        ]
    assert min(handed) > latency_ms + 12.0
    assert stand.session.planner.figures.late == 0
    assert stand.session.planner.figures.dropped == 0
