"""What 200 pages and 25,000 OSC datagrams a second do to the daemon's event loop. Prints, never fails.

    python tests/bench/bench_remotes.py

A band plays in real time to a stage whose engine answers at once; notes are sent from the same event loop, so that
all that holds it up is in their lateness (in `copilot run` the MIDI process sends them, and is not in its way).
Pages, 50 of which never read, and the sender of OSC are processes of their own.
"""

import asyncio
import contextlib
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import psutil

from copilot.commands.jam import EXAMPLE
from copilot.control.http import HttpServer
from copilot.control.live_messages import About
from copilot.control.osc import OscServer
from copilot.engine.base import PlannedNote, Proposal
from copilot.engine.messages import Answer
from copilot.live.clock import MonotonicClock
from copilot.live.desk import Desk
from copilot.live.engine_client import EngineClient
from copilot.live.feed import Event, NoteOut
from copilot.live.herald import Herald
from copilot.live.jam import beat_clock
from copilot.live.models import Models
from copilot.live.presets import Presets
from copilot.live.recorder import Recorder
from copilot.live.rigs import FileRig
from copilot.live.session import Request, new_session
from copilot.live.stage import Stage
from copilot.live.status import status_of
from copilot.music.midifile import read_score
from copilot.panel import Panel

READING = 150
DATAGRAMS_HZ = 25_000
SECONDS_EACH = 8.0
_PROBE_S = 0.002


class AtOnce(EngineClient):
    """Answers with an eighth on each half beat, as soon as it is asked."""

    def __init__(self) -> None:
        super().__init__(EXAMPLE, seed=0)
        self._answers: asyncio.Queue[Answer] = asyncio.Queue()

    def ask(self, request: Request) -> None:
        horizon = request.horizon
        halves = range(-int(-horizon.free_beats * 2 // 1), int(horizon.until_beats * 2))
        notes = [PlannedNote(half / 2, half / 2 + 0.25, 40, 90) for half in halves]
        self._answers.put_nowait(
            Answer(request.number, Proposal(notes, horizon.until_beats, step_s=[0.001] * 50))
        )

    async def answer(self) -> Answer:
        return await self._answers.get()


@contextlib.contextmanager
def _load(kind: str, port: int) -> Iterator[None]:
    process = subprocess.Popen(
        [sys.executable, str(Path(__file__).with_name("remotes_load.py")), kind, str(port)]
    )
    try:
        yield
    finally:
        process.kill()
        process.wait()


class _Loop(asyncio.SelectorEventLoop):
    """Notes what each round of the loop takes of the processor: what other processes take of it is not in that."""

    def __init__(self) -> None:
        super().__init__()
        self.rounds_ms: list[float] = []

    def _run_once(self) -> None:
        began_s = time.thread_time()
        super()._run_once()  # type: ignore[misc]
        self.rounds_ms.append(1e3 * (time.thread_time() - began_s))


class _Probe:
    """How late timers of the loop come, and the notes; how long other callbacks wait for a round to end."""

    def __init__(self, loop: _Loop) -> None:
        self._loop = loop
        self.timers_ms: list[float] = []
        self.notes_ms: list[float] = []

    def hear(self, event: Event) -> None:
        if isinstance(event, NoteOut):
            self.notes_ms.append(event.late_ms)

    async def run(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            due_s = loop.time() + _PROBE_S
            await asyncio.sleep(_PROBE_S)
            self.timers_ms.append(1e3 * (loop.time() - due_s))

    def row(self, title: str, server: HttpServer, osc: OscServer) -> None:
        """Print what was found, and begin anew."""
        rss = psutil.Process(os.getpid()).memory_info().rss / 2**20
        cells = [f"{title:<34}"]
        for found in (self.timers_ms, self.notes_ms, self._loop.rounds_ms):
            values = found or [0.0]
            p50, p99 = np.quantile(values, (0.5, 0.99))
            cells.append(f"{p50:>9.2f}{p99:>8.2f}{max(values):>8.1f}")
        pages = server.pages
        cells.append(f"{rss:>8.1f}{len(pages):>7}{pages.counters.dropped:>8}{pages.counters.frames:>8}")
        print("".join(cells) + f"{osc.counters.taken:>10}", flush=True)
        self.forget()

    def forget(self) -> None:
        """Begin anew."""
        self.timers_ms, self.notes_ms, self._loop.rounds_ms = [], [], []


async def _measure(folder: Path) -> None:
    band, clock = read_score(EXAMPLE), MonotonicClock()
    start_s = clock.now_s() + 0.2
    session = new_session(
        Panel(), beat_clock(band, start_s), {part.channel: part.role for part in band.parts}
    )
    stage = Stage(session, AtOnce(), FileRig(band, clock, start_s), clock)
    desk = Desk(
        session,
        clock,
        Presets(folder / "presets"),
        Recorder(folder / "recordings", clock, seed=0),
        Models(folder / "bundles"),
        silence=stage.rig.panic,
        forget=lambda: None,
        change_model=stage.change_model,
        status_of=lambda: status_of(session, clock.now_s()),
        wake=stage.wake,
    )
    loop = asyncio.get_running_loop()
    assert isinstance(loop, _Loop)
    osc, probe = OscServer(desk), _Probe(loop)
    server = HttpServer(desk, osc)
    await osc.start(port=0)
    server.open(0)
    await server.start(About())
    session.feed.subscribe(probe.hear)
    tasks = [asyncio.create_task(work) for work in (stage.run(), Herald(session, clock).run(), probe.run())]
    heads = "".join(f"{head:>25}" for head in ("timers late, ms", "notes late, ms", "CPU of a round, ms"))
    print(f"{'':<34}{heads}\n{'':<34}" + f"{'p50':>9}{'p99':>8}{'max':>8}" * 3, end="")
    print(f"{'MiB':>8}{'pages':>7}{'dropped':>8}{'frames':>8}{'OSC':>10}")
    await asyncio.sleep(SECONDS_EACH / 2)
    probe.row("nobody", server, osc)
    with _load("pages", server.port):
        async with asyncio.timeout(60):
            while len(server.pages) < READING:
                await asyncio.sleep(0.05)
        await asyncio.sleep(3.5)
        probe.row("200 pages come, 50 are dropped", server, osc)
        await asyncio.sleep(SECONDS_EACH)
        probe.row("150 pages", server, osc)
        with _load("osc", osc.port):
            while not osc.counters.taken:
                await asyncio.sleep(0.05)
            await asyncio.sleep(0.5)
            probe.forget()
            await asyncio.sleep(SECONDS_EACH)
            probe.row(f"and {DATAGRAMS_HZ} datagrams/s", server, osc)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    osc.close()
    await server.close()


def main() -> None:
    """Print a row for each load."""
    with TemporaryDirectory() as folder, asyncio.Runner(loop_factory=_Loop) as runner:
        runner.run(_measure(Path(folder)))


if __name__ == "__main__":
    sys.exit(main())
