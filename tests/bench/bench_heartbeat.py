"""Whether honest processes are taken for dead while every core is busy, and how long a MIDI process is silent then.

    PYTHONPATH=. python tests/bench/bench_heartbeat.py [SECONDS]

A note each 50 ms on a virtual port; a whole daemon beside it, which a player plays; and two busy processes a core.
Needs a JACK server.
"""

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import ClassVar
from unittest.mock import patch

from copilot.live import midi_rig
from copilot.live.heartbeat import ASLEEP_S, LOOK_S, STARVED_S, STOPPED_S, Heartbeat
from copilot.live.midi_rig import MidiRig
from copilot.live.port_plan import PortPlan
from copilot.midi.backend import API_VARIABLE
from copilot.midi.jackclient import connect_jack
from copilot.midi.messages import Dropped, PlayNote, Sent
from tests.fault.matrix import playing
from tests.jack.conftest import Keyboard, Synth
from tests.jack.test_run import Daemon, Remote

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

    def panic(self, at_s: float) -> None:
        """See Listener."""

    def say(self, text: str) -> None:
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


@contextmanager
def busy() -> Iterator[int]:
    """So many processes that do nothing else."""
    hogs = BUSY_A_CORE * len(os.sched_getaffinity(0))
    processes = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(hogs)]
    try:
        yield hogs
    finally:
        for process in processes:
            process.kill()
            process.wait()


def main(seconds: float) -> None:
    """Print how often the process was silent for how long."""
    os.environ[API_VARIABLE] = "JACK"
    probe = connect_jack("bench-probe")
    if probe is None:
        print("no JACK server answers: start one as .ci/run does", file=sys.stderr)
        raise SystemExit(SKIPPED)
    probe.close()
    keyboard, synth = Keyboard("bench-keys"), Synth("bench-synth")
    daemon = Daemon("--in", keyboard.name, "--out", synth.name, "--thru", keyboard.name, "--part", "pad")
    with busy() as hogs, playing(keyboard), patch.object(midi_rig, "Heartbeat", Counting):
        ended = asyncio.run(play(seconds))
    with Remote(daemon) as remote:
        status = remote.status()
    daemon.end(signal.SIGTERM)
    silences = Counting.silences
    print(f"{seconds:g} s beside {hogs} busy processes, {silences.total()} messages")
    print(
        f"{ended + status['midi_deaths']} MIDI processes and {status['worker_deaths']} workers ended by mistake"
    )
    print(f"the daemon's model answered {status['engine_calls']} times")
    print(f"{'silent for at least, ms':>24}{'times':>8}")
    for limit_s in (STOPPED_S, 0.1, 0.2, ASLEEP_S, 1.0, STARVED_S):
        times = sum(count for looks, count in silences.items() if looks * LOOK_S >= limit_s)
        print(f"{1000 * limit_s:>24.0f}{times:>8}")
    print(f"longest: {1000 * LOOK_S * max(silences):.0f} ms")


if __name__ == "__main__":
    main(float(sys.argv[1]) if len(sys.argv) > 1 else SECONDS)
