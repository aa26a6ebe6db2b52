"""A sender that is stuck, and the odd ways in which notes may be written, on a real JACK server."""

import asyncio
import time
from contextlib import suppress

import pytest

from copilot.live.port_plan import PortPlan
from tests.jack.conftest import Keyboard, Synth
from tests.jack.instrument import Instrument
from tests.jack.listener import playing, until

NOTES = 10_000
_NOTES_AT_ONCE = 250
"""Each 5 ms: a hundred times what a MIDI cable carries. A whole ring of RtMidi's in one cycle, 2,340 messages, may
take a receiver without a core of its own longer than JACK waits, which then writes over it, whoever it is."""

pytestmark = pytest.mark.quiet  # JACK writes over what a process that gets no core has not taken


def test_ten_thousand_notes_at_once_are_heard_and_passed_on_in_order(jack_server: None) -> None:
    """On and off, within a fifth of a second: none is lost on its way to the session or to the synth."""

    async def scenario() -> None:
        keys, synth = Instrument("test-stuck"), Instrument("test-receiver")
        plan = PortPlan((keys.played_from,), (synth.heard_at,), thru=(keys.played_from,))
        async with playing(plan) as (rig, listener):
            # All different: of the very same bytes, a second within 15 ms counts as what passed through come back.
            notes = [(n % 128, 1 + n // 128) for n in range(NOTES)]
            began_s = time.monotonic()
            for first in range(0, NOTES, _NOTES_AT_ONCE):
                for pitch, velocity in notes[first : first + _NOTES_AT_ONCE]:
                    keys.play(bytes((0x92, pitch, velocity)), bytes((0x82, pitch, velocity)))
                keys.pause()
            with suppress(TimeoutError):
                await until(lambda: len(listener.heard) >= 2 * NOTES)
            heard_s = time.monotonic() - began_s

            def passed_on() -> list[bytes]:
                # Beside probes, on channel 0, and the ends that are said again after a late cycle, of velocity 0.
                return [data for data in synth.messages if data[0] & 0x0F == 2 and data[2]]

            with suppress(TimeoutError):
                await until(lambda: len(synth.received) >= 2 * NOTES and len(passed_on()) >= 2 * NOTES)
            passed_s = time.monotonic() - began_s
            passed = passed_on()
            print(f"{len(listener.heard)} of {2 * NOTES} heard, {len(passed)} passed on", rig.news.stats)
            assert [(pitch, velocity) for *_, pitch, velocity in listener.heard if velocity] == notes
            assert [pitch for *_, pitch, velocity in listener.heard if not velocity] == [p for p, _ in notes]
            assert [(data[1], data[2]) for data in passed if data[0] == 0x92] == notes
            assert [(data[1], data[2]) for data in passed if data[0] == 0x82] == notes
            await asyncio.sleep(0.6)
            status = rig.status()
            assert status["midi_queue_drops"] == status["midi_send_failures"] == 0
            print(f"{2 * NOTES} messages: all heard after {heard_s:.2f} s, passed on after {passed_s:.2f} s")
        for each in (keys, synth):
            await asyncio.to_thread(each.close)

    asyncio.run(scenario())


def test_notes_are_the_same_in_whatever_way_they_are_written(synth: Synth, keyboard: Keyboard) -> None:
    """A note-on of velocity 0 is a note-off, amid active sensing and clocks; thru passes the bytes as they came."""
    played = [b"\x91\x3c\x40", b"\xfe", b"\xf8", b"\x91\x3c\x00", b"\xfe", b"\x91\x3d\x41", b"\x81\x3d\x22"]

    async def scenario() -> None:
        async with playing(PortPlan((keyboard.name,), (synth.name,), thru=(keyboard.name,))) as (_, listener):
            keyboard.play(*played)
            await until(lambda: len(listener.heard) == 5)
            notes = [(channel, pitch, velocity) for _, _, channel, pitch, velocity in listener.heard]
            assert notes == [(1, 60, 64), (-1, 0xF8, 0), (1, 60, 0), (1, 61, 65), (1, 61, 0)]
            passed = [data for data in played if data[0] < 0xF0]
            await until(lambda: synth.messages == passed)

    asyncio.run(scenario())
