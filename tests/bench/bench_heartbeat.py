"""How long an honest MIDI process is silent at most while every core is busy: what must not be taken for its death.

    python tests/bench/bench_heartbeat.py [SECONDS]

A note each 50 ms on a virtual port, and two busy processes a core beside it. Needs a JACK server or ALSA.
"""

import asyncio
import os
import subprocess
import sys
import time
from collections import Counter
from typing import ClassVar

from copilot.errors import PortError
from copilot.live import rigs
from copilot.live.heartbeat import ASLEEP_S, LOOK_S, STOPPED_S, STUCK_S, Heartbeat
from copilot.live.rigs import MidiRig, PortPlan
from copilot.midi.messages import Dropped, PlayNote, Sent

SECONDS = 60.0
BUSY_A_CORE = 2
SKIPPED = 77
_NOTE_EVERY_S = 0.05


class Counting(Heartbeat):
    """Counts the silences by their looks."""

    silences: ClassVar[Counter[int]] = Counter()

    def beat(self) -> None:
        """See Heartbeat."""
        self.silences[self._looks] += 1
        super().beat()


class Nobody:
    """Listens to nothing."""

    def hear(self, at_s: float, channel: int, pitch: int, velocity: int, port: int = 0) -> None:
        """See Listener."""

    def hear_clock(self, at_s: float, status: int, sixteenths: int = 0) -> None:
        """See Listener."""

    def sent(self, message: Sent) -> None:
        """See Listener."""

    def dropped(self, message: Dropped) -> None:
        """See Listener."""


async def play(seconds: float) -> int:
    """Play so long; how many MIDI processes were ended for their silence."""
    rig = await MidiRig.open(PortPlan((), (), virtual=True))
    running = asyncio.create_task(rig.run(Nobody(), lambda: None))
    end_s, number = time.monotonic() + seconds, 0
    while time.monotonic() < end_s:
        at_s = time.monotonic() + 0.02
        rig.play([PlayNote(number, at_s, at_s + 0.03, 0, 60, 90)])
        number += 1
        await asyncio.sleep(_NOTE_EVERY_S)
    deaths = rig.deaths
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    await rig.close(Nobody())
    return deaths


def main(seconds: float) -> None:
    """Print how often the process was silent for how long."""
    rigs.Heartbeat = Counting  # type: ignore[misc]
    hogs = BUSY_A_CORE * len(os.sched_getaffinity(0))
    busy = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(hogs)]
    try:
        deaths = asyncio.run(play(seconds))
    except PortError as error:
        print(error, file=sys.stderr)
        raise SystemExit(SKIPPED) from error
    finally:
        for process in busy:
            process.kill()
            process.wait()
    silences = Counting.silences
    print(
        f"{seconds:g} s beside {hogs} busy processes: {silences.total()} messages, {deaths} ended by mistake"
    )
    print(f"{'silent for at least, ms':>24}{'times':>8}")
    for limit_s in (STOPPED_S, 0.1, ASLEEP_S, 0.2, 0.3, STUCK_S):
        times = sum(count for looks, count in silences.items() if looks * LOOK_S >= limit_s)
        print(f"{1000 * limit_s:>24.0f}{times:>8}")
    print(f"longest: {1000 * LOOK_S * max(silences):.0f} ms")


if __name__ == "__main__":
    main(float(sys.argv[1]) if len(sys.argv) > 1 else SECONDS)
