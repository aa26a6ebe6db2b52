"""A cable that another program takes and gives back at once, on a real JACK server: nothing is left sounding."""

import asyncio
import time

import pytest

from copilot.live.port_plan import PortPlan
from copilot.midi.jackwatch import JackWatch
from copilot.midi.messages import PlayNote
from tests.jack.conftest import Keyboard, Synth
from tests.jack.listener import Listener, playing, until

pytestmark = pytest.mark.quiet  # what JACK loses beside a compiler is said again half a second later

TIMES = 20
BETWEEN_S = 0.05


def sounding(synth: Synth) -> set[tuple[int, int]]:
    """The notes that were ended neither by their note-off nor by all sound off."""
    held: set[tuple[int, int]] = set()
    for data in synth.messages:
        key = (data[0] & 0x0F, data[1])
        if data[0] & 0xF0 == 0x90:
            held.add(key)
        elif data[0] & 0xF0 == 0x80:
            held.discard(key)
        elif data[0] & 0xF0 == 0xB0 and data[1] == 120:
            held = {each for each in held if each[0] != key[0]}
    return held


def _told_s(listener: Listener, after_s: float) -> float | None:
    """A look may fall between the taking and the giving back: then it is told as gone, and there."""
    return listener.told_s("cut off for a moment", after_s) or listener.told_s("is gone", after_s)


def test_a_cable_that_is_back_at_once_was_out_all_the_same(synth: Synth, keyboard: Keyboard) -> None:
    """Mid-note, twenty times: whether or not a note-off came just then, the synth is told all sound off."""

    async def scenario() -> None:
        hand = JackWatch(lambda _reason: None)
        plan = PortPlan((keyboard.name,), (synth.name,), thru=(keyboard.name,))
        async with playing(plan) as (rig, listener):
            await until(lambda: hand.connections(synth.name))
            (ours,) = hand.connections(synth.name) or set()
            for number in range(1, TIMES + 1):
                due_s = time.monotonic() + BETWEEN_S
                rig.play([PlayNote(number, due_s, due_s + 0.2, 0, 40 + number, 90)])
                keyboard.play(b"\x91\x30\x40")
                await until(lambda n=number: {(0, 40 + n), (1, 0x30)} <= sounding(synth))
                quieted = synth.messages.count(b"\xb0\x78\x00")
                cut_s = time.monotonic()
                hand.disconnect(ours, synth.name)
                keyboard.play(b"\x81\x30\x00")  # it may get over, or be lost
                assert hand.connect(ours, synth.name)
                await until(lambda q=quieted: synth.messages.count(b"\xb0\x78\x00") > q)
                await until(lambda n=number: n in listener.off)
                await until(lambda: not sounding(synth))
                await until(lambda s=cut_s: _told_s(listener, s))
                assert time.monotonic() - cut_s < 1.0
            assert rig.deaths == 0
        hand.close()

    asyncio.run(scenario())


def test_other_cables_of_our_port_are_no_concern(synth: Synth) -> None:
    """A second synth that somebody connects, and takes away again, silences nothing."""

    async def scenario() -> None:
        hand, other = JackWatch(lambda _reason: None), Synth("test-other")
        async with playing(PortPlan((), (synth.name,))) as (rig, listener):
            await until(lambda: hand.connections(synth.name))
            (ours,) = hand.connections(synth.name) or set()
            now_s = time.monotonic()
            rig.play([PlayNote(1, now_s, now_s + 30.0, 0, 60, 90)])
            await until(lambda: sounding(synth))
            for _ in range(5):
                assert hand.connect(ours, other.name)
                hand.disconnect(ours, other.name)
            await asyncio.sleep(0.7)  # it looks twice a second
            assert sounding(synth) == {(0, 60)}
            assert not listener.said
        other.close()
        hand.close()

    asyncio.run(scenario())
