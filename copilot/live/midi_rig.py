"""Real ports for a stage: the daemon's end of the MIDI process, and what becomes of its notes when it dies."""

import asyncio
import logging
import time
from collections.abc import Sequence
from dataclasses import dataclass

import msgspec

from copilot.errors import PortError, ProtocolError, WorkerError
from copilot.live.aloft import Aloft
from copilot.live.heartbeat import Heartbeat
from copilot.live.patience import Deaths
from copilot.live.rig import Changed, Listener
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
from copilot.wire import Message

log = logging.getLogger(__name__)

_OPEN_TIMEOUT_S = 10.0
_QUIT_TIMEOUT_S = 0.8
_NOTES_A_FRAME = 256
"""Decoding a frame holds the MIDI process's interpreter lock: 0.05 ms for so many notes, 2 ms for 10,000."""


@dataclass(frozen=True, slots=True)
class PortPlan:
    """The ports to open, by their full names."""

    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    thru: tuple[str, ...] = ()
    virtual: bool = False
    sysex: bool = False


class MidiRig:
    """Real ports, in a process of their own. If that dies or hangs, its notes are ended here, and another begins."""

    def __init__(self, plan: PortPlan, child: Child, ready: Ready, ledger: Ledger, rescue: Rescue) -> None:
        self.ready = ready
        self.ports = ready.ports
        self.stats: Stats | None = None
        self._plan = plan
        self._child = child
        self._ledger = ledger
        self._rescue = rescue
        self._aloft = Aloft()
        self._deaths = Deaths()
        self._told: dict[type[Message], Message] = {}  # what another process has to be told too
        self._listener: Listener | None = None

    @classmethod
    async def open(cls, plan: PortPlan) -> "MidiRig":
        """Start the MIDI process and open the ports. Raises PortError, one line."""
        ledger = Ledger.create()
        try:
            child, ready = await _open_ports(plan, ledger)
        except (PortError, ProtocolError, WorkerError):
            ledger.close()
            raise
        try:
            rescue = Rescue(ready.api, plan.outputs, ledger)
        except PortError:
            await child.stop(timeout_s=0.5)
            ledger.close()
            raise
        return cls(plan, child, ready, ledger, rescue)

    @property
    def deaths(self) -> int:
        """How many MIDI processes died, or hung and were ended."""
        return self._deaths.total

    async def run(self, session: Listener, changed: Changed) -> None:
        """See Rig. Raises PortError when the ports are lost, after ending what sounded."""
        self._listener = session
        while True:
            reason = await self._listen(session, changed)
            await self._end_orphans()
            self._settle(session)
            changed()
            if not self._deaths.count(time.monotonic()):
                raise PortError(f"{reason}, too often: look for what kills it, and start the copilot again")
            await self._begin_again(reason)

    async def _listen(self, session: Listener, changed: Changed) -> str:
        """Until the MIDI process is gone; returns why."""
        reason = ""
        heartbeat = Heartbeat(self._child.process.pid)
        failing = asyncio.create_task(heartbeat.fail(), name="heartbeat")

        def end(task: "asyncio.Task[str]") -> None:
            if not task.cancelled():
                nonlocal reason
                reason = reason or f"the MIDI process {task.result()}"
                self._child.end()

        failing.add_done_callback(end)
        try:
            async for message in self._child:
                heartbeat.beat()
                if isinstance(message, Lost | Failed):
                    reason = message.reason if isinstance(message, Lost) else message.message
                    log.warning("%s", reason)
                else:
                    self._take(message, session, changed)
        except ProtocolError as error:
            reason = str(error)
        finally:
            failing.cancel()
        await self._child.stop(timeout_s=_QUIT_TIMEOUT_S)
        return reason or "the MIDI process ended"

    def _take(self, message: Message, session: Listener, changed: Changed) -> None:
        match message:
            case Heard():
                for at_s, port, data in message.events:
                    self._aloft.heard(port, data)
                    _hear(session, at_s, port, data)
                changed()
            case Sent():
                self._aloft.sent(message)
                session.sent(message)
            case Dropped():
                self._aloft.dropped(message)
                session.dropped(message)
            case Stats():
                self.stats = message
                self._deaths.has_answered()
            case Ports():
                self._note_ports(message.ports)

    def _settle(self, session: Listener) -> None:
        """What sounded has been ended: tell the session, and of keys whose end nobody heard."""
        now_s = time.monotonic()
        for message in self._aloft.settle(now_s):
            session.sent(message) if isinstance(message, Sent) else session.dropped(message)
        for port, channel, pitch in self._aloft.let_go():
            session.hear(now_s, channel, pitch, 0, port)

    async def _begin_again(self, reason: str) -> None:
        """Open the ports in another process. Raises PortError where that can't be."""
        began_s = time.monotonic()
        log.warning("%s: starting another", reason)
        await asyncio.sleep(self._deaths.pause_s)
        try:
            self._child, self.ready = await _open_ports(self._plan, self._ledger)
            if not self._rescue.is_alive:
                self._rescue.close()
                self._rescue = Rescue(self.ready.api, self._plan.outputs, self._ledger)
        except (PortError, ProtocolError, WorkerError) as error:
            raise PortError(f"{reason}: start the copilot again when the ports are back ({error})") from error
        self._note_ports(self.ready.ports)
        for message in self._told.values():
            self._tell(message)
        log.warning("the MIDI ports are open again after %.1f s", time.monotonic() - began_s)

    def _note_ports(self, ports: list[Port]) -> None:
        for port, before in zip(ports, self.ports, strict=True):
            if before.state == "gone" and port.state != "gone":
                log.warning("the MIDI %sput %r is back", port.direction, port.name)
        self.ports = ports

    def play(self, notes: Sequence[PlayNote]) -> None:
        """See Rig. Between two MIDI processes notes are dropped."""
        for start in range(0, len(notes), _NOTES_A_FRAME):
            frame = list(notes[start : start + _NOTES_A_FRAME])
            if self._tell(Play(frame)):
                self._aloft.play(frame)
            elif self._listener is not None:
                for note in frame:
                    self._listener.dropped(Dropped(note.note_id, "lost", 0.0))

    def panic(self) -> None:
        """See Rig."""
        self._tell(Panic())

    def status(self) -> Status:
        """See Rig."""
        ports = [msgspec.structs.asdict(port) for port in self.ports]
        status: Status = {"timing": self.ready.timing, "ports": ports, "midi_deaths": self.deaths}
        if self.stats is not None:
            status["late_p99_ms"] = round(self.stats.late_p99_ms, 3)
            status["midi_queue_drops"] = self.stats.queue_drops
            status["midi_long_sysex"] = self.stats.filtered.get("long_sysex", 0)
            status["midi_send_failures"] = self.stats.send_failures
        return status

    def hush(self) -> None:
        """See Rig."""
        self._tell(Hush())

    def let_through(self, *, passes: bool) -> None:
        """Pass on what comes in at the thru ports, or nothing."""
        self._keep(PassThrough(passes))

    def compensate(self, latencies_s: Sequence[float]) -> None:
        """Each output sounds so late: send to it earlier."""
        self._keep(Latencies(list(latencies_s)))

    def _keep(self, message: Message) -> None:
        self._told[type(message)] = message
        self._tell(message)

    def _tell(self, message: Message) -> bool:
        """Whether there is a MIDI process to tell; one that reads nothing is soon found out."""
        try:
            self._child.send(message)
        except WorkerError:
            return False
        return True

    async def close(self, session: Listener) -> None:
        """See Rig."""
        try:
            if not self._child.is_gone and self._tell(Quit()):
                async with asyncio.timeout(_QUIT_TIMEOUT_S):
                    async for message in self._child:
                        if isinstance(message, Sent | Dropped):
                            self._take(message, session, _nobody_cares)
            await self._child.stop(timeout_s=0.3)
        except (TimeoutError, ProtocolError) as error:
            log.warning("the MIDI process did not end by itself: %s", error)
            await self._child.kill()
        await self._end_orphans()
        self._settle(session)
        self._rescue.close()
        self._ledger.close()

    async def _end_orphans(self) -> None:
        """End the notes that the MIDI process left behind, if it was killed."""
        count = await self._rescue.silence()
        if count:
            log.warning("ended %d notes that the MIDI process left sounding", count)


async def _open_ports(plan: PortPlan, ledger: Ledger) -> tuple[Child, Ready]:
    """Start a MIDI process and have it open the ports. Raises PortError, ProtocolError or WorkerError."""
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
    except TimeoutError as error:
        await child.kill()
        raise PortError("the MIDI ports did not open within 10 s: is the MIDI server alive?") from error
    except BaseException:
        await child.stop(timeout_s=0.5)
        raise
    return child, message


def _nobody_cares() -> None:
    """The session is over."""


def _hear(session: Listener, at_s: float, port: int, data: bytes) -> None:
    """One message that the MIDI process let through, as the session takes it."""
    status = data[0]
    if status < 0xF0:
        velocity = data[2] if status & 0xF0 == 0x90 else 0
        session.hear(at_s, status & 0x0F, data[1], velocity, port)
        return
    session.hear_clock(at_s, status, data[1] | data[2] << 7 if status == 0xF2 else 0)
