"""The model worker dies or hangs while the band plays: the music goes on, with another worker."""

import asyncio
import os
import signal
import sys
import time
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

import pytest

from copilot.engine.base import Controls, Heard, Horizon
from copilot.errors import WorkerError
from copilot.live.clock import MonotonicClock
from copilot.live.engine_client import EngineClient
from copilot.live.feed import Event, NoteOut, Said
from copilot.live.file_rig import FileRig
from copilot.live.jam import beat_clock
from copilot.live.patience import LEAST_ANSWER_S, MAX_DEATHS
from copilot.live.questions import Request
from copilot.live.session import Session, new_session
from copilot.live.stage import LISTENING_ONLY, Stage
from copilot.midi.scheduler import LATE_LIMIT_S
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


@dataclass
class Jam:
    """How it went; `before` is how many proposals had come when the first worker was struck."""

    session: Session
    stage: Stage
    before: int = 0
    struck_s: float = 0.0
    told: list[Event] = field(default_factory=list)
    onsets_s: list[float] = field(default_factory=list)

    def hear(self, event: Event) -> None:
        """What the feed tells."""
        self.told.append(event)
        if isinstance(event, NoteOut) and event.velocity:
            self.onsets_s.append(time.monotonic())


async def _jam(number: int, times: int, beats: int, *, comes_back: bool = False) -> Jam:
    """Play with the band, and send a signal to so many workers from 1.5 s on, each as soon as it is there."""
    engine = EngineClient(default_bundle_path(), seed=0)
    await engine.start()
    clock, band = MonotonicClock(), _band(beats)
    start_s = clock.now_s() + 0.1
    session = new_session(Panel(), beat_clock(band, start_s), {3: "keys"})
    jam = Jam(session, Stage(session, engine, FileRig(band, clock, start_s), clock))
    session.feed.subscribe(jam.hear)

    async def strike() -> None:
        await asyncio.sleep(1.5)
        jam.before = session.planner.figures.proposals
        struck: set[int] = set()
        while len(struck) < times:
            worker = _worker_of(os.getpid())
            if worker is not None and worker not in struck:
                os.kill(worker, number)
                jam.struck_s = time.monotonic()
                struck.add(worker)
            await asyncio.sleep(0.02)
        while comes_back and not jam.stage.is_listening_only:
            await asyncio.sleep(0.02)
        if comes_back:
            jam.before = session.planner.figures.proposals
            await jam.stage.change_model(default_bundle_path())

    striking = asyncio.create_task(strike())
    await jam.stage.run()
    striking.cancel()
    await asyncio.gather(striking, return_exceptions=True)
    return jam


@pytest.mark.slow
def test_another_worker_takes_over() -> None:
    """After a SIGKILL the next worker proposes again, and no note is left hanging."""
    jam = asyncio.run(_jam(signal.SIGKILL, 1, beats=20))
    assert jam.stage.engine.deaths == 1
    assert not jam.stage.is_listening_only
    assert jam.session.flight.hanging == 0
    assert jam.session.heard_notes == 3 * 20
    assert jam.session.planner.figures.proposals > jam.before + 2
    assert jam.stage.engine.restart_s is not None
    print(f"another worker stood {jam.stage.engine.restart_s:.2f} s after the death was seen")


@pytest.mark.slow
def test_a_worker_that_hangs_is_replaced() -> None:
    """SIGSTOP: the plan plays out, then it rests, then another worker plays on; never a burst of late notes."""
    jam = asyncio.run(_jam(signal.SIGSTOP, 1, beats=24))
    engine, figures = jam.stage.engine, jam.session.planner.figures
    assert engine.deaths == 1
    assert engine.restart_s is not None
    assert figures.proposals > jam.before + 2
    assert jam.session.flight.hanging == 0
    assert jam.session.heard_notes == 3 * 24
    after_s = [at_s - jam.struck_s for at_s in jam.onsets_s if at_s > jam.struck_s]
    rest_s, next_s = next(
        (one, other) for one, other in pairwise([0.0, *after_s]) if one <= LEAST_ANSWER_S < other
    )
    print(f"notes for {rest_s:.2f} s, then none until {next_s:.2f} s; restarted in {engine.restart_s:.2f} s")
    late_ms = [event.late_ms for event in jam.told if isinstance(event, NoteOut) and event.velocity]
    assert max(late_ms) < 1000 * LATE_LIMIT_S + 20
    assert all(sum(0 <= other - at_s < 0.1 for other in after_s) <= 6 for at_s in after_s)


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
def test_a_worker_that_keeps_dying_is_given_up_until_a_model_is_chosen() -> None:
    """Five deaths end in listening only, and everybody is told; the players are heard, and a model plays again."""
    jam = asyncio.run(_jam(signal.SIGKILL, MAX_DEATHS, beats=44, comes_back=True))
    assert jam.stage.engine.deaths == MAX_DEATHS
    assert Said(LISTENING_ONLY) in jam.told
    assert not jam.stage.is_listening_only
    assert jam.session.planner.figures.proposals > jam.before + 2
    assert jam.session.flight.hanging == 0
    assert jam.session.heard_notes == 3 * 44
