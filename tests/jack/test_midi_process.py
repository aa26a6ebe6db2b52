"""The MIDI process as a whole: a real child, real ports on a JACK server, and every way it can end."""

import asyncio
import os
import signal
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
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
    FromGuardian,
    FromMidi,
    Guard,
    Guarding,
    Heard,
    Latencies,
    Lost,
    Open,
    Panic,
    Play,
    PlayNote,
    Quit,
    Ready,
    Sent,
    Stats,
)
from copilot.midi.rescue import Rescue
from copilot.wire import Message
from tests.jack.conftest import Synth

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
        return await _until(self.child, kind)

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


async def _until(child: Child, kind: type) -> Any:
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
            yield Stage(child, ledger, await _until(child, Ready))
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


async def _terminate(on: Stage) -> None:
    on.child.process.send_signal(signal.SIGTERM)


async def _quit(on: Stage) -> None:
    on.child.send(Quit())


async def _close_socket(on: Stage) -> None:
    await on.child.stop(timeout_s=PATIENCE_S)


@pytest.mark.parametrize("end", [_terminate, _quit, _close_socket])
def test_every_orderly_end_silences_a_held_chord(synth: Any, end: Callable[[Stage], Awaitable[None]]) -> None:
    """SIGTERM, Quit and the daemon's death: note-offs, then sustain, sound and notes off on channel 0 alone."""

    async def scenario() -> None:
        async with stage([], [synth.name]) as on:
            await hold_chord(on)
            await settle()
            assert len(synth.hanging) == 3
            ended_s = time.monotonic()
            await end(on)
            async with asyncio.timeout(PATIENCE_S):
                assert await on.child.wait() == 0
            assert time.monotonic() - ended_s < 1.0
            await settle()
            assert synth.hanging == set()
            assert synth.messages[-3:] == [b"\xb0\x40\x00", b"\xb0\x78\x00", b"\xb0\x7b\x00"]
            assert all(data[0] & 0x0F == 0 for data in synth.messages)
            assert list(on.ledger.sounding()) == []

    asyncio.run(scenario())


def test_ctrl_c_is_the_daemons_to_decide(synth: Any) -> None:
    """SIGINT, which reaches the whole group, leaves the MIDI process playing."""

    async def scenario() -> None:
        async with stage([], [synth.name]) as on:
            on.child.process.send_signal(signal.SIGINT)
            await hold_chord(on)
            assert not on.child.is_gone

    asyncio.run(scenario())


@pytest.mark.fault
def test_after_sigkill_the_rescue_ends_what_the_ledger_holds(synth: Any, keyboard: Any) -> None:
    """Both the copilot's chord and a player's note that passed through get their note-offs."""

    async def scenario() -> None:
        async with stage([keyboard.name], [synth.name], thru=[keyboard.name]) as on:
            rescue = Rescue(on.ready.api, on.ready.outputs, on.ledger)
            keyboard.play(b"\x93\x30\x40")
            await hold_chord(on)
            await settle()
            assert len(synth.hanging) == 4
            on.child.process.kill()
            await on.rest()
            assert await asyncio.to_thread(rescue.silence, time.monotonic()) == 4
            await settle()
            assert synth.hanging == set()
            assert list(on.ledger.sounding()) == []
            rescue.close()

    asyncio.run(scenario())


@pytest.mark.fault
def test_when_daemon_and_midi_process_die_together_the_guardian_ends_what_the_ledger_holds(
    synth: Any,
) -> None:
    """Nobody tells it so: its socket closes, and the ledger does not empty."""

    async def scenario() -> None:
        async with stage([], [synth.name]) as on:
            guardian = await Child.start("copilot.midi.guardian", "rescue", FromGuardian)
            guardian.send(Guard(on.ready.api, [synth.name], on.ledger.path))
            await _until(guardian, Guarding)
            await hold_chord(on)
            await settle()
            on.child.process.kill()
            await guardian.stop(timeout_s=PATIENCE_S)
            await settle()
            assert synth.hanging == set()
            assert list(on.ledger.sounding()) == []

    asyncio.run(scenario())


@pytest.mark.fault
def test_notes_that_end_while_another_client_dies_end_all_the_same(synth: Any) -> None:
    """JACK loses what it is given while it gets over a death; the note-offs are sent again."""

    async def scenario() -> None:
        async with stage([], [synth.name]) as on, stage([], [synth.name]) as other:
            begin_s = time.monotonic() + 0.05
            notes = [PlayNote(i, begin_s, begin_s + 0.2 + i * 0.002, 0, 30 + i, 90) for i in range(60)]
            on.child.send(Play(notes))
            await asyncio.sleep(begin_s + 0.2 - time.monotonic())
            other.child.process.kill()
            for _ in range(120):
                await on.until(Sent)
            print(f"{len(synth.hanging)} note-offs of 60 not there yet")
            await asyncio.sleep(2.0)
            assert synth.hanging == set()

    asyncio.run(scenario())


@pytest.mark.fault
def test_when_the_server_dies_the_process_says_so_and_ends(
    jack_server: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In the middle of a chord, without blocking in the ring that nobody empties."""
    name = f"copilot-test-{os.getpid()}"
    monkeypatch.setenv("JACK_DEFAULT_SERVER", name)
    options = "--no-realtime --no-mlock -S -t 10 -d dummy -r 48000 -p 128 -C 0 -P 0"
    command = ["jackd", "-n", name, *options.split()]

    async def scenario() -> None:
        quiet = asyncio.subprocess.DEVNULL
        server = await asyncio.create_subprocess_exec(*command, stdout=quiet, stderr=quiet)
        waiting = await asyncio.create_subprocess_exec(
            *("jack_wait", "-s", name, "-w", "-t", "5"), stdout=quiet, stderr=quiet
        )
        try:
            assert await waiting.wait() == 0
            async with stage([], [], virtual=True) as on:
                await hold_chord(on)
                server.terminate()  # killed, it would hold one of the machine's eight server slots for ever
                lost = [message for message in await on.rest() if isinstance(message, Lost)]
                assert [each.reason.startswith("the JACK server is gone") for each in lost] == [True]
                async with asyncio.timeout(PATIENCE_S):
                    assert await on.child.wait() == 0
        finally:
            if server.returncode is None:
                server.terminate()
            await server.wait()

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
            failure = await _until(child, Failed)
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
