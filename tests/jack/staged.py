"""A real MIDI process with ports on a JACK server, and the words in which the tests talk to it."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from copilot.live.supervise import Child
from copilot.midi.ledger import Ledger
from copilot.midi.messages import (
    FromMidi,
    Open,
    Play,
    PlayNote,
    Ready,
    Sent,
    Stats,
)
from copilot.wire import Message

PATIENCE_S = 10.0
CHORD = (60, 64, 67)


@dataclass
class Stage:
    """A running MIDI process with open ports."""

    child: Child
    ledger: Ledger
    ready: Ready

    async def until(self, kind: type) -> Any:
        """The next message of that kind."""
        return await heard_from(self.child, kind)

    async def counts(self, filtered: dict[str, int]) -> Stats:
        """The first counts that say so of what was filtered: those sent while ports are laid say nothing."""
        async with asyncio.timeout(PATIENCE_S):
            while True:
                stats: Stats = await self.until(Stats)
                if stats.filtered == filtered:
                    return stats

    async def rest(self) -> list[Message]:
        """All that comes until the process is gone."""
        async with asyncio.timeout(PATIENCE_S):
            return [message async for message in self.child]


async def heard_from(child: Child, kind: type) -> Any:
    """The next message of that kind from a child."""
    async with asyncio.timeout(PATIENCE_S):
        while True:
            message = await child.receive()
            if isinstance(message, kind):
                return message


@asynccontextmanager
async def stage(
    inputs: list[str],
    outputs: list[str],
    thru: list[str] | None = None,
    virtual: bool = False,
    sysex: bool = False,
) -> AsyncIterator[Stage]:
    with Ledger.create() as ledger:
        child = await Child.start("copilot.midi.process", "midi", FromMidi)
        try:
            child.send(Open(inputs, outputs, virtual, thru or [], "copilot", ledger.path, sysex=sysex))
            yield Stage(child, ledger, await heard_from(child, Ready))
        finally:
            await child.stop(timeout_s=2.0)


def chord(at_s: float, length_s: float = 30.0) -> Play:
    return Play([PlayNote(i, at_s, at_s + length_s, 0, pitch, 90) for i, pitch in enumerate(CHORD)])


async def hold_chord(on: Stage) -> None:
    """Play a long chord and wait until it sounds."""
    on.child.send(chord(time.monotonic() + 0.05))
    for _ in CHORD:
        assert (await on.until(Sent)).is_on


async def settle() -> None:
    """Give JACK a few cycles of 2.7 ms."""
    await asyncio.sleep(0.1)
