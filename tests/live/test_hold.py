"""A loop of a plan, and a session that holds."""

from copilot.engine.base import PlannedNote
from copilot.live.hold import Loop
from tests.live.fakes import RandomEngine, Stand
from tests.live.test_session import assert_every_note_ended, ons


def test_a_loop_goes_round_from_its_end_on() -> None:
    """Each pass begins a length later; nothing of the loop itself is given again, nothing twice, nothing missing."""
    notes = [PlannedNote(4.0, 4.5, 40, 90), PlannedNote(6.5, 7.5, 43, 80), PlannedNote(8.0, 9.0, 45, 90)]
    loop = Loop.of(notes, 8.0, 4.0)
    assert [note.start_beats for note in loop.between(8.0, 16.0)] == [8.0, 10.5, 12.0, 14.5]
    assert loop.between(8.0, 9.0) + loop.between(9.0, 16.0) == loop.between(8.0, 16.0)
    assert loop.between(100.0, 104.0)[0] == PlannedNote(100.0, 100.5, 40, 90)


def test_no_note_of_a_loop_sounds_into_its_own_repetition() -> None:
    loop = Loop.of([PlannedNote(1.0, 60.0, 40, 90)], 4.0, 4.0)
    assert [(n.start_beats, n.end_beats) for n in loop.between(4.0, 12.0)] == [(5.0, 9.0), (9.0, 13.0)]


def test_an_empty_bar_is_held_as_silence() -> None:
    assert Loop.of([], 8.0, 4.0).between(8.0, 80.0) == []


def test_a_held_session_repeats_a_bar_asks_nobody_and_goes_on_when_let_go() -> None:
    """At 120 bpm a bar is two seconds: what leaves in one leaves in the next, at the same places; every note ends."""
    stand = Stand(RandomEngine(3), 0.02)
    stand.session.hear(0.0, 1, 60, 90)
    stand.run(6.3)
    stand.panel.set("hold", True)
    stand.run(8.4)
    asked = len(stand.requests)
    stand.run(20.0)
    assert len(stand.requests) == asked

    def bar(number: int) -> list[float]:
        return [round(due_s - 2 * number, 3) for due_s in ons(stand) if 2 * number <= due_s < 2 * number + 2]

    assert bar(5)
    assert bar(5) == bar(6) == bar(7) == bar(8)
    stand.panel.set("hold", False)
    stand.run(26.0)
    assert len(stand.requests) > asked
    stand.panel.set("mute", True)
    stand.run(34.0)
    assert_every_note_ended(stand)
