"""How late notes leave while everything else is busy: the MIDI process as it is on stage, beside an asyncio timer."""

import asyncio
import os
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import msgspec
import numpy as np

from copilot.bench.load import full_load
from copilot.bench.section import Row, Section
from copilot.errors import WorkerError
from copilot.live.supervise import Child
from copilot.midi.backend import API_VARIABLE, NO_API
from copilot.midi.jackclient import connect_jack
from copilot.midi.ledger import Ledger
from copilot.midi.messages import Dropped, Failed, FromMidi, Open, Play, PlayNote, Quit, Ready, Sent
from copilot.midi.precedence import Timing

NOTES_A_CHORD = 4
SHORT_GAP_S = 0.01
_AHEAD_S = 0.4
_LENGTH_S = 0.0513
_PATIENCE_S = 10.0
_TIMER_SHARE = 0.35

# A process that does nothing but wait for moments, as a daemon without a MIDI process would.
_ASYNCIO = """
import asyncio, json, sys, time
async def main(gap_s, count):
    loop, late = asyncio.get_running_loop(), []
    first_s, over = loop.time() + 0.3, loop.create_future()
    def fire(due_s):
        late.append((loop.time() - due_s) * 1e3)
        if len(late) == count:
            over.set_result(None)
    for number in range(count):
        loop.call_at(first_s + number * gap_s, fire, first_s + number * gap_s)
    await over
    print(json.dumps(late))
asyncio.run(main(float(sys.argv[1]), int(sys.argv[2])))
"""


@dataclass(frozen=True, slots=True)
class Lateness:
    """Of `count` note-ons and note-offs in ms, the dropped ones aside; `timing` is what the MIDI process said."""

    late_ms: Sequence[float]
    dropped: int = 0
    timing: str = ""
    api: str = ""

    def quantile_ms(self, share: float) -> float:
        """The lateness that this share stays within."""
        return float(np.quantile(np.array(self.late_ms), share))


def measure(budget_s: float) -> Section:
    """Lateness under full load, for `budget_s` seconds and the start of four processes."""
    ours, timers, tokens, datagrams = asyncio.run(_both(budget_s))
    rows = tuple(
        Row(
            f"late, {name}",
            f"{ours.quantile_ms(share):.3f} ms",
            f"asyncio timer {timers.quantile_ms(share):.2f} ms",
            f"{timers.quantile_ms(share) / max(ours.quantile_ms(share), 1e-3):.0f} × earlier",
        )
        for name, share in (("p50", 0.5), ("p99", 0.99), ("p99.9", 0.999), ("worst", 1.0))
    )
    remarks = (
        f"{len(ours.late_ms)} events, {ours.dropped} dropped, through the MIDI process ({ours.api}): {ours.timing}",
        f"beside it the worker imagined {tokens:,.0f} tokens/s and the daemon answered {datagrams:,.0f} OSC "
        "messages/s; there is no page yet, so none was open",
    )
    return Section(
        "notes in time, under full load", rows, {"scheduler.late_p99_ms": ours.quantile_ms(0.99)}, remarks
    )


async def _both(budget_s: float) -> tuple[Lateness, Lateness, float, float]:
    async with full_load() as done:
        began_s, tokens = time.monotonic(), done.tokens
        ours = await play_through(budget_s * (1 - _TIMER_SHARE), SHORT_GAP_S)
        timers = await asyncio_timer(budget_s * _TIMER_SHARE, SHORT_GAP_S / 2)
        took_s, tokens = time.monotonic() - began_s, done.tokens - tokens
    return ours, timers, tokens / took_s, done.datagrams / took_s


async def play_through(seconds: float, gap_s: float, timing: Timing = "spin") -> Lateness:
    """Chords of four, one each `gap_s`, sent to a MIDI process 0.4 s ahead as the stage would; on JACK where it runs.

    Raises WorkerError where the process ends, or stays silent for 10 s.
    """
    api = "JACK" if (client := connect_jack("copilot-bench")) else NO_API
    if client is not None:
        client.close()
    late_ms: list[float] = []
    dropped = 0
    with Ledger.create() as ledger:
        child = await Child.start("copilot.midi.process", "midi", FromMidi, environment={API_VARIABLE: api})
        try:
            child.send(Open([], [], True, [], "copilot-bench", ledger.path, timing))
            ready = await _opened(child)
            chords = int(seconds / gap_s)
            feeding = asyncio.create_task(_feed(child, chords, gap_s))
            async with asyncio.timeout(seconds + _PATIENCE_S):
                while len(late_ms) + 2 * dropped < 2 * NOTES_A_CHORD * chords:
                    message = await child.receive()
                    if isinstance(message, Sent):
                        late_ms.append((message.sent_s - message.due_s) * 1e3)
                    elif isinstance(message, Dropped):
                        dropped += 1
            await feeding
            child.send(Quit())
        except TimeoutError as error:
            raise WorkerError(
                f"the MIDI process has sent {len(late_ms)} events and no more for 10 s"
            ) from error
        finally:
            await child.stop(timeout_s=1.0)
    return Lateness(late_ms, dropped, ready.timing, ready.api)


async def _opened(child: Child) -> Ready:
    while not isinstance(message := await child.receive(), Ready):
        if isinstance(message, Failed):
            raise WorkerError(message.message)
    return message


async def _feed(child: Child, chords: int, gap_s: float) -> None:
    """A tenth of a second of chords at a time, each group 0.4 s before it is due."""
    first_s = time.monotonic() + _AHEAD_S + 0.1
    group = max(1, round(0.1 / gap_s))
    for start in range(0, chords, group):
        await asyncio.sleep(max(0.0, first_s + start * gap_s - _AHEAD_S - time.monotonic()))
        child.send(
            Play(
                [n for i in range(start, min(chords, start + group)) for n in _chord(i, first_s + i * gap_s)]
            )
        )


def _chord(number: int, start_s: float) -> Iterator[PlayNote]:
    """Four keys that were let go long before: the 128 keys come round every 32 chords."""
    for voice in range(NOTES_A_CHORD):
        pitch = (number * NOTES_A_CHORD + voice) % 128
        yield PlayNote(number * NOTES_A_CHORD + voice, start_s, start_s + _LENGTH_S, 0, pitch, 90)


async def asyncio_timer(seconds: float, gap_s: float) -> Lateness:
    """The peer: `loop.call_at` in a process that does nothing else."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-c",
        _ASYNCIO,
        str(gap_s),
        str(int(seconds / gap_s)),
        stdout=asyncio.subprocess.PIPE,
        env=os.environ,
    )
    output, _ = await process.communicate()
    return Lateness(msgspec.json.decode(output, type=list[float]))
