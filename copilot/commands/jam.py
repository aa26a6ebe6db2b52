"""`copilot jam`: a file's parts as live players, and the copilot with them."""

import asyncio
import tempfile
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from copilot.commands.model import open_bundle
from copilot.engine.load import load_engine
from copilot.errors import InputError
from copilot.live.clock import Clock, MonotonicClock, SimulatedClock
from copilot.live.engine_client import EngineClient
from copilot.live.jam import SimulatedJam, beat_clock
from copilot.live.journal import JournalWriter, read_journal, to_score
from copilot.live.journal_format import Metadata, PartInfo
from copilot.live.picture import plot_jam
from copilot.live.players import end_of, hold_out, missing_role
from copilot.live.rigs import FileRig
from copilot.live.session import Session, new_session
from copilot.live.stage import Stage
from copilot.model.bundle import Bundle
from copilot.music.midifile import read_score, write_score
from copilot.music.roles import Role
from copilot.music.score import COPILOT_CHANNEL, Part, Score
from copilot.panel import Panel, Value

EXAMPLE = Path(__file__).parents[1] / "examples" / "blues.mid"
_PROGRAMS: dict[Role, int] = {"bass": 33, "keys": 4, "guitar": 26, "drums": 0, "lead": 65, "pad": 89}
_REALTIME_LEAD_S = 0.2

Progress = Callable[[float, float], None]
"""Told the beat that has passed and the last one."""


@dataclass(frozen=True, slots=True)
class JamOptions:
    """What the command line asked for. `latency_ms` None charges what the engine really took."""

    file: Path | None = None
    output: Path | None = None
    plot: Path | None = None
    hold_out: str | None = None
    bundle: Path | None = None
    seed: int = 0
    window_tokens: int = 0
    latency_ms: float | None = None
    realtime: bool = False
    panel: Mapping[str, Value] = field(default_factory=dict)
    roles: Mapping[int, Role] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class JamResult:
    """What came of a jam: figures by name, the music, and the files that were written."""

    figures: dict[str, float | int | str | bool]
    score: Score
    output: Path
    plot: Path | None


def jam(options: JamOptions, progress: Progress = lambda _now, _end: None) -> JamResult:
    """Play a jam and write it down. Raises InputError or BundleError before anything is written."""
    if options.realtime and options.latency_ms is not None:
        raise InputError("--latency is for the simulated clock: leave it out, or leave out --realtime")
    bundle = open_bundle(options.bundle)
    score = read_score(options.file or EXAMPLE)
    output = options.output or Path(f"{(options.file or EXAMPLE).stem}-copilot.mid")
    for path in filter(None, (output, options.plot)):
        if not path.parent.is_dir():
            raise InputError(f"{path}: there is no folder {path.parent}: make it, or give another place")
    band, held = hold_out(score, options.hold_out) if options.hold_out else (score, None)
    panel = _panel(options, band, held)
    roles = {part.channel: part.role for part in band.parts} | dict(options.roles)
    with tempfile.TemporaryDirectory(prefix="copilot-jam-") as folder:
        path = Path(folder) / "jam.journal"
        clock: Clock = MonotonicClock() if options.realtime else SimulatedClock()
        start_s = clock.now_s() + _REALTIME_LEAD_S if options.realtime else 0.0
        journal = JournalWriter(path, clock, _metadata(band, held, panel, options.seed), sync=False)
        session = new_session(panel, beat_clock(band, start_s), roles, journal)
        began_s = time.perf_counter()
        if isinstance(clock, SimulatedClock):
            _simulate(session, band, clock, bundle, options, progress)
        else:
            asyncio.run(_play_in_real_time(session, band, clock, bundle, options, progress))
        wall_s = time.perf_counter() - began_s
        journal.close()
        music = to_score(read_journal(path))
    write_score(music, output)
    if options.plot:
        plot_jam(music, options.plot, title=f"{score.title}: copilot on {panel.text('part')}")
    figures = session.status(clock.now_s()) | {
        "hanging": session.hanging,
        "seconds": round(end_of(band), 2),
        "x_realtime": round(end_of(band) / wall_s, 2),
        "output": str(output),
    }
    return JamResult(figures, music, output, options.plot)


def _panel(options: JamOptions, band: Score, held: Part | None) -> Panel:
    panel = Panel()
    panel.set("part", held.role if held else missing_role(band))
    for name, value in options.panel.items():
        panel.set(name, value)
    return panel


def _metadata(band: Score, held: Part | None, panel: Panel, seed: int) -> Metadata:
    role = next(role for role in _PROGRAMS if role == panel.text("part"))
    own = PartInfo(COPILOT_CHANNEL, role, "copilot", held.program if held else _PROGRAMS[role])
    players = (PartInfo(part.channel, part.role, part.name, part.program) for part in band.parts)
    meter = band.meters[0]
    return Metadata(
        tempo_bpm=band.tempi[0].tempo_bpm,
        numerator=meter.numerator,
        denominator=meter.denominator,
        seed=seed,
        title=band.title,
        parts=(own, *players),
    )


def _simulate(
    session: Session,
    band: Score,
    clock: SimulatedClock,
    bundle: Bundle,
    options: JamOptions,
    progress: Progress,
) -> None:
    engine = load_engine(bundle, seed=options.seed, window_tokens=options.window_tokens)
    latency_s = None if options.latency_ms is None else options.latency_ms / 1000
    end_beats = band.end_ticks / band.ticks_per_beat
    SimulatedJam(session, engine, band, clock, latency_s).run(lambda beats: progress(beats, end_beats))


async def _play_in_real_time(
    session: Session,
    band: Score,
    clock: Clock,
    bundle: Bundle,
    options: JamOptions,
    progress: Progress,
) -> None:
    engine = EngineClient(bundle.path, seed=options.seed, window_tokens=options.window_tokens)
    await engine.start()
    start_s = session.clock.seconds(0.0)
    late_s = clock.now_s() + _REALTIME_LEAD_S - start_s  # loading the model took its time
    session.clock = session.planner.clock = beat_clock(band, start_s + late_s)
    rig = FileRig(band, clock, start_s + late_s)
    stage = Stage(session, engine, rig, clock)
    end_beats = band.end_ticks / band.ticks_per_beat

    async def report() -> None:
        while True:
            progress(session.clock.beats(clock.now_s()), end_beats)
            await asyncio.sleep(0.1)

    reporter = asyncio.create_task(report())
    try:
        await stage.run()
    finally:
        reporter.cancel()
