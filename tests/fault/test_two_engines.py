"""The model stalls or dies, or its cover does, while a band plays: the other plays on, and nobody hears the seam."""

import asyncio
import os
import signal
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

import pytest

from copilot.live.clock import MonotonicClock
from copilot.live.engine_client import EngineClient
from copilot.live.feed import Event, NoteOut
from copilot.live.file_rig import FileRig
from copilot.live.jam import beat_clock
from copilot.live.session import Session, new_session
from copilot.live.stage import Stage
from copilot.midi.scheduler import LATE_LIMIT_S
from copilot.model.bundle import default_bundle_path
from copilot.music.score import Note, Part, Score
from copilot.panel import Panel

pytestmark = [
    pytest.mark.fault,
    pytest.mark.slow,
    pytest.mark.quiet,
    pytest.mark.skipif(sys.platform != "linux", reason="reads the children from /proc"),
]

BEAT_S = 0.5
LONGEST_REST_S = 6 * BEAT_S
"""A part may rest for a bar of its own accord, even told to play four notes a beat."""
STRUCK_AFTER = 5
"""Rounds in which the model was in time."""


def band(beats: int) -> Score:
    """A keyboard that strikes a chord of three on every beat at 120 bpm."""
    chords = ((60, 64, 67), (57, 60, 64), (65, 69, 72), (67, 71, 74))
    notes = tuple(
        Note(24 * beat, 24 * beat + 20, pitch, 90) for beat in range(beats) for pitch in chords[beat // 4 % 4]
    )
    return Score(24, (Part(3, "keys", notes),))


def child(title: bytes) -> int:
    """The process id of this process' child of that title."""
    for task in Path(f"/proc/{os.getpid()}/task").iterdir():
        for pid in (task / "children").read_text().split():
            if Path(f"/proc/{pid}/cmdline").read_bytes().startswith(title):
                return int(pid)
    raise AssertionError(f"no {title!r} is there")


@dataclass
class Jam:
    """How it went: the feed's note-ons as (when, whose plan), and what the figures were when somebody was struck."""

    session: Session
    stage: Stage
    struck_s: float = 0.0
    in_time: int = 0
    cover_calls: int = 0
    ons: list[tuple[float, str | None]] = field(default_factory=list)
    sounding: set[int] = field(default_factory=set)
    doubled: int = 0
    late_ms: list[float] = field(default_factory=list)

    def hear(self, event: Event) -> None:
        """What the feed tells."""
        if not isinstance(event, NoteOut):
            return
        if not event.velocity:
            self.sounding.discard(event.pitch)
            return
        self.doubled += event.pitch in self.sounding
        self.sounding.add(event.pitch)
        self.late_ms.append(event.late_ms)
        self.ons.append((time.monotonic(), self.session.planner.figures.plays))

    @property
    def longest_rest_s(self) -> float:
        """Between two note-ons, from a second before the blow on."""
        after = [at_s for at_s, _ in self.ons if at_s > self.struck_s - 1.0]
        return max((other - one for one, other in pairwise(after)), default=float("inf"))


async def _play(strike: Callable[[Jam], None], beats: int) -> Jam:
    engine = EngineClient(default_bundle_path(), seed=0, place="covered")
    cover = EngineClient(default_bundle_path(), seed=1, device="cpu", place="cover")
    await engine.start()
    await cover.start()
    clock, score = MonotonicClock(), band(beats)
    start_s = clock.now_s() + 0.1
    panel = Panel()
    panel.set("density", 4.0)
    session = new_session(panel, beat_clock(score, start_s), {3: "keys"}, is_covered=True)
    jam = Jam(session, Stage(session, engine, FileRig(score, clock, start_s), clock, cover))
    session.feed.subscribe(jam.hear)

    async def blow() -> None:
        figures = session.planner.figures
        while figures.model_in_time < STRUCK_AFTER:
            await asyncio.sleep(0.05)
        jam.in_time, jam.cover_calls = figures.model_in_time, len(figures.cover_took_s)
        jam.struck_s = time.monotonic()
        strike(jam)

    striking = asyncio.create_task(blow())
    await jam.stage.run()
    striking.cancel()
    await asyncio.gather(striking, return_exceptions=True)
    return jam


def check(jam: Jam) -> None:
    """No note hangs, none was struck twice, none was late, and there is no hole in the part."""
    figures = jam.session.planner.figures
    print(
        f"model in time {figures.model_in_time}, missed {figures.model_missed}, switches {figures.switches}, "
        f"{figures.cover_notes} of {figures.due} notes by the cover, longest rest {jam.longest_rest_s:.2f} s, "
        f"latest {max(jam.late_ms):.1f} ms"
    )
    assert jam.session.flight.hanging == 0 and not jam.sounding
    assert jam.doubled == 0
    assert figures.due == figures.played + figures.dropped
    assert jam.longest_rest_s < LONGEST_REST_S
    assert max(jam.late_ms) < 1000 * LATE_LIMIT_S + 20


def test_a_stopped_model_is_not_heard_and_replaced_behind_its_cover() -> None:
    """SIGSTOP amid a jam: the cover plays until the watchdog's next worker beats the deadline again."""
    jam = asyncio.run(_play(lambda _jam: os.kill(child(b"copilot: worker"), signal.SIGSTOP), beats=24))
    check(jam)
    figures = jam.session.planner.figures
    assert jam.in_time >= STRUCK_AFTER, "the model was never in time before"
    stopped = [who for at_s, who in jam.ons if jam.struck_s + 0.6 < at_s < jam.struck_s + 1.9]
    assert stopped and set(stopped) == {"cover"}
    assert jam.stage.engine.deaths == 1 and jam.stage.cover is not None and jam.stage.cover.deaths == 0
    assert figures.model_in_time > jam.in_time, "the next model was never in time"
    assert figures.switches >= 1
    assert not jam.stage.is_listening_only


def test_a_dead_cover_leaves_the_model() -> None:
    """SIGKILL of the cover: the model plays on, and another cover answers again."""
    jam = asyncio.run(_play(lambda _jam: os.kill(child(b"copilot: cover"), signal.SIGKILL), beats=16))
    check(jam)
    assert jam.stage.engine.deaths == 0 and jam.stage.cover is not None and jam.stage.cover.deaths == 1
    assert len(jam.session.planner.figures.cover_took_s) > jam.cover_calls + 5
