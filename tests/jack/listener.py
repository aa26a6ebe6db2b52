"""Who listens to a rig of real ports, and notes when it was told what."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from copilot.live.midi_rig import MidiRig
from copilot.live.port_plan import PortPlan
from copilot.midi.messages import Dropped, Sent

PATIENCE_S = 15.0


@dataclass
class Listener:
    """Keeps it all."""

    heard: list[tuple[float, int, int, int, int]] = field(default_factory=list)
    on: list[int] = field(default_factory=list)
    off: list[int] = field(default_factory=list)
    lost: list[int] = field(default_factory=list)
    said: list[tuple[float, str]] = field(default_factory=list)
    panicked_s: list[float] = field(default_factory=list)

    def hear(self, at_s: float, channel: int, pitch: int, velocity: int, port: int = 0) -> None:
        """A player's note."""
        self.heard.append((at_s, port, channel, pitch, velocity))

    def hear_clock(self, at_s: float, status: int, sixteenths: int = 0) -> None:
        """A clock: as a note of channel −1."""
        self.heard.append((at_s, -1, -1, status, sixteenths))

    def sent(self, message: Sent) -> None:
        """A note of ours left or ended."""
        (self.on if message.is_on else self.off).append(message.note_id)

    def dropped(self, message: Dropped) -> None:
        """A note of ours was not played."""
        self.lost.append(message.note_id)

    def panic(self, at_s: float) -> None:
        """Everything was silenced."""
        self.panicked_s.append(at_s)

    def say(self, text: str) -> None:
        """What came and went."""
        self.said.append((time.monotonic(), text))

    def told_s(self, text: str, after_s: float = 0.0) -> float | None:
        """When it was first told something with these words after a moment."""
        return next((at_s for at_s, said in self.said if text in said and at_s > after_s), None)


async def until(has_happened: Callable[..., object]) -> None:
    """Wait until something real has happened: asked without arguments, again and again."""
    async with asyncio.timeout(PATIENCE_S):
        while not has_happened():
            await asyncio.sleep(0.002)


@asynccontextmanager
async def playing(plan: PortPlan) -> AsyncIterator[tuple[MidiRig, Listener]]:
    """A rig that runs."""
    listener = Listener()
    rig = await MidiRig.open(plan)
    running = asyncio.create_task(rig.run(listener, lambda: None))
    await asyncio.sleep(0)
    try:
        yield rig, listener
        assert not running.done(), running.exception()
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        await rig.close(listener)


def states(rig: MidiRig) -> dict[str, str]:
    """How the ports stand, by name."""
    return {port.name: port.state for port in rig.news.ports}
