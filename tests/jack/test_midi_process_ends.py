"""Every way in which a real MIDI process on a JACK server can end, amid a chord: nothing is left sounding."""

import asyncio
import os
import signal
import time
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from copilot.live.supervise import Child
from copilot.midi.messages import (
    FromGuardian,
    Guard,
    Guarding,
    Lost,
    Play,
    PlayNote,
    Quit,
    Sent,
)
from copilot.midi.rescue import Rescue
from tests.jack.staged import PATIENCE_S, Stage, heard_from, hold_chord, settle, stage


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
            await heard_from(guardian, Guarding)
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
