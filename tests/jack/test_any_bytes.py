"""Any bytes into a live port: the MIDI process hears on, and what it passes through is MIDI."""

import asyncio
import os
import time
from collections import deque
from collections.abc import Iterator
from contextlib import suppress
from itertools import islice
from typing import Any

import jack
import pytest

from copilot.midi.earshot import ASKS_EVERY_S, END, MOST_UNHEARD, QUIET_S
from copilot.midi.filter import classify
from copilot.midi.messages import Heard, Lost
from tests.fuzz.mutate import inputs
from tests.fuzz.targets.midi import TARGETS
from tests.jack.listener import until
from tests.jack.staged import Stage, stage

INPUTS = int(os.environ.get("COPILOT_FUZZ_PORT", "2000"))
AT_ONCE = 16
MOST_S = 1.0
"""Until the note has come through the port: milliseconds, but for whatever else runs on the machine."""


class Wire:
    """A port of our own that sends what no library would."""

    def __init__(self) -> None:
        self._waiting: deque[bytes] = deque()
        self._client = jack.Client("test-wire", no_start_server=True)
        self._port = self._client.midi_outports.register("out")
        self._client.set_process_callback(self._send)
        self._client.activate()
        self.name = self._port.name

    def _send(self, _frames: int) -> None:
        self._port.clear_buffer()
        while self._waiting:
            try:
                self._port.write_midi_event(0, self._waiting[0])
            except jack.JackError:
                return  # this cycle's buffer is full
            self._waiting.popleft()

    def send(self, *messages: bytes) -> None:
        """Send messages, as many in a cycle as there is room for."""
        self._waiting.extend(messages)

    def close(self) -> None:
        """Remove the port."""
        self._client.deactivate()
        self._client.close()


@pytest.fixture
def wire(jack_server: None) -> Iterator[Wire]:
    """A sender called `test-wire:out`."""
    made = Wire()
    yield made
    made.close()


HALF = b"\xf0\x41\x10"
"""RtMidi on JACK waits for the end of a SysEx for ever, and takes all that comes until then for a part of it."""

AFTER_HALF_S = QUIET_S + (MOST_UNHEARD + 4) * ASKS_EVERY_S
"""Then the process has asked whether it is heard, and ended it."""


def test_after_any_bytes_a_port_hears_the_next_note(synth: Any, wire: Wire) -> None:
    """Random and almost well-formed messages, 16 at once: a note after them is heard soon, and only MIDI leaves.

    What passes through and repeats itself so often looks like a loop, and a note like one that came round by it: then
    it is cut, and the note after it is heard.
    """
    [target] = [each for each in TARGETS if each.name == "midi"]
    made = (data for data in inputs(target.seeds, target.words, 512, seed=1) if data)
    took_s: list[float] = []
    cut = 0

    async def hear(on: Stage, probe: bytes) -> list[bytes]:
        heard: list[bytes] = []
        with suppress(TimeoutError):
            async with asyncio.timeout(MOST_S):
                while probe not in heard:
                    heard += [data for _, _, data in (await on.until(Heard)).events]
        return heard

    async def scenario() -> None:
        nonlocal cut
        async with stage([wire.name], [synth.name], thru=[wire.name], sysex=True) as on:
            for number in range(INPUTS // AT_ONCE):
                sent = list(islice(made, AT_ONCE))
                probe = bytes((0x95, number % 128, 1 + number // 128 % 127))
                sent_s = time.monotonic()
                wire.send(*sent, END, probe)
                heard = await hear(on, probe)
                if probe in heard:
                    took_s.append(time.monotonic() - sent_s)
                else:
                    cut += 1
                    wire.send(probe)
                    again = await hear(on, probe)
                    assert probe in again, f"deaf after {sent}"
                    heard += again
                assert all(classify(data) == "kept" for data in heard)
            await asyncio.sleep(0.1)

    asyncio.run(scenario())
    took_s.sort()
    count, half_ms, most_ms = len(took_s) * AT_ONCE, took_s[len(took_s) // 2] * 1e3, took_s[-1] * 1e3
    print(f"{count:,} messages; the note after 16: {half_ms:.1f} ms, {most_ms:.1f} ms at most; {cut} cut")
    assert cut <= len(took_s) // 10
    assert all(classify(data) not in ("rubbish", "long_sysex") for data in synth.messages)


@pytest.mark.parametrize("is_thru", [False, True])
@pytest.mark.parametrize("first", [b"\xf0\x90\x3c\x40" + END, b"\x01\x02", END, b"\xf4\x01", b"\xf0" + END])
def test_a_broken_message_takes_no_other_with_it(synth: Any, wire: Wire, first: bytes, is_thru: bool) -> None:
    """Whether what it comes from passes through or not, the next note is heard."""

    async def scenario() -> None:
        thru = [wire.name] if is_thru else []
        async with stage([wire.name], [synth.name], thru=thru, sysex=is_thru) as on:
            wire.send(first, b"\x91\x3c\x40", b"\x81\x3c\x00")
            heard: list[bytes] = []
            while len(heard) < 2:
                heard += [data for _, _, data in (await on.until(Heard)).events]
            assert heard == [b"\x91\x3c\x40", b"\x81\x3c\x00"]

    asyncio.run(scenario())


def test_half_a_sysex_makes_a_port_deaf_for_seconds_and_not_for_ever(synth: Any, wire: Wire) -> None:
    """What its player held then is let go, for its note-off may have been taken for a part of it; it hears on."""

    async def scenario() -> None:
        async with stage([wire.name], [synth.name], thru=[wire.name]) as on:
            wire.send(b"\x92\x30\x40")
            await until(lambda: synth.hanging)
            wire.send(HALF, b"\x82\x30\x00")
            async with asyncio.timeout(AFTER_HALF_S):
                while "half a SysEx" not in (await on.until(Lost)).reason:
                    pass
            await until(lambda: not synth.hanging)
            wire.send(b"\x91\x3c\x40", b"\x81\x3c\x00")
            await until(lambda: synth.messages[-1] == b"\x81\x3c\x00")
            assert all(classify(data) == "kept" for data in synth.messages)

    asyncio.run(scenario())


def test_a_long_sysex_in_pieces_takes_no_key_with_it(synth: Any, wire: Wire) -> None:
    """As a bridge from ALSA hands it over, while a chord is held: it is no half one, however quiet the port was."""

    async def scenario() -> None:
        async with stage([wire.name], [synth.name], thru=[wire.name]) as on:
            wire.send(b"\x92\x30\x40")
            await asyncio.sleep(QUIET_S - ASKS_EVERY_S)
            wire.send(HALF)
            for _ in range(8):
                await asyncio.sleep(ASKS_EVERY_S / 3)
                wire.send(bytes(64))
            wire.send(bytes(64) + END, b"\x82\x30\x00")
            await until(lambda: len(synth.messages) > 1)
            assert synth.messages == [b"\x92\x30\x40", b"\x82\x30\x00"]
            assert await on.counts({})

    asyncio.run(scenario())
