"""Silence on real ports by a signal to the MIDI process, whatever the daemon does."""

import asyncio
import os
import signal
import sys
import time

import pytest

from copilot.live.port_plan import PortPlan
from copilot.midi.messages import Dropped, Panic, Panicked, PlayNote, Sent
from tests.jack.conftest import Keyboard, Synth
from tests.jack.listener import playing, until
from tests.jack.staged import CHORD, chord, hold_chord, settle, stage

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such signal")


def test_a_signal_silences_what_the_daemon_no_longer_can(synth: Synth, keyboard: Keyboard) -> None:
    """Its socket is full, for the daemon reads nothing; ours and a player's end, and are reported when it reads."""

    async def scenario() -> None:
        async with stage([keyboard.name], [synth.name], thru=[keyboard.name]) as on:
            await hold_chord(on)
            keyboard.play(b"\x91\x30\x40")
            await until(lambda: (1, 0x30) in synth.hanging)  # before the burst, of which JACK may lose some
            for _ in range(60):  # about 1 MB for the daemon, which takes the first 64 KiB at most
                keyboard.play(*[b"\x92\x3c\x40", b"\x82\x3c\x00"] * 200)
                time.sleep(0.05)
            assert (0, CHORD[0]) in synth.hanging and (1, 0x30) in synth.hanging
            struck_s = time.monotonic()
            os.kill(on.child.process.pid, signal.SIGUSR1)
            while synth.hanging - {(2, 0x3C)}:
                assert time.monotonic() - struck_s < 1.0
                time.sleep(0.001)
            print(f"silent after {1000 * (time.monotonic() - struck_s):.1f} ms")
            assert [(await on.until(Sent)).is_on for _ in CHORD] == [False] * len(CHORD)
            await on.until(Panicked)

    asyncio.run(scenario())


def test_until_the_daemon_knows_it_nothing_new_is_played(synth: Synth) -> None:
    """What it still had on its way is dropped; after its own panic the process plays again."""

    async def scenario() -> None:
        async with stage([], [synth.name]) as on:
            on.child.send(chord(time.monotonic() + 20.0))
            await settle()
            os.kill(on.child.process.pid, signal.SIGUSR1)
            assert {(await on.until(Dropped)).reason for _ in CHORD} == {"withdrawn"}
            await on.until(Panicked)
            on.child.send(chord(time.monotonic()))
            assert {(await on.until(Dropped)).reason for _ in CHORD} == {"withdrawn"}
            on.child.send(Panic())
            on.child.send(chord(time.monotonic()))
            assert (await on.until(Sent)).is_on

    asyncio.run(scenario())


@pytest.mark.parametrize("control", [120, 123])
def test_a_panic_button_ends_the_copilots_notes(synth: Synth, keyboard: Keyboard, control: int) -> None:
    """On all channels, as a DAW sends it: what is scheduled is dropped too, and we send no controller of our own, so
    that nothing can go round. The next plan plays; a player's note that passed through is theirs to end.
    """

    async def scenario() -> None:
        plan = PortPlan((keyboard.name,), (synth.name,), thru=(keyboard.name,))
        async with playing(plan) as (rig, listener):
            now_s = time.monotonic()
            rig.play(
                [PlayNote(1, now_s, now_s + 30.0, 0, 60, 90), PlayNote(2, now_s + 9, now_s + 10, 0, 62, 90)]
            )
            keyboard.play(b"\x91\x30\x40")
            await until(lambda: len(synth.hanging) == 2)
            struck_s = time.monotonic()
            keyboard.play(*(bytes((0xB0 | channel, control, 0)) for channel in range(16)))
            await until(lambda: synth.hanging == {(1, 0x30)})
            print(f"silent after {1000 * (time.monotonic() - struck_s):.1f} ms")
            await until(lambda: listener.off == [1] and listener.lost == [2])
            await asyncio.sleep(0.3)
            assert synth.messages.count(b"\x80\x3c\x00") == 1
            assert len([data for data in synth.messages if data[0] & 0xF0 == 0xB0]) == 16  # those that passed
            rig.play([PlayNote(3, time.monotonic(), time.monotonic() + 0.1, 0, 64, 90)])
            await until(lambda: listener.off == [1, 3])
            assert not listener.panicked_s

    asyncio.run(scenario())


def test_the_daemon_hears_of_it_and_goes_on(synth: Synth) -> None:
    """Whoever listens to the rig is told once, and what is played from then on sounds."""

    async def scenario() -> None:
        async with playing(PortPlan((), (synth.name,))) as (rig, listener):
            now_s = time.monotonic()
            rig.play(
                [PlayNote(1, now_s, now_s + 30.0, 0, 60, 90), PlayNote(2, now_s + 9, now_s + 10, 0, 62, 90)]
            )
            await until(lambda: synth.hanging)
            assert rig._child is not None
            os.kill(rig._child.process.pid, signal.SIGUSR1)
            await until(lambda: listener.panicked_s)
            await until(lambda: not synth.hanging)
            assert (listener.on, listener.off, listener.lost) == ([1], [1], [2])
            assert listener.told_s("everything is silent")
            rig.play([PlayNote(3, time.monotonic(), time.monotonic() + 0.1, 0, 64, 90)])
            await until(lambda: listener.off == [1, 3])
            assert len(listener.panicked_s) == 1 and rig.deaths == 0

    asyncio.run(scenario())
