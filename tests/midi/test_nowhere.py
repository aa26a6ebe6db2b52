"""A whole MIDI process on a machine without MIDI: what it is told to play is played, to nobody."""

import asyncio
import time

import pytest

from copilot.live.supervise import Child
from copilot.midi.backend import API_VARIABLE, NO_API, scan
from copilot.midi.ledger import Ledger
from copilot.midi.messages import FromMidi, Open, Play, PlayNote, Quit, Ready, Sent


def test_a_chord_goes_on_and_off_and_the_process_says_how_it_keeps_time() -> None:
    """Through the real process, with one input and one output of its own."""

    async def scenario() -> None:
        with Ledger.create() as ledger:
            child = await Child.start(
                "copilot.midi.process", "midi", FromMidi, environment={API_VARIABLE: NO_API}
            )
            child.send(Open([], [], True, [], "copilot", ledger.path))
            ready = await child.receive()
            assert isinstance(ready, Ready)
            assert (ready.api, ready.inputs, ready.outputs) == (
                "none",
                ["copilot-in:in"],
                ["copilot-out:out"],
            )
            assert "real-time priority" in ready.timing
            now_s = time.monotonic()
            child.send(Play([PlayNote(pitch, now_s, now_s + 0.02, 0, pitch, 90) for pitch in (60, 64, 67)]))
            sent: list[tuple[int, bool]] = []
            async with asyncio.timeout(10):
                while len(sent) < 6:
                    message = await child.receive()
                    if isinstance(message, Sent):
                        sent.append((message.note_id, message.is_on))
            assert sent == [(pitch, is_on) for is_on in (True, False) for pitch in (60, 64, 67)]
            child.send(Quit())
            await child.stop(timeout_s=5.0)
            assert await child.wait() == 0

    asyncio.run(scenario())


def test_it_has_no_ports_and_is_taken_only_when_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """The variable names it; a survey then finds nothing."""
    monkeypatch.setenv(API_VARIABLE, NO_API)
    found = scan()
    assert (found.api, found.inputs, found.outputs) == ("none", (), ())
