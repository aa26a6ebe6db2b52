"""The MIDI process as a whole, a real child with real ports on a JACK server: what it hears, passes on and plays."""

import asyncio
import time
from pathlib import Path
from typing import Any

import jack
import pytest

from copilot.live.supervise import Child
from copilot.midi.ledger import Ledger
from copilot.midi.messages import (
    Drop,
    Dropped,
    Failed,
    FromMidi,
    Heard,
    Latencies,
    Lost,
    Open,
    Panic,
    Play,
    PlayNote,
    Sent,
    Stats,
)
from tests.jack.conftest import Synth
from tests.jack.staged import CHORD, PATIENCE_S, chord, heard_from, hold_chord, settle, stage


def test_what_a_player_plays_is_heard_with_its_time_and_without_controls(synth: Any, keyboard: Any) -> None:
    """Notes and clock arrive stamped on the shared clock; controllers and channel 0 are counted instead."""

    async def scenario() -> None:
        async with stage([keyboard.name], [synth.name]) as on:
            before_s = time.monotonic()
            keyboard.play(b"\x91\x3c\x40", b"\xb1\x07\x40", b"\x90\x3c\x40", b"\xf8", b"\x91\x3c\x00")
            events: list[tuple[float, int, bytes]] = []
            while len(events) < 3:
                events += (await on.until(Heard)).events
            assert [data for _, _, data in events] == [b"\x91\x3c\x40", b"\xf8", b"\x81\x3c\x00"]
            assert all(before_s < at_s < before_s + 0.2 and port == 0 for at_s, port, _ in events)
            assert (await on.counts({"control": 1, "own_channel": 1})).heard == 3
            await settle()
            assert synth.messages == []  # thru is off

    asyncio.run(scenario())


@pytest.mark.parametrize("sysex", [False, True])
def test_thru_passes_everything_a_player_sends_but_the_clock(synth: Any, keyboard: Any, sysex: bool) -> None:
    """Controllers and channel 0 pass too: the rig must sound as if the copilot were a cable. SysEx only if let."""
    played = [
        b"\x92\x3c\x40",
        b"\xb2\x40\x7f",
        b"\x90\x30\x40",
        b"\xf0\x01\x02\xf7",
        b"\x82\x3c\x00",
        b"\x80\x30\x00",
    ]

    async def scenario() -> None:
        async with stage([keyboard.name], [synth.name], thru=[keyboard.name], sysex=sysex):
            keyboard.play(*played, b"\xf8")
            await settle()
            assert synth.messages == [data for data in played if sysex or data[0] != 0xF0]

    asyncio.run(scenario())


def test_a_loop_from_output_to_input_neither_feeds_back_nor_is_heard(synth: Any, keyboard: Any) -> None:
    """With thru on and the keyboard's messages looped back once, each leaves once and is heard once."""

    async def scenario() -> None:
        async with stage([keyboard.name], [synth.name], thru=[keyboard.name]) as on:
            keyboard.play(b"\x91\x3c\x40")
            await asyncio.sleep(0.005)
            keyboard.play(b"\x91\x3c\x40")  # what a loop would do
            await settle()
            assert synth.messages == [b"\x91\x3c\x40"]
            await on.counts({"echo": 1})

    asyncio.run(scenario())


def test_a_late_cycle_is_counted(synth: Any) -> None:
    """Some client takes longer than a cycle lasts: what was sent in it may be lost, and is said again."""

    async def scenario() -> None:
        slow = jack.Client("test-slow", no_start_server=True)
        slow.set_process_callback(lambda _frames: time.sleep(0.05))
        async with stage([], [synth.name]) as on:
            slow.activate()
            async with asyncio.timeout(PATIENCE_S):
                while not (await on.until(Stats)).xruns:
                    pass
            slow.deactivate()
        slow.close()

    asyncio.run(scenario())


@pytest.mark.quiet
def test_three_hundred_notes_leave_in_time_and_all_end(synth: Any) -> None:
    """A note each 10 ms for 3 s: each goes on and off, each arrives within a JACK cycle or two of its time."""

    async def scenario() -> None:
        async with stage([], [synth.name]) as on:
            first_s = time.monotonic() + 0.2
            on.child.send(
                Play(
                    [
                        PlayNote(i, first_s + i * 0.01, first_s + i * 0.01 + 0.05, 0, 36 + i % 60, 90)
                        for i in range(300)
                    ]
                )
            )
            sent = [await on.until(Sent) for _ in range(600)]
            late_ms = sorted((each.sent_s - each.due_s) * 1000 for each in sent)
            print(
                f"left: p50 {late_ms[300]:.2f} p99 {late_ms[594]:.2f} max {late_ms[-1]:.2f} ms late", end="; "
            )
            await settle()
            arrived = [at_s for at_s, data in synth.received if data[0] == 0x90]
            due = [first_s + i * 0.01 for i in range(300)]
            arrival_ms = sorted((at - planned) * 1000 for at, planned in zip(arrived, due, strict=True))
            print(f"arrived: p50 {arrival_ms[150]:.2f} p99 {arrival_ms[297]:.2f} ms after it was due")
            assert late_ms[0] >= 0
            assert synth.hanging == set()
            # Generous: other tests may share the two cores. The figures above are what counts.
            assert late_ms[594] < 20

    asyncio.run(scenario())


def test_drop_takes_back_what_has_not_begun_and_lets_the_rest_end(synth: Any) -> None:
    """The sounding chord ends when it was to end; the withdrawn one is reported, each note once."""

    async def scenario() -> None:
        async with stage([], [synth.name]) as on:
            now_s = time.monotonic()
            on.child.send(chord(now_s + 0.05, length_s=0.3))
            on.child.send(chord(now_s + 0.2))
            on.child.send(Drop(now_s + 0.15))
            assert {(await on.until(Dropped)).reason for _ in CHORD} == {"withdrawn"}
            sent = [await on.until(Sent) for _ in range(6)]
            assert [each.is_on for each in sent] == [True] * 3 + [False] * 3

    asyncio.run(scenario())


def test_panic_silences_and_the_process_plays_on(synth: Any) -> None:
    """After the panic nothing sounds; the next note does."""

    async def scenario() -> None:
        async with stage([], [synth.name]) as on:
            await hold_chord(on)
            on.child.send(Panic())
            assert not any([(await on.until(Sent)).is_on for _ in CHORD])
            await settle()
            assert synth.hanging == set()
            on.child.send(chord(time.monotonic()))
            assert (await on.until(Sent)).is_on

    asyncio.run(scenario())


def test_an_output_that_is_unplugged_is_reported_once(jack_server: None, synth: Any) -> None:
    """The other output plays on."""
    from_conftest = type(synth)

    async def scenario() -> None:
        second = from_conftest("test-second")
        async with stage([], [synth.name, second.name]) as on:
            second.close()
            assert second.name in (await on.until(Lost)).reason
            await hold_chord(on)
            await settle()
            assert len(synth.hanging) == 3

    asyncio.run(scenario())


def test_a_port_that_is_not_there_fails_with_one_line_and_the_process_ends(jack_server: None) -> None:
    """`Failed` names the port; nothing stays open."""

    async def scenario() -> None:
        with Ledger.create() as ledger:
            child = await Child.start("copilot.midi.process", "midi", FromMidi)
            child.send(Open([], ["nobody:in"], False, [], "copilot", ledger.path))
            failure = await heard_from(child, Failed)
            assert "nobody:in" in failure.message
            assert "\n" not in failure.message
            async with asyncio.timeout(PATIENCE_S):
                assert await child.wait() == 0
            await child.stop(timeout_s=1.0)

    asyncio.run(scenario())


def test_virtual_ports_can_be_played_into(jack_server: None) -> None:
    """They come last in `Ready`, and others find them on the server."""
    from copilot.midi.ports import survey

    async def scenario() -> None:
        async with stage([], [], virtual=True) as on:
            found = await asyncio.to_thread(survey)
            assert on.ready.inputs[-1] in [port.name for port in found.outputs]
            assert on.ready.outputs[-1] in [port.name for port in found.inputs if port.is_ours]

    asyncio.run(scenario())


def test_the_process_list_names_its_role(jack_server: None) -> None:
    """A person who looks for what keeps the ports open finds `copilot: midi`."""

    async def scenario() -> None:
        async with stage([], []) as on:
            title = Path(f"/proc/{on.child.process.pid}/cmdline").read_bytes()
            assert title.startswith(b"copilot: midi")

    asyncio.run(scenario())


def test_each_output_is_sent_to_as_early_as_it_sounds_late(synth: Any, jack_server: None) -> None:
    """Of two outputs that sound 120 and 20 ms late, the one gets a chord 100 ms earlier; a panic ends both."""
    other = Synth("test-other")

    async def scenario() -> tuple[float, float]:
        async with stage([], [synth.name, other.name]) as on:
            on.child.send(Latencies([0.12, 0.02]))
            due_s = time.monotonic() + 0.3
            on.child.send(chord(due_s))
            for _ in CHORD:
                sent = await on.until(Sent)
                assert abs(sent.sent_s - sent.due_s) < 0.02
            await settle()
            await settle()
            early_s = [
                sorted(at_s for at_s, data in each.received if data[0] == 0x90)[0] for each in (synth, other)
            ]
            on.child.send(Panic())
            await settle()
            assert synth.hanging == other.hanging == set()
            return due_s - early_s[0], due_s - early_s[1]

    try:
        first_s, second_s = asyncio.run(scenario())
    finally:
        other.close()
    assert first_s == pytest.approx(0.12, abs=0.03)
    assert second_s == pytest.approx(0.02, abs=0.03)
