"""Hours of a band through the whole stack, as fast as they can be computed: what grows, what slows, what is lost?

    python tests/soak/soak.py HOURS [MINUTES] [eighths] [traces]

Real are: stage, session, planner, model worker (a process), filter, ledger, outputs and schedule of the MIDI process,
recorder with its journal, herald, HTTP with a page that is open, OSC with a subscriber. `eighths` leaves the model
out, whose work takes most of the time; MINUTES is the most that it may take; `traces` tells what has grown, line by
line. Prints a row an hour, and what was lost or stuck; status 1 where anything was.
"""

import asyncio
import contextlib
import gc
import os
import sys
import time
import tracemalloc
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from copilot.control.http import HttpServer
from copilot.control.osc import OscServer
from copilot.live import recorder
from copilot.live.clock import BeatClock, Clock
from copilot.live.desk import Desk, NoStage
from copilot.live.engine_client import EngineClient
from copilot.live.herald import Herald
from copilot.live.journal import Heard, Played, reading
from copilot.live.models import Models
from copilot.live.presets import Presets
from copilot.live.session import Session, new_session
from copilot.live.stage import Stage
from copilot.midi.lateness import Lateness
from copilot.model.bundle import default_bundle_path
from copilot.panel import Panel
from tests.soak.band import Song, songs_from_aside
from tests.soak.engines import Eighths
from tests.soak.fastloop import FastLoop, LoopClock
from tests.soak.figures import Pauses, Row, Work, is_there, resident_mb, table
from tests.soak.listeners import OscListener, PageListener
from tests.soak.rig import SoakRig

HOUR_S = 3600.0
LOOKAHEAD_BEATS = 1.0
"""The model plans one beat ahead instead of four: it is asked as often, and takes a third of the time."""
_BARS_A_MARK = 100
_PANIC_EVERY_SONGS = 8
_MUTED_S = 2.0


@dataclass(slots=True)
class Report:
    """What came of it. `lost` says of each thing that should be whole how many are missing, by name."""

    rows: list[Row] = field(default_factory=list)
    lost: dict[str, int] = field(default_factory=dict)
    stuck: int = 0
    grown: list[str] = field(default_factory=list)

    def stroke_ms(self, first: int, last: int) -> float:
        """Processor time of the daemon by stroke heard, from one row to another."""
        rows = self.rows[first : last + 1]
        worked_ms = sum((b.bar - a.bar) * b.daemon_bar_ms for a, b in pairwise(rows))
        return worked_ms / max(1, rows[-1].heard - rows[0].heard)

    @property
    def is_well(self) -> bool:
        """Whether nothing was lost, and nothing stuck."""
        return not self.stuck and not any(self.lost.values()) and not any(row.stuck for row in self.rows)


@dataclass(slots=True)
class Soak:
    """One run, on a loop of its own. `every_s`: how often of the music a row is made."""

    folder: Path
    seconds: float
    every_s: float = HOUR_S
    limit_s: float = float("inf")
    with_model: bool = True
    traces: bool = False
    on_row: Callable[[Row], None] = lambda _row: None
    report: Report = field(default_factory=Report)
    _work: Work = field(default_factory=Work)
    _songs: int = 0
    _began_s: float = 0.0
    _start_s: float = 0.0
    _traced: Any = None

    def run(self) -> Report:
        """Play to the end."""
        recorder._MUSIC_PATIENCE_S = 600.0  # hours are written as MIDI in more than the 10 s that a jam waits
        loop = FastLoop()
        with asyncio.Runner(loop_factory=lambda: loop) as runner:
            runner.run(self._play(loop))
        return self.report

    async def _play(self, loop: FastLoop) -> None:
        engine, self._work.worker_pid = await self._engine()
        clock, panel = LoopClock(loop), Panel()
        panel.set("lookahead_beats", LOOKAHEAD_BEATS)
        session = new_session(panel, BeatClock(clock.now_s(), follows_midi=False), {})
        tape = recorder.Recorder(self.folder / "recordings", clock, 0)
        journal = tape.path(tape.start(session, 10.0))
        models, presets = Models(self.folder / "bundles", None), Presets(self.folder / "presets")
        desk = Desk(session, clock, presets, tape, models, NoStage(session, clock))
        async with contextlib.AsyncExitStack() as open_things:
            open_things.push_async_callback(tape.close, session)
            open_things.push_async_callback(engine.stop)
            rig = SoakRig(
                open_things.enter_context(songs_from_aside()),
                clock,
                self.seconds,
                self.limit_s,
                lambda song: self._begin(song, desk, loop),
                lambda: self._make_row(session, rig, clock, pauses, is_last=True),
            )
            stage = Stage(session, engine, rig, clock)
            desk.stage = stage
            model = stage._hearings["model"]
            loop.hold_by(lambda: not rig.is_playing or (self.with_model and model.awaits_answer))
            remotes = await open_things.enter_async_context(_remotes(desk))
            heralding = asyncio.create_task(Herald(session, clock).run())
            open_things.callback(heralding.cancel)
            gc.collect()
            gc.freeze()  # as the daemon does
            self._start_s, self._began_s = clock.now_s(), time.perf_counter()
            pauses = open_things.enter_context(contextlib.closing(Pauses()))
            books = asyncio.create_task(self._keep_books(session, rig, clock, pauses))
            await stage.run()
            books.cancel()
            await asyncio.gather(books, return_exceptions=True)
            await asyncio.sleep(1.0)  # the last batches go out, and the ledger forgets what has ended
            rig.settle()
            self.report.stuck = (
                len(rig.receiver.sounding) + sum(1 for _ in rig.ledger.sounding()) + session.flight.hanging
            )
            self._count(session, rig, remotes)
        self._read_back(journal, session)

    async def _engine(self) -> tuple[Any, int | None]:
        if not self.with_model:
            return Eighths(), None
        engine = EngineClient(default_bundle_path(), seed=0)
        await engine.start()
        assert engine._child is not None
        return engine, engine._child.process.pid

    def _begin(self, song: Song, desk: Desk, loop: FastLoop) -> None:
        """What somebody does at the desk before a song; now and then there is a panic in it."""
        self._songs += 1
        desk.set("part", song.part)
        desk.set("temperature", 0.7 + self._songs % 5 / 10)
        if self._songs % _PANIC_EVERY_SONGS == 0:
            loop.call_later(10.0, desk.do, "panic")
            loop.call_later(10.0 + _MUTED_S, desk.set, "mute", False)

    async def _keep_books(self, session: Session, rig: SoakRig, clock: Clock, pauses: Pauses) -> None:
        """A mark each hundred bars, and a row each hour, but none shortly before the last."""
        bars, rows = 0, 0
        while True:
            now_s = clock.now_s()
            bar = session.clock.meter.bar_number(session.clock.beats(now_s))
            if bar >= bars:
                self._work.mark(bar)
                bars = bar - bar % _BARS_A_MARK + _BARS_A_MARK
            if rows * self.every_s <= now_s - self._start_s <= self.seconds - self.every_s / 2:
                self._make_row(session, rig, clock, pauses)
                rows += 1
            await asyncio.sleep(0.5)

    def _make_row(
        self, session: Session, rig: SoakRig, clock: Clock, pauses: Pauses, *, is_last: bool = False
    ) -> None:
        now_s, figures = clock.now_s(), session.planner.figures
        bar = session.clock.meter.bar_number(session.clock.beats(now_s))
        self._work.mark(bar)
        before = self.report.rows[-1].bar if self.report.rows else 0
        daemon_ms, worker_ms = self._work.since(before)
        worker_pid = self._work.worker_pid
        row = Row(
            hour=(now_s - self._start_s) / HOUR_S,
            bar=bar,
            heard=session.heard_notes,
            played=figures.played,
            late=figures.late,
            dropped=figures.dropped,
            stuck=rig.receiver.stuck,
            daemon_mb=resident_mb(),
            worker_mb=resident_mb(worker_pid) if worker_pid and is_there(worker_pid) else 0.0,
            daemon_bar_ms=daemon_ms,
            worker_bar_ms=worker_ms,
            call_p50_ms=figures.took_s.quantile(0.5) * 1000,
            call_p99_ms=figures.took_s.quantile(0.99) * 1000,
            sent_late_p99_ms=rig.lateness.quantile_ms(0.99),
            pause_ms=pauses.take(),
            x_realtime=(now_s - self._start_s) / max(1e-9, time.perf_counter() - self._began_s),
        )
        rig.lateness = Lateness()
        self.report.rows.append(row)
        self.on_row(row)
        if self.traces:
            self._trace(is_last=is_last)

    def _trace(self, *, is_last: bool) -> None:
        """What is alive at the first row after the start and was not freed by the end, by the line that made it."""
        if not tracemalloc.is_tracing():
            tracemalloc.start(1)
        elif self._traced is None:
            self._traced = tracemalloc.take_snapshot()
        elif is_last:
            grown = tracemalloc.take_snapshot().compare_to(self._traced, "lineno")
            self.report.grown = [str(each) for each in grown[:20]]

    def _count(self, session: Session, rig: SoakRig, remotes: "_Remotes") -> None:
        page, counters = remotes.page.told, remotes.http.pages.counters
        self.report.lost = {
            "strokes that the session did not hear": rig.struck - session.heard_notes,
            "notes passed through": rig.passed - rig.receiver.ons["thru"],
            "notes that left and did not arrive": session.flight.sent_notes - rig.receiver.ons["own"],
            "failed sends": len(rig.failures),
            "news forgotten": session.forgotten_news,
            "notes that the page was not told of": rig.struck + rig.let_go - page["in"],
            "notes of the copilot's that the page was not told of": 2 * session.flight.sent_notes
            - page["out"],
            "events left out for pages": counters.left_out,
            "pages dropped": counters.dropped,
            "OSC subscriptions that heard nothing": int(remotes.subscriber.datagrams == 0),
        }

    def _read_back(self, path: Path, session: Session) -> None:
        """What the recording holds, beside what there was."""
        heard = played = 0
        with reading(path) as reader:
            for record in reader:
                heard += isinstance(record, Heard) and record.velocity > 0
                played += isinstance(record, Played) and record.velocity > 0
            is_whole = reader.ending.kind == "whole"
        self.report.lost |= {
            "strokes not recorded": session.heard_notes - heard,
            "notes not recorded": session.flight.sent_notes - played,
            "recordings not whole": int(not is_whole),
        }


@dataclass(slots=True)
class _Remotes:
    """Those who are told."""

    http: HttpServer
    page: PageListener
    subscriber: OscListener


@contextlib.asynccontextmanager
async def _remotes(desk: Desk) -> AsyncIterator[_Remotes]:
    """HTTP with a page, OSC with a subscriber."""
    osc = OscServer(desk)
    await osc.start(0)
    http = HttpServer(desk, osc)
    http.open(0)
    await http.start()
    page, subscriber = PageListener(), OscListener(osc.port)
    listening = asyncio.create_task(page.run(http.address))
    while not len(http.pages):
        await asyncio.sleep(0.01)
    try:
        yield _Remotes(http, page, subscriber)
    finally:
        subscriber.close()
        await http.close()
        await listening
        osc.close()


def show(report: Report, work: Work) -> str:
    """The table, and what was lost or stuck."""
    lost = [f"{count:,} {name}" for name, count in report.lost.items() if count]
    lines = [table(report.rows), f"stuck at the end: {report.stuck} · lost: {', '.join(lost) or 'nothing'}"]
    for bar in (100, 1_000, 10_000):
        if bar + _BARS_A_MARK < report.rows[-1].bar:
            own_ms, worker_ms = work.around(bar)
            lines.append(
                f"processor a bar, {_BARS_A_MARK} bars from {bar:,} on: {own_ms:.2f} ms, worker {worker_ms:.1f}"
            )
    return "\n".join([*lines, *report.grown])


def main() -> int:
    """Soak as the command line says."""
    numbers = [float(word) for word in sys.argv[1:] if word[0].isdigit()]
    words = sys.argv[1 + len(numbers) :]
    hours, minutes = (*numbers, 8.0)[0], (*numbers[1:], float("inf"))[0]
    with TemporaryDirectory(dir=os.environ.get("COPILOT_BENCH_DIR")) as folder:
        soak = Soak(
            Path(folder),
            hours * HOUR_S,
            every_s=hours * HOUR_S / 8,
            limit_s=minutes * 60.0,
            with_model="eighths" not in words,
            traces="traces" in words,
            on_row=lambda row: print(table([row]).splitlines()[-1], flush=True),
        )
        report = soak.run()
    print(show(report, soak._work))
    return 0 if report.is_well else 1


if __name__ == "__main__":
    sys.exit(main())
