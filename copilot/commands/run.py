"""`copilot run`: the daemon. Real ports, the model worker, OSC, HTTP; plays until it is told to end."""

import asyncio
import contextlib
import gc
import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from copilot.commands.browser import show
from copilot.commands.model import COVER_DEVICE, cover_engine_of, engine_of, open_bundle, player_of
from copilot.commands.run_options import RunOptions, found_ports, plan_ports
from copilot.commands.signals import until_told
from copilot.control.http import HttpServer
from copilot.control.osc import OscServer
from copilot.errors import PortError
from copilot.files import user_data_folder
from copilot.live.clock import BeatClock, MonotonicClock
from copilot.live.desk import Desk, NoStage
from copilot.live.herald import Herald
from copilot.live.midi_rig import MidiRig
from copilot.live.models import Models
from copilot.live.presets import Presets
from copilot.live.recorder import Recorder
from copilot.live.session import new_session
from copilot.live.stage import Stage
from copilot.model.panel import panel_for
from copilot.panel import OUTPUT, Panel, Parameter, Value, latencies_s

log = logging.getLogger(__name__)
_STATUS_EVERY_S = 0.5
_DISK_PATIENCE_S = 10.0


@dataclass(frozen=True, slots=True)
class Ready:
    """What the daemon stands on, once it does."""

    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    api: str
    timing: str
    model: str
    window_tokens: int
    cover: str | None
    tempo_bpm: float
    follows_midi_clock: bool
    osc: str
    http: str | None
    elsewhere: tuple[str, ...]
    recording: str | None
    started_s: float  # on the machine's monotonic clock: the recording's zero


Report = Callable[[dict[str, Any]], None]


async def run(options: RunOptions, on_ready: Callable[[Ready], None], on_status: Report) -> None:
    """Be the daemon until SIGINT, SIGTERM or SIGHUP. Raises PortError, BundleError or InputError."""
    await until_told(_play(options, on_ready, on_status))


async def _play(options: RunOptions, on_ready: Callable[[Ready], None], on_status: Report) -> None:
    outside, (osc_outside, senders) = options.elsewhere.http(), options.elsewhere.osc()
    bundle = open_bundle(options.bundle)
    cover_bundle = open_bundle(options.cover) if options.cover else None
    plan = plan_ports(await asyncio.to_thread(found_ports, options), options)
    clock, panel = MonotonicClock(), panel_for(bundle)
    for name, value in options.panel.items():
        panel.set(name, value)
    beats = BeatClock(clock.now_s(), panel.number("tempo_bpm"))
    session = new_session(panel, beats, {}, is_covered=cover_bundle is not None)
    began_s = clock.now_s()
    player = player_of(bundle, options.window_tokens, options.device, options.weights)
    recorder = Recorder(
        options.record or user_data_folder() / "recordings",
        clock,
        options.seed,
        player=player,
        cover=player_of(cover_bundle, 0, COVER_DEVICE, "auto") if cover_bundle else None,
        quota_bytes=options.record_quota_mb * 2**20,
    )
    recording = recorder.start(session, _DISK_PATIENCE_S) if options.record else None
    engine = engine_of(
        bundle,
        options.seed,
        options.window_tokens,
        options.device,
        options.weights,
        is_covered=cover_bundle is not None,
    )
    cover = cover_engine_of(cover_bundle, options.seed) if cover_bundle else None
    desk = Desk(
        session,
        clock,
        Presets(user_data_folder() / "presets"),
        recorder,
        Models(user_data_folder() / "bundles", bundle.path if options.bundle else None),
        NoStage(session, clock),
    )
    osc = OscServer(desk, reply_port=options.osc_reply_port, senders=senders)
    async with contextlib.AsyncExitStack() as open_things:
        open_things.push_async_callback(recorder.close, session)
        await osc.start(options.osc_port, osc_outside)
        open_things.callback(osc.close)
        http = HttpServer(desk, osc, outside=outside)
        if options.http_port is not None:
            http.open(options.http_port)
            open_things.push_async_callback(http.close)
        open_things.push_async_callback(engine.stop)
        if cover is not None:
            open_things.push_async_callback(cover.stop)
        # Where there is a cover, the music does not wait for the model.
        loaded = await (engine if cover is None else cover).start()
        rig = await MidiRig.open(plan)
        stage = Stage(session, engine, rig, clock, cover, has_to_start=cover is not None)
        _follow(rig, panel)
        desk.stage, desk.model = stage, bundle.manifest.name
        heralding = asyncio.create_task(Herald(session, clock).run())
        open_things.callback(heralding.cancel)
        # A full collection of what is alive now took 9.8 ms (tests/bench/bench_stalls.py); of what comes, 0.002.
        gc.collect()
        gc.freeze()
        playing = asyncio.create_task(stage.run())
        open_things.push_async_callback(_end, playing)
        address = None
        if options.http_port is not None:
            await http.start()
            address = http.address
        on_ready(
            Ready(
                tuple(rig.news.ready.inputs),
                tuple(rig.news.ready.outputs),
                rig.news.ready.api,
                rig.news.ready.timing,
                bundle.manifest.name,
                loaded.window_tokens,
                cover_bundle.manifest.name if cover_bundle else None,
                beats.tempo_bpm,
                beats.follows_midi,
                f"127.0.0.1:{osc.port}",
                address,
                _elsewhere(http.outside_address if address else None, osc_outside, osc.port),
                str(recorder.path(recording)) if recording else None,
                began_s,
            )
        )
        if options.opens and address:
            show(address)
        while not playing.done():
            on_status(dict(stage.status()))
            await asyncio.wait([playing], timeout=_STATUS_EVERY_S)
        playing.result()


def _follow(rig: MidiRig, panel: Panel) -> None:
    """Let the ports do what the panel says, now and whenever it changes."""

    def obey(changed: Parameter, _: Value = 0) -> None:
        if changed.name.startswith(OUTPUT):
            rig.compensate(latencies_s(panel))
        elif changed.name in ("thru", "solo"):
            rig.let_through(passes=bool(panel["thru"]) and not panel["solo"])

    for parameter, value in panel:
        if value != parameter.default:
            obey(parameter)
    panel.on_change(obey)


def _elsewhere(http: str | None, osc_host: str | None, osc_port: int) -> tuple[str, ...]:
    """Where others find it, for a person."""
    found = [f"page {http} with the token"] if http else []
    return (*found, *([f"OSC {osc_host}:{osc_port}"] if osc_host else []))


async def _end(playing: "asyncio.Task[None]") -> None:
    playing.cancel()
    with contextlib.suppress(asyncio.CancelledError, PortError):
        await playing
