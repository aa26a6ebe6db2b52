"""A keyboard on thru that goes amid a chord, on a real JACK server: the keys that it held are let go."""

import asyncio
import time
from asyncio import to_thread

import pytest

from copilot.live.port_plan import PortPlan
from copilot.midi.filter import THRU_ECHO_WINDOW_S
from copilot.midi.jackwatch import JackWatch
from tests.jack.conftest import Keyboard, Synth
from tests.jack.instrument import Instrument
from tests.jack.listener import Listener, playing, states, until

pytestmark = pytest.mark.quiet  # what JACK loses beside a compiler is said again half a second later

TIMES = 2
CHORD = (48, 52, 55)
PEDAL_DOWN, PEDAL_UP = b"\xb2\x40\x7f", b"\xb2\x40\x00"


def struck(channel: int, *pitches: int) -> list[bytes]:
    """Note-ons."""
    return [bytes((0x90 | channel, pitch, 90)) for pitch in pitches]


def let_go(channel: int, *pitches: int) -> list[bytes]:
    """Note-offs as a keyboard sends them."""
    return [bytes((0x80 | channel, pitch, 64)) for pitch in pitches]


def down(listener: Listener) -> set[tuple[int, int, int]]:
    """`(port, channel, pitch)` of the keys that the session believes to be held."""
    held: set[tuple[int, int, int]] = set()
    for _, port, channel, pitch, velocity in listener.heard:
        (held.add if velocity else held.discard)((port, channel, pitch))
    return held


def test_what_an_unplugged_keyboard_holds_is_let_go(synth: Synth, keyboard: Keyboard) -> None:
    """At the synth, its pedal too, and in the session; what another keyboard holds there sounds on."""

    async def scenario() -> None:
        keys = await to_thread(Instrument, "test-plugged")
        plan = PortPlan(
            (keyboard.name, keys.played_from), (synth.name,), thru=(keyboard.name, keys.played_from)
        )
        silent_s = []
        async with playing(plan) as (rig, listener):
            keyboard.play(*struck(2, CHORD[0]))
            await until(lambda: synth.hanging)
            for _ in range(TIMES):
                await until(lambda: set(states(rig).values()) == {"connected"})
                keys.play(PEDAL_DOWN, *struck(2, *CHORD), *struck(0, 60))
                await until(lambda: (0, 60) in synth.hanging)
                assert {(2, pitch) for pitch in CHORD} <= synth.hanging
                lifted = synth.messages.count(PEDAL_UP)
                left_s = await to_thread(keys.unplug)
                await until(lambda: synth.hanging == {(2, CHORD[0])})
                silent_s.append(time.monotonic() - left_s)
                await until(lambda n=lifted: synth.messages.count(PEDAL_UP) > n)
                await until(lambda: down(listener) == {(0, 2, CHORD[0])})
                keys = await to_thread(Instrument, "test-plugged")
            await until(lambda: set(states(rig).values()) == {"connected"})
            keys.play(*let_go(2, *CHORD[1:]), *struck(2, 70), *let_go(2, 70))  # late: nobody minds
            await until(lambda: synth.messages[-1:] == let_go(2, 70))
            keyboard.play(*let_go(2, CHORD[0]))
            await until(lambda: not synth.hanging and not down(listener))
            assert rig.deaths == 0
        await to_thread(keys.close)
        print(f"unplugged, let go after: max {1000 * max(silent_s):.0f} ms")
        assert max(silent_s) < 1.0

    asyncio.run(scenario())


@pytest.mark.parametrize("is_back", [True, False])
def test_what_a_keyboard_held_when_its_cable_was_taken_is_let_go(
    synth: Synth, keyboard: Keyboard, is_back: bool
) -> None:
    """Given back at once, with the note-offs lost between, or not."""

    async def scenario() -> None:
        hand = JackWatch(lambda _reason: None)
        async with playing(PortPlan((keyboard.name,), (synth.name,), thru=(keyboard.name,))) as (_, listener):
            await until(lambda: hand.connections(keyboard.name))
            (ours,) = hand.connections(keyboard.name) or set()
            for _ in range(TIMES):
                await asyncio.sleep(2 * THRU_ECHO_WINDOW_S)  # what is struck again at once counts as its echo
                keyboard.play(PEDAL_DOWN, *struck(2, *CHORD))
                await until(lambda: {(2, pitch) for pitch in CHORD} == synth.hanging)
                lifted = synth.messages.count(PEDAL_UP)
                hand.disconnect(keyboard.name, ours)
                if is_back:
                    assert hand.connect(keyboard.name, ours)
                await until(lambda n=lifted: not synth.hanging and synth.messages.count(PEDAL_UP) > n)
                await until(lambda: not down(listener))
                if not is_back:
                    assert hand.connect(keyboard.name, ours)
                    await until(lambda: listener.told_s("is there"))
                    listener.said.clear()
        hand.close()

    asyncio.run(scenario())


@pytest.mark.parametrize("is_killed", [True, False])
def test_what_a_keyboard_on_our_own_port_held_when_it_went_is_let_go(synth: Synth, is_killed: bool) -> None:
    """Whether it is unplugged, or its cable is taken: for the session, and so for the model and the recording."""

    async def scenario() -> None:
        hand = JackWatch(lambda _reason: None)
        async with playing(PortPlan((), (synth.name,), virtual=True)) as (_, listener):
            for _ in range(2):
                keys = await to_thread(Instrument, "test-plugged")
                assert hand.connect(keys.played_from, "copilot-in:in")
                keys.play(*struck(2, *CHORD))
                await until(lambda: down(listener) == {(0, 2, pitch) for pitch in CHORD})
                if is_killed:
                    await to_thread(keys.unplug)
                else:
                    hand.disconnect(keys.played_from, "copilot-in:in")
                await until(lambda: not down(listener))
                await to_thread(keys.unplug)
            assert listener.told_s("lost a cable")
        hand.close()

    asyncio.run(scenario())
