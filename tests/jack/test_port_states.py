"""Ports that go and come back, on a real JACK server."""

import asyncio
import json
import time
import urllib.request
from collections.abc import Callable
from typing import Any

import pytest

from copilot.midi.jackwatch import JackWatch
from copilot.midi.messages import Heard, Ports
from tests.jack.conftest import Keyboard, Synth
from tests.jack.staged import CHORD, Stage, chord, hold_chord, settle, stage
from tests.jack.test_run import Daemon, Remote, start

__all__ = ["start"]

Eventually = Callable[[Callable[[], bool]], None]


async def states(on: Stage, within_s: float = 1.0) -> dict[str, str]:
    """How the ports stand, once one of them stands otherwise."""
    async with asyncio.timeout(within_s):
        return {port.name: port.state for port in (await on.until(Ports)).ports}


def test_a_synth_that_went_is_gone_within_a_second_and_plays_again_when_it_is_back(synth: Synth) -> None:
    """The other output plays on; the one that is back first has what may hang there ended, then plays."""

    async def scenario() -> None:
        second = Synth("test-second")
        async with stage([], [synth.name, second.name]) as on:
            await hold_chord(on)
            second.close()
            assert await states(on) == {synth.name: "connected", second.name: "gone"}
            assert len(synth.hanging) == 3
            second = Synth("test-second")
            assert await states(on) == {synth.name: "connected", second.name: "connected"}
            await settle()
            assert b"\xb0\x7b\x00" in second.messages and b"\xb0\x7b\x00" not in synth.messages
            on.child.send(chord(time.monotonic()))
            await settle()
            assert second.hanging == {(0, pitch) for pitch in CHORD}
        second.close()

    asyncio.run(scenario())


def test_an_instrument_that_was_started_anew_at_once_is_heard_again(synth: Synth) -> None:
    """Also where it was away for less than the time between two looks."""

    async def scenario() -> None:
        keyboard = Keyboard("test-brief")
        async with stage([keyboard.name], [synth.name]) as on:
            await settle()
            keyboard.close()
            keyboard = Keyboard("test-brief")
            heard = asyncio.create_task(on.until(Heard))
            for _ in range(20):
                keyboard.play(b"\x91\x3c\x40", b"\x91\x3c\x00")
                await asyncio.wait([heard], timeout=0.1)
            assert heard.done()
        keyboard.close()

    asyncio.run(scenario())


def test_a_cable_that_a_person_cut_stays_cut_until_they_lay_it(synth: Synth, keyboard: Keyboard) -> None:
    """It is told as gone, and as connected when it is laid by hand."""
    hand = JackWatch(lambda _reason: None)

    async def scenario() -> None:
        async with stage([keyboard.name], [synth.name]) as on:
            [ours] = hand.connections(synth.name) or set()
            hand._client.disconnect(ours, synth.name)
            assert (await states(on))[synth.name] == "gone"
            with pytest.raises(TimeoutError):
                await states(on, 1.5)
            assert hand.connect(ours, synth.name)
            assert (await states(on))[synth.name] == "connected"

    try:
        asyncio.run(scenario())
    finally:
        hand.close()


def test_every_remote_of_the_daemon_tells_of_a_port_that_went(
    start: Callable[..., Daemon], eventually: Eventually
) -> None:
    """HTTP, OSC and the metrics say gone, then connected. Nobody but the MIDI process plays on the synth."""
    keyboard, synth = Keyboard("test-leaving"), Synth("test-parting")
    daemon = start("--in", keyboard.name, "--out", synth.name)
    hand = JackWatch(lambda _reason: None)
    address = daemon.ready["http"]

    def fetched(path: str) -> str:
        with urllib.request.urlopen(f"{address}{path}", timeout=5) as answer:
            return str(answer.read().decode())

    def by_http() -> dict[str, str]:
        return _states(json.loads(fetched("/api/session")))

    with Remote(daemon) as remote:
        assert by_http() == {keyboard.name: "connected", synth.name: "connected"}
        laid = hand.connections(synth.name)
        assert laid is not None and len(laid) == 1
        time.sleep(0.6)  # a look
        keyboard.close()
        went_s = time.monotonic()
        eventually(lambda: by_http()[keyboard.name] == "gone")
        assert time.monotonic() - went_s < 1.0
        assert _states(remote.status())[keyboard.name] == "gone"
        metric = f'copilot_port_connected{{direction="in",name="{keyboard.name}"}}'
        assert f"{metric} 0.0" in fetched("/metrics")
        keyboard = Keyboard("test-leaving")
        eventually(lambda: by_http()[keyboard.name] == "connected")
        assert f"{metric} 1.0" in fetched("/metrics")
        keyboard.play(b"\x91\x3c\x40")
        eventually(lambda: remote.status()["notes_heard"] == 1)
        synth.close()
        eventually(lambda: by_http()[synth.name] == "gone")
        synth = Synth("test-parting")
        eventually(lambda: hand.connections(synth.name) == laid)
    hand.close()
    synth.close()
    keyboard.close()


def _states(status: dict[str, Any]) -> dict[str, str]:
    return {port["name"]: port["state"] for port in status["ports"]}
