"""Stop on real ports: the copilot's notes end, and what passes through sounds on."""

import asyncio

from copilot.midi.messages import Hush
from tests.jack.conftest import Keyboard, Synth
from tests.jack.staged import CHORD, hold_chord, settle, stage


def test_only_the_copilots_own_notes_are_hushed(synth: Synth, keyboard: Keyboard) -> None:
    """A key that a player holds through the thru port sounds on, and so does what they play then."""

    async def scenario() -> None:
        async with stage([keyboard.name], [synth.name], thru=[keyboard.name]) as on:
            await hold_chord(on)
            keyboard.play(b"\x91\x30\x40")
            await settle()
            assert synth.hanging == {(1, 0x30), *((0, pitch) for pitch in CHORD)}
            on.child.send(Hush())
            await settle()
            assert synth.hanging == {(1, 0x30)}
            keyboard.play(b"\x91\x34\x40", b"\x81\x34\x40", b"\x81\x30\x40")
            await settle()
            assert b"\x91\x34\x40" in synth.messages and not synth.hanging

    asyncio.run(scenario())
