"""The MIDI process dies or hangs while a chord sounds: the daemon ends the chord, and another process plays on."""

import asyncio
import os
import signal
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field

import pytest

from copilot.errors import PortError
from copilot.live.midi_rig import MidiRig
from copilot.live.patience import MAX_DEATHS
from copilot.live.port_plan import PortPlan
from copilot.midi.messages import Dropped, PlayNote, Sent
from tests.jack.conftest import Keyboard, Synth

pytestmark = [
    pytest.mark.fault,
    pytest.mark.skipif(sys.platform != "linux", reason="stops processes as Linux does"),
]

PATIENCE_S = 10.0
CHORD = (60, 64, 67)


@dataclass
class Listener:
    """Who is told what the rig does."""

    heard: list[tuple[int, int, int]] = field(default_factory=list)
    on: list[int] = field(default_factory=list)
    off: list[int] = field(default_factory=list)
    lost: list[int] = field(default_factory=list)
    said: list[str] = field(default_factory=list)

    def hear(self, at_s: float, channel: int, pitch: int, velocity: int, port: int = 0) -> None:
        """A player's note."""
        self.heard.append((channel, pitch, velocity))

    def hear_clock(self, at_s: float, status: int, sixteenths: int = 0) -> None:
        """A clock."""

    def sent(self, message: Sent) -> None:
        """A note of ours left or ended."""
        (self.on if message.is_on else self.off).append(message.note_id)

    def dropped(self, message: Dropped) -> None:
        """A note of ours was not played."""
        assert message.reason == "lost"
        self.lost.append(message.note_id)

    def panic(self, at_s: float) -> None:
        """Nobody sends the signal here."""

    def say(self, text: str) -> None:
        """What came and went."""
        self.said.append(text)


def _chord(first_id: int, at_s: float) -> list[PlayNote]:
    return [PlayNote(first_id + i, at_s, at_s + 30.0, 0, pitch, 90) for i, pitch in enumerate(CHORD)]


async def _until(has_happened: Callable[[], bool]) -> None:
    async with asyncio.timeout(PATIENCE_S):
        while not has_happened():
            await asyncio.sleep(0.002)


def _pid(rig: MidiRig) -> int:
    assert rig._child is not None
    return rig._child.process.pid


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGSTOP, signal.SIGSEGV], ids=lambda n: n.name)
def test_the_chord_is_ended_and_another_process_plays_on(
    synth: Synth, keyboard: Keyboard, number: signal.Signals
) -> None:
    """Ours and a player's that passed through; the ports have their roles again, and no note is unaccounted for."""

    async def scenario() -> None:
        listener, changes = Listener(), 0

        def changed() -> None:
            nonlocal changes
            changes += 1

        rig = await MidiRig.open(PortPlan((keyboard.name,), (synth.name,), thru=(keyboard.name,)))
        running = asyncio.create_task(rig.run(listener, changed))
        await asyncio.sleep(0)
        rig.play(_chord(1, time.monotonic() + 0.05))
        rig.play(_chord(11, time.monotonic() + 20.0))
        keyboard.play(b"\x93\x30\x40")
        await _until(lambda: len(synth.hanging) == 4 and len(listener.heard) == 1)
        first = _pid(rig)
        os.kill(first, number)
        struck_s = time.monotonic()
        await _until(lambda: not synth.hanging)
        silent_s = time.monotonic() - struck_s
        rig.play(_chord(21, time.monotonic()))  # nobody plays it
        await _until(lambda: _pid(rig) != first)
        again_s = time.monotonic() - struck_s
        print(f"{number.name}: silent after {1000 * silent_s:.0f} ms, open again after {again_s:.2f} s")
        assert listener.on == listener.off == [1, 2, 3]
        assert sorted(listener.lost) == [11, 12, 13, 21, 22, 23]
        assert listener.heard == [(3, 0x30, 0x40), (3, 0x30, 0)]
        keyboard.play(b"\x93\x32\x40")
        rig.play(_chord(31, time.monotonic()))
        await _until(lambda: len(synth.hanging) == 4 and listener.heard[-1] == (3, 0x32, 0x40))
        assert rig.deaths == 1
        assert not running.done()
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        await rig.close(listener)
        await _until(lambda: not synth.hanging)
        assert listener.off == [1, 2, 3, 31, 32, 33]
        assert silent_s < 1.0  # how fast it is, the table tells

    asyncio.run(scenario())


def test_a_process_that_keeps_dying_ends_it_clearly(synth: Synth) -> None:
    """Five deaths in half a minute: one line says so."""

    async def scenario() -> None:
        rig = await MidiRig.open(PortPlan((), (synth.name,)))
        running = asyncio.create_task(rig.run(Listener(), lambda: None))
        killed: set[int] = set()
        while not running.done():
            if len(killed) < MAX_DEATHS and _pid(rig) not in killed:
                killed.add(_pid(rig))
                os.kill(_pid(rig), signal.SIGKILL)
            await asyncio.sleep(0.02)
        with pytest.raises(PortError, match="too often") as raised:
            running.result()
        assert "\n" not in str(raised.value)
        assert rig.deaths == len(killed) == MAX_DEATHS
        await rig.close(Listener())

    asyncio.run(scenario())


def test_a_process_that_is_told_to_end_while_it_is_stopped_leaves_no_note(synth: Synth) -> None:
    """The daemon's own end does not wait for it for long, and ends its chord."""

    async def scenario() -> None:
        listener = Listener()
        rig = await MidiRig.open(PortPlan((), (synth.name,)))
        running = asyncio.create_task(rig.run(listener, lambda: None))
        rig.play(_chord(1, time.monotonic()))
        await _until(lambda: len(synth.hanging) == 3 and len(listener.on) == 3)
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        os.kill(_pid(rig), signal.SIGSTOP)
        began_s = time.monotonic()
        await rig.close(listener)
        assert time.monotonic() - began_s < 3.0
        await _until(lambda: not synth.hanging)
        assert sorted(listener.off) == [1, 2, 3]

    asyncio.run(scenario())


def test_another_clients_death_is_not_taken_for_its_own(synth: Synth) -> None:
    """JACK stands still for a while then; the MIDI process does not."""

    async def scenario() -> None:
        rig = await MidiRig.open(PortPlan((), (synth.name,)))
        running = asyncio.create_task(rig.run(Listener(), lambda: None))
        for _ in range(3):
            other = await MidiRig.open(PortPlan((), (synth.name,)))
            os.kill(_pid(other), signal.SIGKILL)
            await other.close(Listener())
            await asyncio.sleep(0.5)
        assert rig.deaths == 0
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        await rig.close(Listener())

    asyncio.run(scenario())
