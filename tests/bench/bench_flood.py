"""What 200 pages and 25,000 OSC datagrams a second do to `copilot run` itself. Prints, never fails.

    python -m tests.bench.bench_flood [--seconds 60] [--floods 2] [--cores 1,0]

Needs a MIDI system: a JACK server as .ci/run starts one, or COPILOT_MIDI_API=none, which sends to nobody. The daemon,
its MIDI process and its model worker run as on a stage, and record. A page of the benchmark's own plays a band into
the daemon, and hears how late each note of the copilot left. bench_remotes.py does the same to a stage in its own
process, and shows what its loop does.
"""

import asyncio
import contextlib
import json
import sys
import time
import urllib.request
from collections.abc import AsyncIterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import psutil
from websockets.asyncio.client import ClientConnection, connect

from copilot.commands.jam import EXAMPLE
from copilot.live.players import Touch, performance
from copilot.music.midifile import read_score
from tests.bench.remotes_flood import Counts, Given, floods, given, over_and_over
from tests.bench.remotes_probe import Spread

_SKIPPED = 77
"""The daemon can't run here: see tests/bench/conftest.py."""
_NAMES = ("daemon", "midi", "worker")


class Daemon:
    """`copilot run`, from outside."""

    def __init__(self, pid: int, ready: dict[str, Any]) -> None:
        self.http_port = int(ready["http"].rpartition(":")[2])
        self.osc_port = int(ready["osc"].rpartition(":")[2])
        self.late = Spread()
        self._before = Counts()
        self._process = psutil.Process(pid)
        self._since_s, self._cpu_s = time.monotonic(), 0.0
        memory = "".join(f"{name + ', MiB':>13}" for name in _NAMES)
        print(f"{'':<31}{'notes':>7}{'late, ms: p50':>15}{'p99':>8}{'max':>8}{'CPU, %':>8}{memory}", end="")
        print("".join(f"{name:>{len(name) + 2}}" for name in Counts.HEAD))

    async def counts(self) -> Counts:
        """See Target. The page that plays is none of the crowd's."""
        found = await asyncio.to_thread(self._metrics)
        return Counts(
            int(found["copilot_page_open"]) - 1,
            int(found["copilot_page_dropped_total"]),
            int(found["copilot_page_frames_total"]),
            int(found["copilot_osc_taken_total"] + found["copilot_osc_refused_total"]),
        )

    def _metrics(self) -> dict[str, float]:
        with urllib.request.urlopen(f"http://127.0.0.1:{self.http_port}/metrics", timeout=30) as answer:
            lines = answer.read().decode().splitlines()
        pairs = (line.rsplit(" ", 1) for line in lines if not line.startswith("#"))
        return {name: float(value) for name, value in pairs}

    def forget(self) -> None:
        """See Target."""
        self.late.forget()
        self._since_s, self._cpu_s = time.monotonic(), self._used_s()

    def _used_s(self) -> float:
        used = self._process.cpu_times()
        return float(used.user + used.system)

    async def row(self, title: str) -> None:
        """See Target."""
        counts = await self.counts()
        mib = [f"{process.memory_info().rss / 2**20:>13.1f}" for process in self._processes()]
        share = (self._used_s() - self._cpu_s) / (time.monotonic() - self._since_s)
        late = self.late
        print(
            f"{title:<31}{late.count:>7}{late.below_ms(0.5):>15.2f}{late.below_ms(0.99):>8.2f}{late.most_ms:>8.1f}"
            f"{100 * share:>8.0f}{''.join(mib)}{counts.since(self._before)}",
            flush=True,
        )
        self._before = counts
        self.forget()

    def _processes(self) -> list[psutil.Process]:
        """The daemon, the MIDI process, the worker."""
        children = {
            name: child for child in self._process.children() for name in _NAMES if name in child.name()
        }
        return [self._process, *(children[name] for name in _NAMES[1:])]

    async def listen(self, page: ClientConnection) -> None:
        """Hear of the copilot's notes, until cancelled."""
        async for frame in page:
            for message in json.loads(frame):
                if message["type"] == "out":
                    self.late.add(message["late_ms"])


@contextlib.asynccontextmanager
async def _running(folder: Path) -> AsyncIterator[Daemon]:
    tempo_bpm = read_score(EXAMPLE).tempi[0].tempo_bpm
    options = f"--virtual --port 0 --http-port 0 --log-json --bpm {tempo_bpm} --record".split()
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "copilot", "run", *options, str(folder)),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    assert process.stdout is not None
    assert process.stderr is not None
    line = await process.stdout.readline()
    if not line:
        said = await process.stderr.read()
        print(said.decode().strip().splitlines()[-1], file=sys.stderr)
        raise SystemExit(_SKIPPED)
    draining = [asyncio.create_task(_drain(stream)) for stream in (process.stdout, process.stderr)]
    try:
        yield Daemon(process.pid, json.loads(line))
    finally:
        process.terminate()
        await process.wait()
        await asyncio.gather(*draining)


async def _drain(stream: asyncio.StreamReader) -> None:
    while await stream.readline():
        pass


async def _play(page: ClientConnection, seconds: float) -> None:
    """A band on the page's keys, in time."""
    start_s = time.monotonic() + 0.5
    for event in performance(over_and_over(read_score(EXAMPLE), seconds)):
        if isinstance(event, Touch):
            await asyncio.sleep(max(0.0, start_s + event.at_s - time.monotonic()))
            key = {"channel": event.channel, "pitch": event.pitch, "velocity": event.velocity}
            await page.send(json.dumps({"play": key}))


async def _measure(how: Given) -> None:
    with TemporaryDirectory() as folder:
        async with (
            _running(Path(folder)) as daemon,
            connect(f"ws://127.0.0.1:{daemon.http_port}/live") as page,
        ):
            tasks = [asyncio.create_task(work) for work in (_play(page, how.lasts_s), daemon.listen(page))]
            await floods(daemon, how.load, how.seconds, how.floods)
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        recorded = sum(path.stat().st_size for path in Path(folder).rglob("*.journal"))
        print(f"recorded: {recorded / 2**20:.0f} MiB")


def main() -> None:
    """Print a row for each load."""
    asyncio.run(_measure(given()))


if __name__ == "__main__":
    main()
