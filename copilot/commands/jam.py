"""`copilot jam`: a file's parts as live players, and the copilot with them."""

import asyncio
import contextlib
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from copilot.commands.model import COVER_DEVICE, cover_engine_of, engine_of, open_bundle, player_of
from copilot.decode.devices import Device
from copilot.decode.kinds import WeightKind
from copilot.engine.load import load_engine
from copilot.errors import InputError
from copilot.live.clock import Clock, MonotonicClock, SimulatedClock
from copilot.live.file_rig import FileRig
from copilot.live.jam import beat_clock, jam_with
from copilot.live.journal import JournalWriter, read_journal, to_score
from copilot.live.journal_format import Metadata, PartInfo, Player
from copilot.live.journal_writer import LiveJournal
from copilot.live.picture import plot_jam
from copilot.live.players import end_of, hold_out, missing_role
from copilot.live.session import Session, new_session
from copilot.live.stage import Stage
from copilot.live.status import Status, status_of
from copilot.model.bundle import Bundle
from copilot.model.panel import panel_for
from copilot.music.midifile import read_score, write_score
from copilot.music.roles import Role
from copilot.music.score import COPILOT_CHANNEL, Part, Score
from copilot.panel import Panel, Value

EXAMPLE = Path(__file__).parents[1] / "examples" / "blues.mid"
PROGRAMS: dict[Role, int] = {"bass": 33, "keys": 4, "guitar": 26, "drums": 0, "lead": 65, "pad": 89}
_REALTIME_LEAD_S = 0.2
_WATCHED_LEAD_S = 3.0
"""A browser needs it to open."""
_PROGRESS_EVERY_S = 0.1

Progress = Callable[[float, float], None]
"""Told the beat that has passed and the last one."""


@dataclass(frozen=True, slots=True)
class JamOptions:
    """What the command line asked for. `latency_ms` None charges what the engine really took, and so of the cover.

    `http_port`: in real time, the port of a page that shows it; None shows none. `on_page` is told its address.
    `journal`: keep the recording there, for `copilot replay`.
    """

    file: Path | None = None
    output: Path | None = None
    plot: Path | None = None
    hold_out: str | None = None
    journal: Path | None = None
    bundle: Path | None = None
    cover: Path | None = None
    seed: int = 0
    window_tokens: int = 0
    device: Device = "auto"
    weights: WeightKind = "auto"
    latency_ms: float | None = None
    cover_latency_ms: float | None = None
    realtime: bool = False
    http_port: int | None = None
    on_page: Callable[[str], None] = lambda _address: None
    panel: Mapping[str, Value] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class JamResult:
    """What came of a jam: figures by name, the music, and the files that were written."""

    figures: Status
    score: Score
    output: Path
    plot: Path | None


def jam(options: JamOptions, progress: Progress = lambda _now, _end: None) -> JamResult:
    """Play a jam and write it down. Raises InputError or BundleError before anything is written."""
    if options.cover_latency_ms is not None and options.cover is None:
        raise InputError("--cover-latency is of a cover: name its bundle with --cover")
    if options.realtime and (options.latency_ms is not None or options.cover_latency_ms is not None):
        raise InputError("--latency is for the simulated clock: leave it out, or leave out --realtime")
    bundle = open_bundle(options.bundle)
    cover = open_bundle(options.cover) if options.cover else None
    score = read_score(options.file or EXAMPLE)
    output = options.output or Path(f"{(options.file or EXAMPLE).stem}-copilot.mid")
    for path in filter(None, (output, options.plot, options.journal)):
        if not path.parent.is_dir():
            raise InputError(f"{path}: there is no folder {path.parent}: make it, or give another place")
    band, held = hold_out(score, options.hold_out) if options.hold_out else (score, None)
    panel = _panel(options, bundle, band, held)
    with tempfile.TemporaryDirectory(prefix="copilot-jam-") as folder:
        taping = _Taping(
            options.journal or Path(folder) / "jam.journal",
            band,
            panel,
            _metadata(band, held, panel, options.seed),
            player_of(bundle, options.window_tokens, options.device, options.weights),
            cover,
        )
        play = _play_in_real_time if options.realtime else _simulate
        figures = play(taping, bundle, options, progress)
        music = to_score(read_journal(taping.path))
    write_score(music, output)
    if options.plot:
        plot_jam(
            music, options.plot, title=f"{(options.file or EXAMPLE).stem}: copilot on {panel.text('part')}"
        )
    return JamResult(figures | {"output": str(output)}, music, output, options.plot)


@dataclass(frozen=True, slots=True)
class _Taping:
    """What is played, and where it is recorded."""

    path: Path
    band: Score
    panel: Panel
    metadata: Metadata
    player: Player
    cover: Bundle | None

    @contextlib.contextmanager
    def journal(self, clock: Clock, beat_zero_s: float) -> Iterator[JournalWriter]:
        """The journal, closed at the end."""
        cover = player_of(self.cover, 0, COVER_DEVICE, "auto") if self.cover else None
        metadata = replace(
            self.metadata, beat_zero_s=beat_zero_s, is_whole=True, player=self.player, cover=cover
        )
        # In real time nothing may wait for the disk; a simulated jam may, and would outrun it.
        kind = JournalWriter if isinstance(clock, SimulatedClock) else LiveJournal
        with contextlib.closing(kind(self.path, clock, metadata, sync=False)) as journal:
            yield journal

    def figures(self, session: Session, now_s: float, wall_s: float) -> Status:
        """The session's figures, and those of the jam as a whole."""
        seconds = end_of(self.band)
        return status_of(session, now_s) | {
            "hanging": session.flight.hanging,
            "seconds": round(seconds, 2),
            "x_realtime": round(seconds / wall_s, 2),
        }


def _panel(options: JamOptions, bundle: Bundle, band: Score, held: Part | None) -> Panel:
    panel = panel_for(bundle)
    panel.set("part", held.role if held else missing_role(band))
    for name, value in options.panel.items():
        panel.set(name, value)
    return panel


def _metadata(band: Score, held: Part | None, panel: Panel, seed: int) -> Metadata:
    role = next(role for role in PROGRAMS if role == panel.text("part"))
    own = PartInfo(COPILOT_CHANNEL, role, "copilot", held.program if held else PROGRAMS[role])
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


def _simulate(taping: _Taping, bundle: Bundle, options: JamOptions, progress: Progress) -> Status:
    engine = load_engine(
        bundle,
        seed=options.seed,
        window_tokens=options.window_tokens,
        device=options.device,
        weights=options.weights,
    )
    cover = load_engine(taping.cover, seed=options.seed, device=COVER_DEVICE) if taping.cover else None
    latency_s = None if options.latency_ms is None else options.latency_ms / 1000
    cover_latency_s = None if options.cover_latency_ms is None else options.cover_latency_ms / 1000
    end_beats = taping.band.end_ticks / taping.band.ticks_per_beat
    clock = SimulatedClock()
    with taping.journal(clock, clock.now_s()) as journal:
        began_s = time.perf_counter()
        jam = jam_with(
            taping.band,
            engine,
            taping.panel,
            latency_s=latency_s,
            journal=journal,
            clock=clock,
            cover=cover,
            cover_latency_s=cover_latency_s,
        )
        jam.run(lambda beats: progress(beats, end_beats))
        return taping.figures(jam.session, clock.now_s(), time.perf_counter() - began_s)


def _play_in_real_time(taping: _Taping, bundle: Bundle, options: JamOptions, progress: Progress) -> Status:
    return asyncio.run(_stage(taping, bundle, options, progress))


async def _stage(taping: _Taping, bundle: Bundle, options: JamOptions, progress: Progress) -> Status:
    engine = engine_of(
        bundle,
        options.seed,
        options.window_tokens,
        options.device,
        options.weights,
        is_covered=taping.cover is not None,
    )
    cover = cover_engine_of(taping.cover, options.seed) if taping.cover else None
    loaded = await engine.start()
    try:
        if cover is not None:
            await cover.start()
    except BaseException:
        await engine.stop()
        raise
    clock = MonotonicClock()
    start_s = clock.now_s() + (_REALTIME_LEAD_S if options.http_port is None else _WATCHED_LEAD_S)
    end_beats = taping.band.end_ticks / taping.band.ticks_per_beat
    known = {part.channel: part.role for part in taping.band.parts}
    with taping.journal(clock, start_s) as journal:
        session = new_session(
            taping.panel, beat_clock(taping.band, start_s), known, journal, is_covered=cover is not None
        )
        stage = Stage(session, engine, FileRig(taping.band, clock, start_s), clock, cover)
        async with contextlib.AsyncExitStack() as open_things:
            open_things.push_async_callback(engine.stop)
            if cover is not None:
                open_things.push_async_callback(cover.stop)
            if options.http_port is not None:
                from copilot.commands.watch import Watch

                watch = Watch(stage, loaded.name, options.http_port, options.on_page)
                await open_things.enter_async_context(watch.shown())
            playing = asyncio.create_task(stage.run())
            while not playing.done():
                progress(max(0.0, session.clock.beats(clock.now_s())), end_beats)
                await asyncio.wait([playing], timeout=_PROGRESS_EVERY_S)
            playing.result()
        return taping.figures(session, clock.now_s(), clock.now_s() - start_s)
