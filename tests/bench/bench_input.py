"""From a key that a player strikes to its tokens in the model's context, station by station. Prints, never fails.

    python tests/bench/bench_input.py [NOTES]

Needs a JACK server (see `just ci`). A keyboard of ours strikes a key each 25–50 ms; the MIDI process hears it, the
daemon's event loop asks the worker at once, for a horizon of nothing, and the worker answers when the tokens are in
its context. Its first line is of an idle daemon, its second of one that OSC floods. Times are from the stamp in the
MIDI callback on, as all planning is; what JACK adds before that is its period.
"""

import asyncio
import contextlib
import os
import random
import sys
import time
from collections.abc import AsyncIterator

import numpy as np
import rtmidi

from copilot.bench.load import osc_flood, request
from copilot.engine import base
from copilot.live.engine_client import EngineClient
from copilot.live.supervise import Child
from copilot.midi.ledger import Ledger
from copilot.midi.messages import FromMidi, Heard, Open, Ready
from copilot.model.bundle import default_bundle_path

STATIONS = ("key → stamp", "stamp → daemon", "daemon → context", "stamp → context")


@contextlib.asynccontextmanager
async def midi_process(input_name: str) -> AsyncIterator[Child]:
    """The MIDI process, hearing one port."""
    with Ledger.create() as ledger:
        child = await Child.start("copilot.midi.process", "midi", FromMidi)
        child.send(Open([input_name], [], False, [], "copilot", ledger.path))
        while not isinstance(await child.receive(), Ready):
            pass
        yield child
        await child.stop(timeout_s=2.0)


def strike(port: rtmidi.MidiOut, notes: int, struck_s: list[float]) -> None:
    """Play from a thread of its own, as a person does."""
    for number in range(notes):
        time.sleep(random.uniform(0.025, 0.05))
        pitch = 48 + number // 2 % 24
        struck_s.append(time.monotonic())
        port.send_message([0x91, pitch, 90 * (number % 2 == 0)])


async def way_of_notes(child: Child, engine: EngineClient, port: rtmidi.MidiOut, notes: int) -> np.ndarray:
    """Milliseconds at each station, (notes, 4)."""
    struck_s: list[float] = []
    began_s = time.monotonic()
    playing = asyncio.create_task(asyncio.to_thread(strike, port, notes, struck_s))
    rows: list[tuple[float, float, float]] = []
    number = 0
    while len(rows) < notes:
        message = await child.receive()
        if not isinstance(message, Heard):
            continue
        daemon_s = time.monotonic()
        for at_s, _, data in message.events:
            number += 1
            beats = 2 * (at_s - began_s)
            heard = base.Heard(beats, 1, data[1], data[2] if data[0] & 0xF0 == 0x90 else 0)
            engine.ask(request(number, beats, [heard], 0.0))
            await engine.answer()
            rows.append((at_s, daemon_s, time.monotonic()))
    await playing
    times = np.column_stack((struck_s, np.array(rows)))  # (notes, 4): key, stamp, daemon, context
    return 1e3 * np.column_stack((np.diff(times), times[:, 3] - times[:, 1]))


async def main(notes: int) -> None:
    """Print both lines."""
    port = rtmidi.MidiOut(rtmidi.API_UNIX_JACK, name="bench-keys")
    port.open_virtual_port("out")
    print(f"{'ms, p50 / p99 / worst':<24}" + "".join(f"{name:>26}" for name in STATIONS))
    async with midi_process("bench-keys:out") as child:
        for name in ("idle", "OSC flooded"):
            engine = EngineClient(default_bundle_path(), seed=0)
            await engine.start()
            async with osc_flood() if name != "idle" else contextlib.nullcontext():
                times = await way_of_notes(child, engine, port, notes)
            await engine.stop()
            cells = (
                " / ".join(f"{value:.2f}" for value in np.quantile(column, (0.5, 0.99, 1.0)))
                for column in times.T
            )
            print(f"{name:<24}" + "".join(f"{cell:>26}" for cell in cells), flush=True)
    port.close_port()
    port.delete()


if __name__ == "__main__":
    os.environ.setdefault("COPILOT_MIDI_API", "JACK")
    asyncio.run(main(int(sys.argv[1]) if len(sys.argv) > 1 else 300))
