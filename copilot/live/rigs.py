"""The two rigs that a stage can stand in front of: real ports, or a file's parts in real time.

A rig tells the session what is heard and what was sent, and plays notes at their moments.
"""

import asyncio
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

import msgspec

from copilot.errors import PortError, ProtocolError, WorkerError
from copilot.live.clock import Clock
from copilot.live.players import end_of, performance
from copilot.live.session import Session
from copilot.live.status import Status
from copilot.live.supervise import Child, Rescue
from copilot.midi.ledger import Ledger
from copilot.midi.messages import (
    Dropped,
    Failed,
    FromMidi,
    Heard,
    Hush,
    Latencies,
    Lost,
    Open,
    Panic,
    PassThrough,
    Play,
    PlayNote,
    Port,
    Ports,
    Quit,
    Ready,
    Sent,
    Stats,
)
from copilot.midi.scheduler import Schedule
from copilot.music.score import Score

log = logging.getLogger(__name__)

Changed = Callable[[], None]
_OPEN_TIMEOUT_S = 10.0
_QUIT_TIMEOUT_S = 0.8
_NOTES_A_FRAME = 256
"""Decoding a frame holds the MIDI process's interpreter lock: 0.05 ms for so many notes, 2 ms for 10,000."""


class Rig(Protocol):
    """Where the music comes from and goes to."""

    async def run(self, session: Session, changed: Changed) -> None:
        """Feed the session until the rig is gone or the piece is over; call `changed` after each event."""

    def play(self, notes: Sequence[PlayNote]) -> None:
        """Play notes at their moments."""

    def panic(self) -> None:
        """Silence everything now, and forget what has not begun."""

    def hush(self) -> None:
        """End the copilot's own notes now, and forget what has not begun."""

    def status(self) -> Status:
        """How the ports do, by name."""
        ...

    async def close(self, session: Session) -> None:
        """End every note, and give everything back."""


class Listener(Protocol):
    """Who is told what comes in on ports, and what left by them: a session does."""

    def hear(self, at_s: float, channel: int, pitch: int, velocity: int, port: int = 0) -> None:
        """A note-on (velocity 1–127) or note-off (0) came in."""

    def hear_clock(self, at_s: float, status: int, sixteenths: int = 0) -> None:
        """A message of a MIDI clock came in."""

    def sent(self, message: Sent) -> None:
        """A note-on or note-off left."""

    def dropped(self, message: Dropped) -> None:
        """A note will not be played after all."""


@dataclass(frozen=True, slots=True)
class PortPlan:
    """The ports to open, by their full names."""

    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    thru: tuple[str, ...] = ()
    virtual: bool = False
    sysex: bool = False


class MidiRig:
    """Real ports, in a process of their own; if that is killed, the daemon ends its notes itself."""

    def __init__(self, child: Child, ready: Ready, ledger: Ledger, rescue: Rescue) -> None:
        self.ready = ready
        self.ports = ready.ports
        self.stats: Stats | None = None
        self._child = child
        self._ledger = ledger
        self._rescue = rescue

    @classmethod
    async def open(cls, plan: PortPlan) -> "MidiRig":
        """Start the MIDI process and open the ports. Raises PortError, one line."""
        ledger = Ledger.create()
        child = await Child.start("copilot.midi.process", "midi", FromMidi)
        try:
            child.send(
                Open(
                    list(plan.inputs),
                    list(plan.outputs),
                    plan.virtual,
                    list(plan.thru),
                    "copilot",
                    ledger.path,
                    sysex=plan.sysex,
                )
            )
            async with asyncio.timeout(_OPEN_TIMEOUT_S):
                message = await child.receive()
            if isinstance(message, Failed):
                raise PortError(message.message)
            if not isinstance(message, Ready):
                raise ProtocolError(f"the MIDI process answered {type(message).__name__} to Open")
            rescue = Rescue(message.api, plan.outputs, ledger)
        except TimeoutError as error:
            await child.stop(timeout_s=0.5)
            raise PortError("the MIDI ports did not open within 10 s: is the MIDI server alive?") from error
        except (PortError, ProtocolError, WorkerError):
            await child.stop(timeout_s=0.5)
            ledger.close()
            raise
        return cls(child, message, ledger, rescue)

    async def run(self, session: Listener, changed: Changed) -> None:
        """See Rig. Raises PortError when the ports are lost, after ending what sounded."""
        reason = "the MIDI process ended"
        async for message in self._child:
            match message:
                case Heard():
                    for at_s, port, data in message.events:
                        _hear(session, at_s, port, data)
                    changed()
                case Sent():
                    session.sent(message)
                case Dropped():
                    session.dropped(message)
                case Stats():
                    self.stats = message
                case Ports():
                    self._note_ports(message.ports)
                case Lost() | Failed():
                    reason = message.reason if isinstance(message, Lost) else message.message
                    log.warning("%s", reason)
        await self._child.stop(timeout_s=_QUIT_TIMEOUT_S)
        await self._end_orphans()
        raise PortError(f"{reason}: start the copilot again when the ports are back")

    def _note_ports(self, ports: list[Port]) -> None:
        for port, before in zip(ports, self.ports, strict=True):
            if before.state == "gone" and port.state != "gone":
                log.warning("the MIDI %sput %r is back", port.direction, port.name)
        self.ports = ports

    def play(self, notes: Sequence[PlayNote]) -> None:
        """See Rig."""
        for start in range(0, len(notes), _NOTES_A_FRAME):
            if not self._child.is_gone:
                self._child.send(Play(list(notes[start : start + _NOTES_A_FRAME])))

    def panic(self) -> None:
        """See Rig."""
        if not self._child.is_gone:
            self._child.send(Panic())

    def status(self) -> Status:
        """See Rig."""
        ports = [msgspec.structs.asdict(port) for port in self.ports]
        status: Status = {"timing": self.ready.timing, "ports": ports}
        if self.stats is not None:
            status["late_p99_ms"] = round(self.stats.late_p99_ms, 3)
            status["midi_queue_drops"] = self.stats.queue_drops
            status["midi_long_sysex"] = self.stats.filtered.get("long_sysex", 0)
            status["midi_send_failures"] = self.stats.send_failures
        return status

    def hush(self) -> None:
        """See Rig."""
        if not self._child.is_gone:
            self._child.send(Hush())

    def let_through(self, *, passes: bool) -> None:
        """Pass on what comes in at the thru ports, or nothing."""
        if not self._child.is_gone:
            self._child.send(PassThrough(passes))

    def compensate(self, latencies_s: Sequence[float]) -> None:
        """Each output sounds so late: send to it earlier."""
        if not self._child.is_gone:
            self._child.send(Latencies(list(latencies_s)))

    async def close(self, session: Listener) -> None:
        """See Rig."""
        try:
            if not self._child.is_gone:
                self._child.send(Quit())
                async with asyncio.timeout(_QUIT_TIMEOUT_S):
                    async for message in self._child:
                        if isinstance(message, Sent):
                            session.sent(message)
                        elif isinstance(message, Dropped):
                            session.dropped(message)
        except (TimeoutError, WorkerError, ProtocolError) as error:
            log.warning("the MIDI process did not end by itself: %s", error)
        await self._child.stop(timeout_s=0.3)
        await self._end_orphans()
        self._rescue.close()
        self._ledger.close()

    async def _end_orphans(self) -> None:
        """End the notes that the MIDI process left behind, if it was killed."""
        count = await self._rescue.silence()
        if count:
            log.warning("ended %d notes that the MIDI process left sounding", count)


class FileRig:
    """A score's parts as live players in real time. Its notes are heard by the journal alone."""

    def __init__(self, score: Score, clock: Clock, start_s: float) -> None:
        self._score = score
        self._clock = clock
        self._start_s = start_s
        self._schedule = Schedule()
        self._woken = asyncio.Event()
        self._is_panicking = False

    async def run(self, session: Session, changed: Changed) -> None:
        """See Rig. Returns when the last bar is over."""
        sender = asyncio.create_task(self._send(session))
        try:
            for event in performance(self._score):
                at_s = self._start_s + event.at_s
                await asyncio.sleep(max(0.0, at_s - self._clock.now_s()))
                session.perform(event, at_s)
                changed()
            await asyncio.sleep(max(0.0, self._start_s + end_of(self._score) - self._clock.now_s()))
        finally:
            sender.cancel()

    def play(self, notes: Sequence[PlayNote]) -> None:
        """See Rig."""
        self._schedule.play(notes)
        self._woken.set()

    def panic(self) -> None:
        """See Rig."""
        self._is_panicking = True
        self._woken.set()

    def hush(self) -> None:
        """See Rig. Nothing else sounds here."""
        self.panic()

    def status(self) -> Status:
        """See Rig."""
        return {}

    async def close(self, session: Session) -> None:
        """See Rig."""
        self._silence(session)

    def _silence(self, session: Session) -> None:
        now_s = self._clock.now_s()
        for action in self._schedule.silence(now_s):
            session.sent(Sent(action.note.note_id, action.is_on, action.due_s, now_s))
        self._report_dropped(session)

    async def _send(self, session: Session) -> None:
        while True:
            due_s = self._schedule.next_due_s()
            wait_s = 0.05 if due_s is None else max(0.0, due_s - self._clock.now_s())
            self._woken.clear()
            try:
                async with asyncio.timeout(wait_s):
                    await self._woken.wait()
            except TimeoutError:
                pass
            if self._is_panicking:
                self._is_panicking = False
                self._silence(session)
            now_s = self._clock.now_s()
            for action in self._schedule.pop_due(now_s):
                session.sent(Sent(action.note.note_id, action.is_on, action.due_s, now_s))
            self._report_dropped(session)

    def _report_dropped(self, session: Session) -> None:
        for dropped in self._schedule.take_dropped():
            session.dropped(dropped)


def _hear(session: Listener, at_s: float, port: int, data: bytes) -> None:
    """One message that the MIDI process let through, as the session takes it."""
    status = data[0]
    if status < 0xF0:
        velocity = data[2] if status & 0xF0 == 0x90 else 0
        session.hear(at_s, status & 0x0F, data[1], velocity, port)
        return
    session.hear_clock(at_s, status, data[1] | data[2] << 7 if status == 0xF2 else 0)
