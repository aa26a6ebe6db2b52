"""What we send comes back, later and transposed: it is found, cut and told, on a real JACK server."""

import asyncio
import threading
import time
from collections import deque
from collections.abc import Iterator

import pytest

from copilot.live.port_plan import PortPlan
from copilot.midi.messages import PlayNote
from tests.jack.conftest import Keyboard, Synth
from tests.jack.listener import playing, until

pytestmark = pytest.mark.quiet  # a box that hands on unevenly is none of a musician's


class Box:
    """A synth `test-box:in` whose messages come out of `test-box-out:out` later and higher, as a DAW's might."""

    def __init__(self, lag_s: float, semitones: int) -> None:
        self.synth, self.keyboard = Synth("test-box"), Keyboard("test-box-out")
        self._lag_s, self._semitones = lag_s, semitones
        self._over = threading.Event()
        self._passed = 0
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        waiting: deque[tuple[float, bytes]] = deque()
        while not self._over.wait(0.001):
            new = self.synth.received[self._passed :]
            self._passed += len(new)
            waiting.extend((at_s + self._lag_s, self._shifted(data)) for at_s, data in new)
            while waiting and waiting[0][0] <= time.monotonic():
                self.keyboard.play(waiting.popleft()[1])

    def _shifted(self, data: bytes) -> bytes:
        if data[0] & 0xE0 != 0x80:
            return data
        return bytes((data[0] & 0xF0 | 3, min(127, data[1] + self._semitones), data[2]))

    def close(self) -> None:
        """Take it away."""
        self._over.set()
        self._thread.join()
        self.synth.close()
        self.keyboard.close()


@pytest.fixture(params=[(0.08, 0), (0.7, -7)], ids=["80 ms", "700 ms, a fifth down"])
def box(request: pytest.FixtureRequest, jack_server: None) -> Iterator[Box]:
    """A loop's far half."""
    made = Box(*request.param)
    yield made
    made.close()


def test_our_own_notes_that_come_back_are_cut(box: Box) -> None:
    """After a few of them; what a player plays on the same port is heard all the while, and the reason is shown."""

    async def scenario() -> None:
        async with playing(PortPlan((box.keyboard.name,), (box.synth.name,))) as (rig, listener):
            start_s = time.monotonic() + 0.1
            rig.play(
                [
                    PlayNote(n, start_s + 0.15 * n, start_s + 0.15 * n + 0.1, 0, 50 + n * 5 % 12, 90)
                    for n in range(40)
                ]
            )
            await until(lambda: listener.told_s("feedback"))
            found_s = (listener.told_s("feedback") or 0.0) - start_s
            await asyncio.sleep(0.3)
            before = len(listener.heard)
            box.keyboard.play(b"\x95\x20\x47")
            await until(lambda: len(listener.off) == 40)
            await asyncio.sleep(1.0)
            leaked = [note for note in listener.heard if note[4] == 90]
            assert [note[2:] for note in listener.heard[before:] if note[4]] == [(5, 0x20, 0x47)]
            status = rig.status()
            assert status["midi_feedback"] > 20
            (line,) = status["feedback"]
            print(
                f"{len(leaked)} notes were heard until it was told, {found_s:.2f} s after the first; {line}"
            )

    asyncio.run(scenario())


def test_a_note_that_goes_round_by_thru_is_stopped(box: Box, keyboard: Keyboard) -> None:
    """Struck once, it would sound for ever, or climb."""

    async def scenario() -> None:
        plan = PortPlan(
            (box.keyboard.name, keyboard.name),
            (box.synth.name,),
            thru=(box.keyboard.name, keyboard.name),
        )
        async with playing(plan) as (_, listener):
            struck_s = time.monotonic()
            keyboard.play(b"\x94\x30\x50")
            await asyncio.sleep(0.05)
            keyboard.play(b"\x84\x30\x00")
            await until(lambda: listener.told_s("feedback"))
            await asyncio.sleep(2.0)
            rounds = len([data for data in box.synth.messages if data[0] & 0xF0 == 0x90])
            last_s = _last_on_s(box.synth) - struck_s
            await asyncio.sleep(2.0)
            assert _last_on_s(box.synth) - struck_s == last_s
            assert not box.synth.hanging
            print(f"it went round {rounds} times, for {last_s:.2f} s")

    asyncio.run(scenario())


def _last_on_s(synth: Synth) -> float:
    """When the last note was struck; a probe's note-offs may still come after it."""
    return max(at_s for at_s, data in synth.received if data[0] & 0xF0 == 0x90 and data[2])
