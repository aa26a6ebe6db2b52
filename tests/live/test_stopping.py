"""Stop and start: the copilot rests, then listens anew; the players are heard by others meanwhile."""

import asyncio
from pathlib import Path

import pytest

from copilot.live.feed import Event, NoteIn, Said
from copilot.live.journal import read_journal
from copilot.live.records import Happened
from tests.control.desks import make_desk
from tests.live.fakes import MetronomeEngine, Stand, hush
from tests.live.test_session import assert_every_note_ended


def stop(stand: Stand) -> None:
    """Stop as a desk does it: the session rests, and what sounds of its own is ended."""
    stand.session.stop(stand.now_s)
    stand.sent += hush(stand.session, stand.schedule, stand.now_s)


@pytest.mark.parametrize("latency_s", [0.005, 0.3])
def test_a_stopped_copilot_is_silent_at_once_and_plans_nothing(latency_s: float) -> None:
    """Its notes end then and there, an answer under way counts for nothing, and it is asked no more."""
    stand = Stand(MetronomeEngine(length_beats=3.0), latency_s)
    stand.session.hear(0.0, 1, 60, 90)
    stand.run(4.1)
    assert stand.session.flight.hanging and stand.session.planner.plan
    stop(stand)
    assert_every_note_ended(stand)
    asked, sent = len(stand.requests), len(stand.sent)
    stand.session.hear(4.2, 1, 62, 90)
    stand.run(8.0)
    assert (len(stand.requests), len(stand.sent)) == (asked, sent)
    assert not stand.session.planner.plan


def test_a_started_copilot_waits_for_a_note_and_knows_of_nothing_before(tmp_path: Path) -> None:
    """What was heard and final before, and what was played meanwhile, reaches the engine never."""
    engine = MetronomeEngine(length_beats=3.0)
    stand = Stand(engine, 0.02)
    stand.session.hear(0.0, 1, 60, 90)
    stand.run(4.1)
    stop(stand)
    stand.session.hear(5.0, 1, 64, 90)
    engine.heard.clear()
    engine.committed.clear()
    asked = len(stand.requests)
    stand.run(6.0)
    stand.session.start(6.0)
    stand.run(7.0)
    assert len(stand.requests) == asked
    stand.session.hear(7.0, 1, 67, 90)
    stand.run(9.0)
    assert [heard.pitch for heard in engine.heard] == [67]
    assert engine.committed and min(note.start_beats for note in engine.committed) >= 14.0
    assert any(message.sent_s > 7.0 for message in stand.sent)
    stop(stand)
    assert_every_note_ended(stand)


def test_a_plan_that_was_held_is_let_go() -> None:
    """Stop turns hold off: nothing of the loop comes back with start."""
    stand = Stand(MetronomeEngine(), 0.02)
    stand.session.hear(0.0, 1, 60, 90)
    stand.run(4.0)
    stand.session.touch(stand.now_s)
    stand.panel.set("hold", True)
    stand.run(8.0)
    stop(stand)
    assert stand.panel["hold"] is False
    sent = len(stand.sent)
    stand.session.start(stand.now_s)
    stand.run(12.0)
    assert len(stand.sent) == sent


def test_stop_and_start_do_once_what_they_do(tmp_path: Path) -> None:
    """A second stop only silences, a second start does nothing; players are told of and counted throughout."""
    desk, done = make_desk(tmp_path)
    told: list[Event] = []
    desk.feed.subscribe(told.append)
    assert desk.do("start") is None and done.forgotten == 0
    assert desk.do("stop") == desk.do("stop") == ""
    assert desk.status()["stopped"] is True and done.hushed == 2
    desk.play(2, 60, 90)
    assert desk.do("start") is desk.do("start") is None
    assert desk.status()["stopped"] is False and done.forgotten == 1
    assert desk.status()["notes_heard"] == 1 and sum(isinstance(event, NoteIn) for event in told) == 1
    said = [event.text for event in told if isinstance(event, Said)]
    assert said == ["started: it listens anew", "stopped", "stopped", *2 * ["started: it listens anew"]]


def test_stop_ends_a_recording_and_start_begins_none(tmp_path: Path) -> None:
    """It tells the recording's name; one that is begun while it is stopped takes down the players alone."""
    desk, _ = make_desk(tmp_path)

    async def record() -> tuple[str, str]:
        first = str(desk.do("record", True))
        assert desk.do("stop") == first and desk.session.scribe.journal is None
        second = str(desk.do("record", True))
        desk.play(2, 60, 90)
        desk.do("start")
        desk.do("record", False)
        await desk.recorder.close(desk.session)
        return first, second

    first, second = asyncio.run(record())
    events = [
        each.what for each in read_journal(desk.recorder.path(first)).records if isinstance(each, Happened)
    ]
    assert events == ["stop", "end"]
    later = read_journal(desk.recorder.path(second))
    assert [each.what for each in later.records if isinstance(each, Happened)] == ["start", "end"]
    assert not later.metadata.is_whole
