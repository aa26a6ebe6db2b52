"""A file's jam, watched and steered from a page, with an engine that answers at once."""

import asyncio
import json
import webbrowser
from pathlib import Path

import pytest
from websockets.asyncio.client import connect

from copilot.commands.browser import show
from copilot.commands.watch import Watch
from copilot.engine.messages import Answer
from copilot.live.clock import MonotonicClock
from copilot.live.engine_client import EngineClient
from copilot.live.file_rig import FileRig
from copilot.live.jam import beat_clock
from copilot.live.questions import Request
from copilot.live.session import new_session
from copilot.live.stage import Stage
from copilot.music.score import Note, Part, Score, TempoChange
from copilot.panel import Panel
from tests.control.servers import told
from tests.live.fakes import MetronomeEngine


class AtOnce(EngineClient):
    """A metronome in the place of a model's worker."""

    def __init__(self) -> None:
        super().__init__(Path("nowhere"), seed=0)
        self._metronome = MetronomeEngine()
        self._answers: asyncio.Queue[Answer] = asyncio.Queue()

    def ask(self, request: Request) -> None:
        """See EngineClient."""
        proposal = self._metronome.propose(request.horizon, request.controls)
        self._answers.put_nowait(Answer(request.number, proposal))

    async def answer(self) -> Answer:
        """See EngineClient."""
        return await self._answers.get()


def band() -> Score:
    """Keys on channel 2, a note a beat for sixteen beats, at 240 bpm: four seconds."""
    notes = tuple(Note(24 * beat, 24 * beat + 12, 60 + beat, 90) for beat in range(16))
    return Score(24, (Part(2, "keys", notes),), tempi=(TempoChange(0, 240.0),))


def test_a_jam_is_watched_and_steered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A page sees the players' notes, the copilot's and the beats; it changes the panel, and not the file's time."""
    monkeypatch.setenv("COPILOT_DATA", str(tmp_path))
    opened: list[str] = []
    monkeypatch.setattr("copilot.commands.watch.show", opened.append)
    addresses: list[str] = []

    async def play() -> None:
        clock = MonotonicClock()
        start_s = clock.now_s() + 1.0
        session = new_session(Panel(), beat_clock(band(), start_s), {2: "keys"})
        stage = Stage(session, AtOnce(), FileRig(band(), clock, start_s), clock)
        watch = Watch(stage, "a model", 0, addresses.append)
        async with watch.shown():
            playing = asyncio.create_task(stage.run())
            async with connect(f"{addresses[0].replace('http', 'ws')}/live") as page:
                hello = await told(page, "hello")
                assert (hello["model"], hello["roles"]) == ("a model", {"2": "keys"})
                assert "time" not in hello["groups"]
                assert "tempo_bpm" not in {row["name"] for row in hello["panel"]}
                for kind in ("in", "plan", "out", "beat", "status"):
                    assert await told(page, kind)
                await page.send(json.dumps({"set": "velocity_scale", "value": 0.5}))
                await told(page, "changed", name="velocity_scale", value=0.5)
                for refused in ({"set": "tempo_bpm", "value": 90}, {"do": "record", "argument": False}):
                    await page.send(json.dumps(refused))
                    assert await told(page, "error")
                await playing
        assert session.flight.hanging == 0

    asyncio.run(play())
    assert opened == addresses


def test_a_browser_is_never_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """One that holds its caller up holds nobody up; without a screen none is opened."""
    asked: asyncio.Queue[str] = asyncio.Queue()

    async def run() -> None:
        loop = asyncio.get_running_loop()
        monkeypatch.setattr(webbrowser, "open", lambda url: loop.call_soon_threadsafe(asked.put_nowait, url))
        monkeypatch.setenv("BROWSER", "a-browser")
        show("http://127.0.0.1:8420")
        assert await asyncio.wait_for(asked.get(), 10) == "http://127.0.0.1:8420"
        monkeypatch.setattr("sys.platform", "linux")
        for name in ("DISPLAY", "WAYLAND_DISPLAY", "BROWSER"):
            monkeypatch.delenv(name, raising=False)
        show("http://127.0.0.1:8420")
        assert asked.empty()

    asyncio.run(run())
