"""What 200 pages and 25,000 OSC datagrams a second do to a daemon: note timing and memory. Prints, never fails.

    python -m tests.bench.bench_remotes [--seconds 60] [--floods 2] [--cores 1,0]

A band plays in real time to a stage whose engine answers at once; notes are sent from the same event loop, so that
all that holds it up is in their lateness (in `copilot run` the MIDI process sends them, and is not in its way).
Pages, 50 of which never read and come again whenever they are dropped, and the sender of OSC are processes of their
own. All come and go for each flood: memory that only the first one takes is buffers that fill once, not a leak.
"""

import asyncio
import gc
from pathlib import Path
from tempfile import TemporaryDirectory

from copilot.commands.jam import EXAMPLE
from copilot.control.http import HttpServer
from copilot.control.osc import OscServer
from copilot.engine.base import PlannedNote, Proposal
from copilot.engine.messages import Answer
from copilot.live.clock import MonotonicClock
from copilot.live.desk import Desk
from copilot.live.engine_client import EngineClient
from copilot.live.file_rig import FileRig
from copilot.live.herald import Herald
from copilot.live.jam import beat_clock
from copilot.live.models import Models
from copilot.live.presets import Presets
from copilot.live.questions import Request
from copilot.live.recorder import Recorder
from copilot.live.session import new_session
from copilot.live.stage import Stage
from copilot.music.midifile import read_score
from copilot.panel import Panel
from tests.bench.remotes_flood import Counts, Given, floods, given, over_and_over
from tests.bench.remotes_probe import Probe, ProbedLoop


class AtOnce(EngineClient):
    """Answers with a note on each sixteenth, as soon as it is asked."""

    def __init__(self) -> None:
        super().__init__(EXAMPLE, seed=0)
        self._answers: asyncio.Queue[Answer] = asyncio.Queue()

    def ask(self, request: Request) -> None:
        horizon = request.horizon
        steps = range(-int(-horizon.free_beats * 4 // 1), int(horizon.until_beats * 4))
        notes = [PlannedNote(step / 4, step / 4 + 0.125, 40, 90) for step in steps]
        self._answers.put_nowait(
            Answer(request.number, Proposal(notes, horizon.until_beats, step_s=[0.001] * 50))
        )

    async def answer(self) -> Answer:
        return await self._answers.get()


class InProcess:
    """The daemon in this process."""

    def __init__(self, osc: OscServer, server: HttpServer, probe: Probe) -> None:
        self._osc, self._server, self._probe = osc, server, probe
        self._before = Counts()
        self.http_port, self.osc_port = server.port, osc.port
        probe.head(Counts.HEAD)

    async def counts(self) -> Counts:
        """See Target."""
        pages, osc = self._server.pages, self._osc.counters
        told = pages.counters
        return Counts(len(pages), told.dropped, told.frames, osc.taken + osc.refused)

    def forget(self) -> None:
        """See Target."""
        self._probe.forget()

    async def row(self, title: str) -> None:
        """See Target."""
        counts = await self.counts()
        if not counts.pages:
            gc.collect()  # what a row has then is alive
        self._probe.row(title, counts.since(self._before))
        self._before = counts


async def _measure(folder: Path, how: Given) -> None:
    clock = MonotonicClock()
    band = over_and_over(read_score(EXAMPLE), how.lasts_s)
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
        stage,
    )
    loop = asyncio.get_running_loop()
    assert isinstance(loop, ProbedLoop)
    osc = OscServer(desk)
    server = HttpServer(desk, osc)
    await osc.start(port=0)
    server.open(0)
    await server.start()
    probe = Probe(loop)
    session.feed.subscribe(probe.hear)
    gc.collect()
    gc.freeze()  # as `copilot run` does
    work = (stage.run(), Herald(session, clock).run(), probe.run())
    tasks = [asyncio.create_task(each) for each in work]
    await floods(InProcess(osc, server, probe), how.load, how.seconds, how.floods)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    osc.close()
    await server.close()


def main() -> None:
    """Print a row for each load."""
    with TemporaryDirectory() as folder, asyncio.Runner(loop_factory=ProbedLoop) as runner:
        runner.run(_measure(Path(folder), given()))


if __name__ == "__main__":
    main()
