"""The model worker dies while the band plays: the music goes on, with another worker."""

import asyncio
import os
import signal
import sys
from pathlib import Path

import pytest

from copilot.engine.base import Controls, Heard, Horizon
from copilot.errors import WorkerError
from copilot.live.clock import MonotonicClock
from copilot.live.engine_client import MAX_DEATHS, EngineClient
from copilot.live.jam import beat_clock
from copilot.live.rigs import FileRig
from copilot.live.session import Request, Session, new_session
from copilot.live.stage import Stage
from copilot.model.bundle import default_bundle_path
from copilot.music.score import Note, Part, Score
from copilot.panel import Panel

pytestmark = [
    pytest.mark.fault,
    pytest.mark.skipif(sys.platform != "linux", reason="reads the children from /proc"),
]


def _band(beats: int) -> Score:
    """A keyboard that strikes a chord of three on every beat at 120 bpm."""
    chords = ((60, 64, 67), (57, 60, 64), (65, 69, 72), (67, 71, 74))
    notes = tuple(
        Note(24 * beat, 24 * beat + 20, pitch, 90) for beat in range(beats) for pitch in chords[beat // 4 % 4]
    )
    return Score(24, (Part(3, "keys", notes),))


def _worker_of(parent: int) -> int | None:
    """The process id of a child that calls itself the worker."""
    for task in Path(f"/proc/{parent}/task").iterdir():
        for child in (task / "children").read_text().split():
            if Path(f"/proc/{child}/cmdline").read_bytes().startswith(b"copilot: worker"):
                return int(child)
    return None


async def _jam(kills: int, beats: int) -> tuple[Session, Stage, int]:
    """Play with the band, and kill so many workers from 1.5 s on, each as soon as it is there.

    Returns also how many proposals had come when the first one was killed.
    """
    engine = EngineClient(default_bundle_path(), seed=0)
    await engine.start()
    clock, band, proposals = MonotonicClock(), _band(beats), 0
    start_s = clock.now_s() + 0.1
    session = new_session(Panel(), beat_clock(band, start_s), {3: "keys"})
    stage = Stage(session, engine, FileRig(band, clock, start_s), clock)

    async def kill() -> None:
        nonlocal proposals
        await asyncio.sleep(1.5)
        proposals = session.planner.figures.proposals
        killed: set[int] = set()
        while len(killed) < kills:
            worker = _worker_of(os.getpid())
            if worker is not None and worker not in killed:
                os.kill(worker, signal.SIGKILL)
                killed.add(worker)
            await asyncio.sleep(0.02)

    killing = asyncio.create_task(kill())
    await stage.run()
    killing.cancel()
    return session, stage, proposals


@pytest.mark.slow
def test_another_worker_takes_over() -> None:
    """After a SIGKILL the next worker proposes again, and no note is left hanging."""
    session, stage, before = asyncio.run(_jam(1, beats=14))
    assert stage.engine.deaths == 1
    assert not stage.is_listening_only
    assert session.hanging == 0
    assert session.heard_notes == 3 * 14
    assert session.planner.figures.proposals > before + 2


async def _context_after_a_death() -> tuple[int, int, int]:
    """Ask once a beat, kill the worker, ask its successor twice. Returns the contexts before and after."""
    engine = EngineClient(default_bundle_path(), seed=0)
    await engine.start()
    controls = Controls(part="bass", roles={3: "keys"})
    contexts = []
    for number in range(1, 24):
        if number == 22:
            worker = _worker_of(os.getpid())
            assert worker is not None
            os.kill(worker, signal.SIGKILL)
            with pytest.raises(WorkerError):
                await engine.answer()
            assert await engine.restart()
        heard = [Heard(number, 3, 60, 90), Heard(number + 0.5, 3, 60, 0)]
        engine.ask(Request(number, heard, [], Horizon(number + 0.9, number + 1.0, number + 2.0), controls))
        contexts.append((await engine.answer()).proposal.context)
    await engine.stop()
    return contexts[-3], contexts[-2], contexts[-1]


@pytest.mark.slow
def test_the_next_worker_remembers() -> None:
    """It goes on from the last snapshot and what was asked since: the music before the death is in its context."""
    before, first, second = asyncio.run(_context_after_a_death())
    assert before < first < second < 2 * before


@pytest.mark.slow
def test_a_worker_that_keeps_dying_is_given_up() -> None:
    """Five deaths in half a minute end in listening only; the players are heard to the end."""
    session, stage, _ = asyncio.run(_jam(MAX_DEATHS, beats=22))
    assert stage.engine.deaths == MAX_DEATHS
    assert stage.is_listening_only
    assert session.hanging == 0
    assert session.heard_notes == 3 * 22
