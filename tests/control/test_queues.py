"""Bounds, and what is said of them."""

from pathlib import Path

import pytest
from websockets.exceptions import InvalidStatus

from copilot.control import http_gate
from copilot.control.http_metrics import COUNTED
from copilot.control.queues import BEGIN, END, QUEUES, reference
from copilot.engine.base import PlannedNote
from copilot.midi.messages import Dropped
from tests.control.desks import make_desk
from tests.control.servers import Stand, serve, told

PAGE = Path(__file__).parents[2] / "docs" / "security.md"


def test_the_pages_table_is_the_codes() -> None:
    """Bound, policy and counter of each queue; when it has changed, put `reference()` between the marks."""
    page = PAGE.read_text(encoding="utf-8")
    assert page.partition(f"{BEGIN}\n")[2].partition(f"\n{END}")[0] == reference()


def test_every_queue_is_counted_in_the_metrics() -> None:
    """With a status that has all that a rig's has."""
    status = dict.fromkeys(COUNTED, 7)

    async def talk(stand: Stand) -> None:
        text = (await stand.client.get("/metrics")).text
        for queue in QUEUES:
            assert f"\ncopilot_{queue.counter}_total " in text, queue.name

    serve(talk, status=status, with_osc=True)


def test_what_a_session_counts_is_in_its_status(monkeypatch: pytest.MonkeyPatch) -> None:
    """A full scheduler, and news that nobody fetched."""
    desk, _ = make_desk()
    session = desk.session
    monkeypatch.setattr("copilot.live.session.MAX_NEWS", 4)
    for pitch in range(60, 65):
        session.hear(0.1, 1, pitch, 90)
    assert desk.status()["news_forgotten"] == 4
    assert desk.status()["schedule_full"] == 0
    [note] = session._send([PlannedNote(0.5, 1.0, 40, 80)])
    session.dropped(Dropped(note.note_id, "full", 0.0))
    assert desk.status()["schedule_full"] == 1


def test_more_connections_than_may_be_are_told_so_and_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    """The one beyond is refused; those that are there go on."""
    monkeypatch.setattr(http_gate, "MOST_CONNECTIONS", 2)

    async def talk(stand: Stand) -> None:
        assert stand.server.gate is not None
        async with stand.page() as page:
            assert (await stand.client.get("/health")).status_code == 200
            with pytest.raises(InvalidStatus):
                await stand.page()
            assert stand.server.gate.crowded == 1
            await page.send('{"ping": 1}')
            await told(page, "pong")

    serve(talk)
