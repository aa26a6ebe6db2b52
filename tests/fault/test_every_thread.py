"""An exception in any thread of the MIDI process, or in any task of the stage, ends in silence."""

import asyncio
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from copilot.live.clock import BeatClock, MonotonicClock
from copilot.live.feed import Said
from copilot.live.midi_rig import MidiRig
from copilot.live.port_plan import PortPlan
from copilot.live.recorder import Recorder
from copilot.live.scribe import Scribe
from copilot.live.session import Session, new_session
from copilot.live.stage import Stage
from copilot.live.supervise import Child
from copilot.midi.ledger import Ledger
from copilot.midi.messages import FromMidi, Latencies, Open, Play, PlayNote, Ready
from copilot.panel import Panel
from tests.fault.crashing_midi import PLACES
from tests.jack.conftest import Keyboard, Synth

pytestmark = [
    pytest.mark.fault,
    pytest.mark.skipif(sys.platform == "win32", reason="tells the process to fail by a signal"),
]

PATIENCE_S = 10.0
CHORD = (60, 64, 67)


def _chord(first_id: int, at_s: float) -> list[PlayNote]:
    return [
        PlayNote(first_id + i, at_s, at_s + 30.0, 0, pitch + first_id, 90) for i, pitch in enumerate(CHORD)
    ]


async def _until(has_happened: Callable[[], bool]) -> None:
    async with asyncio.timeout(PATIENCE_S):
        while not has_happened():
            await asyncio.sleep(0.002)


async def _next(child: Child, kind: type) -> Any:
    async with asyncio.timeout(PATIENCE_S):
        while not isinstance(message := await child.receive(), kind):
            pass
    return message


@pytest.mark.parametrize("place", PLACES)
def test_each_thread_of_the_midi_process(place: str, synth: Synth, keyboard: Keyboard) -> None:
    """The process ends its chord, and itself, without help from the daemon."""

    async def scenario() -> None:
        with Ledger.create() as ledger:
            child = await Child.start("tests.fault.crashing_midi", "midi", FromMidi, arguments=(place,))
            outputs = [synth.name, synth.name]
            child.send(Open([keyboard.name], outputs, False, [keyboard.name], "copilot", ledger.path))
            await _next(child, Ready)
            child.send(Latencies([0.1, 0.0]))  # the second one is delayed
            child.send(Play(_chord(0, time.monotonic() + 0.2)))
            keyboard.play(b"\x93\x30\x40")
            await _until(lambda: len(synth.hanging) == 4)
            child.process.send_signal(signal.SIGUSR2)
            await asyncio.sleep(0.05)
            struck_s = time.monotonic()
            child.send(Play(_chord(5, struck_s + 0.2)))
            keyboard.play(b"\x83\x30\x00")
            async with asyncio.timeout(PATIENCE_S):
                async for _ in child:
                    pass
                await child.wait()
            await _until(lambda: not synth.hanging)
            assert list(ledger.sounding()) == []
            assert synth.received[-1][0] - struck_s < 3.0
            await child.stop(timeout_s=1.0)

    asyncio.run(scenario())


class Engine:
    """A worker that is asked and does not answer, until its end of the line breaks."""

    deaths = 0

    def __init__(self) -> None:
        self.breaks = asyncio.Event()

    def ask(self, request: object) -> None:
        """See EngineClient."""

    async def answer(self) -> None:
        """See EngineClient."""
        await self.breaks.wait()
        _raise()

    async def stop(self) -> None:
        """See EngineClient."""


def _raise(*_: object, **__: object) -> Any:
    raise RuntimeError("a fault for a test")


def _break_planning(session: Session, _: Engine) -> None:
    session.wake = _raise  # type: ignore[method-assign]


def _break_hearing(session: Session, _: Engine) -> None:
    session.hear = _raise  # type: ignore[method-assign]


def _break_answers(_: Session, engine: Engine) -> None:
    engine.breaks.set()


class _Illegible(Scribe):
    @property
    def error(self) -> str:
        return _raise()


def _break_books(session: Session, _: Engine) -> None:
    session.scribe = _Illegible(session.scribe.journal)


class Damaged(Session):
    """A session without slots: its methods can be replaced."""


async def _stand(keyboard: Keyboard, synth: Synth, folder: Path) -> tuple[Stage, Damaged, Engine, Recorder]:
    """A stage that records, ready to run."""
    clock, engine = MonotonicClock(), Engine()
    made = new_session(Panel(), BeatClock(clock.now_s(), 120.0), {})
    session = Damaged(made.panel, made.clock, made.roster)
    recorder = Recorder(folder, clock, 0)
    recorder.start(session)
    rig = await MidiRig.open(PortPlan((keyboard.name,), (synth.name,), thru=(keyboard.name,)))
    return Stage(session, engine, rig, clock), session, engine, recorder  # type: ignore[arg-type]


@pytest.mark.parametrize("damage", [_break_planning, _break_hearing, _break_answers, _break_books])
def test_each_task_of_the_stage(
    damage: Callable[[Session, Engine], None], synth: Synth, keyboard: Keyboard, tmp_path: Path
) -> None:
    """What is wrong comes out of `run`, after every note is off: the plan, hearing, the answers, the books."""

    async def scenario() -> None:
        stage, session, engine, recorder = await _stand(keyboard, synth, tmp_path)
        running = asyncio.create_task(stage.run())
        keyboard.play(*(bytes((0x93, pitch, 0x40)) for pitch in CHORD))
        await _until(lambda: len(synth.hanging) == 3 and session.heard_notes == 3)
        damage(session, engine)
        keyboard.play(b"\x93\x10\x40")
        with pytest.raises(RuntimeError, match="a fault for a test"):
            async with asyncio.timeout(PATIENCE_S):
                await running
        await _until(lambda: not synth.hanging)
        await recorder.close(session)

    asyncio.run(scenario())


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_the_journals_thread(synth: Synth, keyboard: Keyboard, tmp_path: Path) -> None:
    """Recording ends there, and says so; the music goes on."""

    async def scenario() -> None:
        stage, session, _, recorder = await _stand(keyboard, synth, tmp_path)
        running = asyncio.create_task(stage.run())
        told: list[object] = []
        session.feed.subscribe(told.append)
        assert session.scribe.journal is not None
        session.scribe.journal._files.write = _raise  # type: ignore[method-assign]
        keyboard.play(b"\x93\x30\x40")
        await _until(
            lambda: any(isinstance(each, Said) and "a fault for a test" in each.text for each in told)
        )
        keyboard.play(b"\x93\x31\x40")
        await _until(lambda: len(synth.hanging) == 2)
        assert not running.done()
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        await _until(lambda: not synth.hanging)
        await recorder.close(session)

    asyncio.run(scenario())
