"""What stands beside the scheduler on a bad night: a model worker that never rests, and a flood of OSC."""

import asyncio
import contextlib
import itertools
import os
import signal
import socket
import sys
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

from pythonosc.osc_message_builder import OscMessageBuilder

from copilot.control.osc import OscServer
from copilot.engine.base import Controls, Heard, Horizon
from copilot.live.clock import BeatClock, MonotonicClock
from copilot.live.desk import Desk, NoStage
from copilot.live.engine_client import EngineClient
from copilot.live.models import Models
from copilot.live.presets import Presets
from copilot.live.questions import Request
from copilot.live.recorder import Recorder
from copilot.live.session import new_session
from copilot.model.bundle import default_bundle_path
from copilot.panel import Panel

_HORIZON_BEATS = 8.0
_STEP_BEATS = 0.25


@dataclass(slots=True)
class Done:
    """What the load has come to so far."""

    tokens: int = 0
    datagrams: int = 0


@contextlib.asynccontextmanager
async def full_load() -> AsyncIterator[Done]:
    """The shipped model imagines without a pause, in the worker as the stage starts it, and OSC floods the daemon."""
    done = Done()
    engine = EngineClient(default_bundle_path(), seed=0)
    await engine.start()
    asking = asyncio.create_task(_keep_asking(engine, done))
    try:
        async with osc_flood() as osc:
            yield done
        done.datagrams = osc.counters.taken
    finally:
        asking.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await asking
        await engine.stop()


@contextlib.asynccontextmanager
async def osc_flood() -> AsyncIterator[OscServer]:
    """OSC comes into this event loop as fast as a process can send it, and is answered as on stage."""
    session, clock = new_session(Panel(), BeatClock(time.monotonic(), 120.0), {}), MonotonicClock()
    nowhere = Path("nowhere")
    desk = Desk(
        session,
        clock,
        Presets(nowhere),
        Recorder(nowhere, clock, seed=0),
        Models(nowhere),
        NoStage(session, clock),
    )
    osc = OscServer(desk)
    await osc.start(port=0)
    flood = await asyncio.create_subprocess_exec(sys.executable, "-m", __name__, str(osc.port))
    try:
        yield osc
    finally:
        flood.kill()
        await flood.wait()
        osc.close()


def request(number: int, pos_beats: float, heard: list[Heard], horizon_beats: float) -> Request:
    """A round of the stage: drums and keys play, the copilot plays bass."""
    bar = pos_beats // 4 * 4
    controls = Controls("bass", bar_start_beats=bar, roles={9: "drums", 1: "keys"})
    return Request(number, heard, [], Horizon(pos_beats, pos_beats, pos_beats + horizon_beats), controls)


async def _keep_asking(engine: EngineClient, done: Done) -> None:
    """Each round hears what was not imagined, so that everything is imagined anew."""
    for number in itertools.count(1):
        pos_beats = number * _STEP_BEATS
        heard = [Heard(pos_beats - 0.01, 1, 48 + number % 24, 90), Heard(pos_beats, 1, 48 + number % 24, 0)]
        engine.ask(request(number, pos_beats, heard, _HORIZON_BEATS))
        done.tokens += (await engine.answer()).proposal.steps


def _flood(port: int) -> None:
    """Send what the daemon understands, without a pause, for as long as the sender's parent lives."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = os.getppid()
    datagrams = []
    for address, values in (
        ("ping", ()),
        ("set/temperature", (0.9,)),
        ("status", ()),
        ("set/top_p", (0.9,)),
    ):
        builder = OscMessageBuilder(f"/copilot/{address}")
        for value in values:
            builder.add_arg(value)
        datagrams.append(builder.build().dgram)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        while os.getppid() == parent:
            for _ in range(100):
                for datagram in datagrams:
                    with contextlib.suppress(OSError):  # refused: the daemon's end is closed already
                        sender.sendto(datagram, ("127.0.0.1", port))


if __name__ == "__main__":
    _flood(int(sys.argv[1]))
