"""A crowd of pages and a flood of datagrams upon a daemon, whichever process that is: for the benchmarks of both."""

import argparse
import asyncio
import contextlib
import json
import os
import sys
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

from copilot.music.score import Score
from tests.bench.remotes_load import DATAGRAMS_HZ, READING, SILENT

SETTLES_S = 4.0
"""Pages that don't read are dropped after 2 to 3 s: then it is as it will be."""
_EARLY_S = 10.0
_PATIENCE_S = 60.0


@dataclass(frozen=True)
class Counts:
    """Pages that are open; what was counted since the daemon began: pages dropped, frames, datagrams read."""

    pages: int = 0
    dropped: int = 0
    frames: int = 0
    datagrams: int = 0

    HEAD = ("pages", "pages dropped", "frames", "datagrams read")

    def since(self, before: "Counts") -> str:
        """The cells under the head."""
        found = (
            self.pages,
            self.dropped - before.dropped,
            self.frames - before.frames,
            self.datagrams - before.datagrams,
        )
        return "".join(f"{value:>{len(name) + 2}}" for value, name in zip(found, self.HEAD, strict=True))


class Target(Protocol):
    """A daemon that is measured."""

    http_port: int
    osc_port: int

    async def counts(self) -> Counts:
        """As of now."""

    def forget(self) -> None:
        """Measure anew."""

    async def row(self, title: str) -> None:
        """Print what was found since the last, and measure anew."""


@dataclass(frozen=True)
class Load:
    """Other processes, on a core of their own if one is given."""

    core: int | None = None

    @contextlib.asynccontextmanager
    async def of(self, kind: str, port: int, report: Callable[[dict[str, int]], None]) -> AsyncIterator[None]:
        """A load that lasts as long; what it did is reported then."""
        script = str(Path(__file__).with_name("remotes_load.py"))
        core = [] if self.core is None else [str(self.core)]
        process = await asyncio.create_subprocess_exec(
            sys.executable, script, kind, str(port), *core, stdout=asyncio.subprocess.PIPE
        )
        try:
            yield
        finally:
            process.terminate()
            said, _ = await process.communicate()
            report(json.loads(said))


async def floods(target: Target, load: Load, seconds: float, times: int) -> None:
    """Rows: nobody; and each time those that come, the flood, and those that are gone."""
    await asyncio.sleep(1.0)
    target.forget()
    await asyncio.sleep(SETTLES_S)
    await target.row("nobody")
    for number in range(1, times + 1):
        await _flood(target, load, number, seconds)


async def _flood(target: Target, load: Load, number: int, seconds: float) -> None:
    def of_pages(did: dict[str, int]) -> None:
        print(
            f"  the pages that read took {did['frames']} frames and answered {did['pongs']} pings, "
            f"{did['lost']} of them lost their connection; those that don't were dropped and came again "
            f"{did['came_again']} times"
        )

    sent: dict[str, int] = {}
    async with load.of("pages", target.http_port, of_pages):
        await _until(target, lambda counts: counts.pages >= READING + SILENT)
        await asyncio.sleep(SETTLES_S)
        await target.row(f"{READING} + {SILENT} pages have come")
        before = (await target.counts()).datagrams
        async with load.of("osc", target.osc_port, sent.update):
            await _until(target, lambda counts: counts.datagrams > before)
            await asyncio.sleep(0.5)
            target.forget()
            early_s = min(_EARLY_S, seconds / 2)
            await asyncio.sleep(early_s)
            await target.row(f"flood {number}, {early_s:g} s")
            await asyncio.sleep(seconds - early_s)
            await target.row(f"flood {number}, from there to {seconds:g} s")
        await asyncio.sleep(0.5)
        _tell_datagrams(sent, (await target.counts()).datagrams - before)
        target.forget()
    await _until(target, lambda counts: not counts.pages)
    await asyncio.sleep(SETTLES_S)
    await target.row("all go")


def _tell_datagrams(sent: dict[str, int], read: int) -> None:
    count = sent["sent"]
    print(
        f"  {count} datagrams were sent, {1000 * count / sent['lasted_ms']:.0f} a second: {read} were read, "
        f"{count - read} ({100 * (1 - read / count):.2f}%) dropped by the kernel"
    )


async def _until(target: Target, condition: Callable[[Counts], bool]) -> None:
    async with asyncio.timeout(_PATIENCE_S):
        while not condition(await target.counts()):
            await asyncio.sleep(0.05)


def over_and_over(score: Score, seconds: float) -> Score:
    """A score played again and again for at least so long, each time from the next bar of four beats on."""
    bar_ticks = 4 * score.ticks_per_beat
    length_ticks = -(-score.end_ticks // bar_ticks) * bar_ticks
    ticks_a_second = score.tempi[0].tempo_bpm / 60 * score.ticks_per_beat
    parts = tuple(
        replace(
            part,
            notes=tuple(
                replace(note, start_ticks=note.start_ticks + by, end_ticks=note.end_ticks + by)
                for by in range(0, int(seconds * ticks_a_second), length_ticks)
                for note in part.notes
            ),
        )
        for part in score.parts
    )
    return replace(score, parts=parts)


@dataclass(frozen=True)
class Given:
    """What the command line says."""

    seconds: float
    floods: int
    core: int | None
    load: Load

    @property
    def lasts_s(self) -> float:
        """How long it all takes, at the most."""
        return 60 + self.floods * (self.seconds + 60)


def given() -> Given:
    """Read the command line, and go to the core that it gives."""
    parser = argparse.ArgumentParser(
        description=f"{DATAGRAMS_HZ} datagrams a second and {READING + SILENT} pages"
    )
    parser.add_argument("--seconds", type=float, default=60.0, help="of each flood")
    parser.add_argument("--floods", type=int, default=2)
    parser.add_argument(
        "--cores", help="the daemon's and the load's, like 1,0; else the system chooses (Linux)"
    )
    found = parser.parse_args()
    core, load_core = map(int, found.cores.split(",")) if found.cores else (None, None)
    if core is not None:
        os.sched_setaffinity(0, {core})
    return Given(found.seconds, found.floods, core, Load(load_core))
