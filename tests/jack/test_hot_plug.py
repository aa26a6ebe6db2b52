"""Instruments that are unplugged, come back, or come late, on a real JACK server: each keeps its place in the rig."""

import asyncio
import statistics
import time
from asyncio import gather, to_thread
from collections.abc import Callable

import pytest
import rtmidi

from copilot.errors import PortError
from copilot.live.midi_rig import MidiRig
from copilot.live.port_plan import PortPlan
from copilot.midi import backend
from copilot.midi.cables import ListedCable, RtPort
from copilot.midi.messages import PlayNote
from tests.jack.conftest import Keyboard, Synth
from tests.jack.instrument import Instrument
from tests.jack.listener import playing, states, until

pytestmark = pytest.mark.quiet  # what JACK loses beside a compiler is not played again

TIMES = 5


async def _when(has_happened: Callable[[], object]) -> float:
    await until(has_happened)
    return time.monotonic()


def _said(title: str, values_s: list[float]) -> None:
    print(f"{title}: p50 {1000 * statistics.median(values_s):.0f} ms, max {1000 * max(values_s):.0f} ms")


def test_what_is_unplugged_is_noticed_and_taken_up_again_in_its_place(
    synth: Synth, keyboard: Keyboard
) -> None:
    """Input and output: the others play on, thru and number stay; another number in a2j's name changes nothing."""

    async def scenario() -> None:
        gone_s, back_s = [], []
        keys = await to_thread(Instrument, "test-plugged")
        piano = await to_thread(Instrument, "a2j", "Piano [20] (playback): one")
        plan = PortPlan(
            (keyboard.name, keys.played_from), (synth.name, piano.heard_at), thru=(keys.played_from,)
        )
        async with playing(plan) as (rig, listener):
            rig.compensate([0.0, 0.05])
            for number in range(TIMES):
                await until(lambda: set(states(rig).values()) == {"connected"})
                left_s = time.monotonic()
                await gather(to_thread(keys.close), to_thread(piano.close))
                gone_s.append(await _when(lambda: list(states(rig).values()).count("gone") == 2) - left_s)
                keyboard.play(b"\x91\x30\x40")
                at_s = time.monotonic() + 0.2
                rig.play([PlayNote(number + 1, at_s, at_s + 0.05, 0, 40, 90)])
                await until(lambda n=number: n + 1 in listener.off)
                await until(lambda: synth.messages[-2:] == [b"\x90\x28\x5a", b"\x80\x28\x00"])
                keys = await to_thread(Instrument, "test-plugged")
                piano = await to_thread(Instrument, "a2j", f"Piano [{24 + number}] (playback): one")
                came_s = piano.began_s
                await until(lambda k=keys, p=piano: {k.played_from, p.heard_at} <= set(states(rig)))
                back_s.append(time.monotonic() - came_s)
                keys.play(b"\x92\x32\x40")
                await until(lambda p=piano: b"\x92\x32\x40" in p.messages)
                assert listener.heard[-1][1:] == (1, 2, 0x32, 0x40)
            due_s = time.monotonic() + 0.2
            rig.play([PlayNote(99, due_s, due_s + 0.1, 0, 41, 90)])
            await until(lambda: 99 in listener.off)
            came = {data: at for at, data in piano.received}
            assert 0.03 < due_s - came[b"\x90\x29\x5a"] < 0.08  # it sounds 50 ms late still
        assert listener.told_s("is gone") and listener.told_s("is there")
        await gather(to_thread(keys.close), to_thread(piano.close))
        _said("unplugged, noticed after", gone_s)
        _said("plugged in, laid again after", back_s)
        assert max(gone_s) < 1.0 and max(back_s) < 1.0

    asyncio.run(scenario())


def test_the_way_to_end_notes_in_need_follows(keyboard: Keyboard) -> None:
    """The MIDI process is killed when its synth had been away and back under another number: nothing hangs."""

    async def scenario() -> None:
        piano = await to_thread(Instrument, "a2j", "Piano [20] (playback): one")
        async with playing(PortPlan((keyboard.name,), (piano.heard_at,), thru=(keyboard.name,))) as (rig, _):
            await to_thread(piano.close)
            await until(lambda: "gone" in states(rig).values())
            piano = await to_thread(Instrument, "a2j", "Piano [21] (playback): one")
            await until(lambda: states(rig).get(piano.heard_at) == "connected")
            await asyncio.sleep(1.0)  # the guardian looks four times a second
            keyboard.play(b"\x93\x30\x40")
            await until(lambda: piano.hanging)
            first = rig._child
            assert first is not None
            first.process.kill()
            await until(lambda: not piano.hanging)
            await until(lambda: rig._child is not first and set(states(rig).values()) == {"connected"})
            assert rig.deaths == 1
        await to_thread(piano.close)

    asyncio.run(scenario())


def test_what_is_not_there_at_the_start_is_waited_for(synth: Synth) -> None:
    """By a part of its name; where two fit, it says so and takes neither."""

    async def scenario() -> None:
        plan = PortPlan(("late-keys",), (synth.name, "late-synth"), thru=("late-keys",), waits=True)
        async with playing(plan) as (rig, _):
            assert states(rig) == {"late-keys": "awaited", synth.name: "connected", "late-synth": "awaited"}
            keys, first, second = Keyboard("late-keys"), Synth("late-synth-1"), Synth("late-synth-2")
            await until(lambda: states(rig).get(keys.name) == "connected")
            keys.play(b"\x92\x32\x40")
            await until(lambda: b"\x92\x32\x40" in synth.messages)
            for each in (keys, first, second):
                each.close()

    asyncio.run(scenario())


def test_a_name_that_comes_to_fit_two_ports_takes_neither(synth: Synth) -> None:
    """And says which."""

    async def scenario() -> None:
        first, second = Synth("both-1"), Synth("both-2")
        async with playing(PortPlan((), (synth.name, "both"), waits=True)) as (rig, listener):
            await until(
                lambda: listener.told_s("fits 2 ports, 'both-1:in', 'both-2:in': give more of the name")
            )
            assert states(rig)["both"] == "awaited"
            first.close()
            await until(lambda: states(rig).get(second.name) == "connected")
        second.close()

    asyncio.run(scenario())


def test_a_port_that_goes_with_its_far_end_is_opened_anew(jack_server: None) -> None:
    """The way of ALSA, CoreMIDI and WinMM, by RtMidi's own list of ports."""
    plugged: list[RtPort | None] = []
    lister = rtmidi.MidiOut(backend.API_NUMBERS["JACK"], name="test-lister")
    synth = Synth("test-brief")
    cable = ListedCable(lambda far: backend.open_output("JACK", far, "test-cable"), plugged.append)
    try:
        assert cable.standing(set(lister.get_ports())) == "away"
        assert cable.lay(synth.name)
        for _ in range(3):
            assert cable.standing(set(lister.get_ports())) == "laid"
            synth.close()
            assert cable.standing(set(lister.get_ports())) == "away"
            assert plugged[-1] is None
            assert not cable.lay(synth.name)
            synth = Synth("test-brief")
            assert cable.lay(synth.name)
            assert plugged[-1] is not None
            end_s = time.monotonic() + 2.0
            while not synth.hanging:
                plugged[-1].send_message(b"\x90\x3c\x40")  # in a cycle that is late it may be lost
                assert time.monotonic() < end_s
                time.sleep(0.02)
    finally:
        port = cable.unplugged()
        if port is not None:
            port.delete()
        lister.delete()
        synth.close()


@pytest.mark.parametrize("waits", [False, True])
def test_a_port_that_is_named_fully_and_not_there(jack_server: None, waits: bool) -> None:
    """Is an error, or waited for."""

    async def scenario() -> None:
        if waits:
            async with playing(PortPlan(("nobody:out",), (), waits=True)) as (rig, _):
                assert states(rig) == {"nobody:out": "awaited"}
            return
        with pytest.raises(PortError, match="'nobody:out' is gone"):
            await MidiRig.open(PortPlan(("nobody:out",), ()))

    asyncio.run(scenario())
