"""Real ports for a stage: the daemon's end of the MIDI process, and what becomes of its notes when it dies."""

import asyncio
import logging
import time
from collections.abc import Sequence
from dataclasses import replace

from copilot.errors import PortError, ProtocolError, WorkerError
from copilot.live.aloft import Aloft
from copilot.live.guard import Guardian
from copilot.live.heartbeat import Heartbeat
from copilot.live.patience import Deaths
from copilot.live.port_news import PortNews
from copilot.live.port_plan import PortPlan, open_ports
from copilot.live.rig import Changed, Listener
from copilot.live.session import PANICKED
from copilot.live.status import Status
from copilot.live.supervise import Child
from copilot.midi import backend
from copilot.midi.ledger import Ledger
from copilot.midi.messages import (
    Dropped,
    Failed,
    Guard,
    Heard,
    Hush,
    Latencies,
    Lost,
    Panic,
    Panicked,
    PassThrough,
    Play,
    PlayNote,
    Ports,
    Quit,
    Ready,
    Sent,
    Stats,
)
from copilot.wire import Message

log = logging.getLogger(__name__)

_QUIT_TIMEOUT_S = 0.8
_NOTES_A_FRAME = 256
"""Decoding a frame holds the MIDI process's interpreter lock: 0.05 ms for so many notes, 2 ms for 10,000."""
_EVENTS_A_TURN = 64


class MidiRig:
    """Real ports, in a process of their own. If that dies or hangs, its notes are ended here, and another begins."""

    def __init__(self, plan: PortPlan, ledger: Ledger) -> None:
        self.news = PortNews(plan.awaited(), self._say)
        self._plan = plan
        self._ledger = ledger
        self._child: Child | None = None
        self._guardian = Guardian()
        self._aloft = Aloft()
        self._deaths = Deaths()
        self._told: dict[type[Message], Message] = {}  # what another process has to be told too
        self._listener: Listener | None = None

    @classmethod
    async def open(cls, plan: PortPlan) -> "MidiRig":
        """Start the MIDI process and open the ports. Raises PortError, one line.

        Where the plan waits for a MIDI system, the ports are opened by `run`, once there is one.
        """
        rig = cls(plan, Ledger.create())
        try:
            if not plan.waits or await asyncio.to_thread(backend.is_there, plan.api):
                rig.news.opened(await rig._open())
                await rig._guardian.stands()  # nothing plays before there is somebody to end it
        except (PortError, ProtocolError, WorkerError):
            rig._ledger.close()
            raise
        for port in rig.news.ports:
            if port.state == "awaited":
                log.warning(
                    "the MIDI %sput %r is not there yet: it is taken up when it comes",
                    port.direction,
                    port.name,
                )
        return rig

    async def _open(self) -> Ready:
        """Raises PortError, ProtocolError or WorkerError."""
        self._child, ready = await open_ports(self._plan, self._ledger)
        # From now on, what went may come back.
        self._plan = replace(self._plan, api=ready.api, waits=True).renamed(ready.ports)
        self._be_guarded()
        return ready

    def _be_guarded(self) -> None:
        self._guardian.guard(Guard(self._plan.api, list(self._plan.outputs), self._ledger.path))

    @property
    def deaths(self) -> int:
        """How many MIDI processes died, or hung and were ended."""
        return self._deaths.total

    async def run(self, session: Listener, changed: Changed) -> None:
        """See Rig. Raises PortError when MIDI processes die too often, after ending what sounded."""
        self._listener = session
        while True:
            if self._child is not None:
                reason, has_system, seen_s = await self._listen(self._child, session, changed)
                await self._end_orphans(seen_s)
                self._settle(session)
                changed()
                if has_system and not self._deaths.count(time.monotonic()):
                    raise PortError(
                        f"{reason}, too often: look for what kills it, and start the copilot again"
                    )
                log.warning("%s: starting another", reason)
            await self._begin_again()

    async def _listen(self, child: Child, session: Listener, changed: Changed) -> tuple[str, bool, float]:
        """Until the MIDI process is gone; returns why, whether there still is a MIDI system, and when it was seen."""
        reason, has_system, seen_s = "", True, 0.0
        heartbeat = Heartbeat(child.process.pid)
        failing = asyncio.create_task(heartbeat.fail(), name="heartbeat")

        def end(task: "asyncio.Task[str]") -> None:
            if not task.cancelled():
                nonlocal reason, seen_s
                reason = reason or f"the MIDI process {task.result()}"
                seen_s = time.monotonic()
                child.end()

        failing.add_done_callback(end)
        try:
            async for message in child:
                heartbeat.beat()
                match message:
                    case Lost():
                        if message.is_system:
                            reason, has_system = message.reason, False
                        self.news.lost(message)
                    case Failed():
                        reason = message.message
                        log.warning("%s", reason)
                    case _:
                        self._take(message, session, changed)
                        if isinstance(message, Heard) and len(message.events) > _EVENTS_A_TURN:
                            await asyncio.sleep(0)  # there may be twenty thousand: others come between
        except ProtocolError as error:
            reason = str(error)
        finally:
            failing.cancel()
        seen_s = seen_s or time.monotonic()
        await child.stop(timeout_s=_QUIT_TIMEOUT_S)
        return reason or "the MIDI process ended", has_system, seen_s

    def _say(self, text: str) -> None:
        if self._listener is not None:
            self._listener.say(text)

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
                self.news.counted(message)
                self._deaths.has_answered()
                self._be_guarded()
            case Ports():
                self._plan = self._plan.renamed(message.ports)
                self.news.changed(message.ports)
            case Panicked():
                session.panic(time.monotonic())
                self._say(PANICKED)
                self.panic()  # from here on it plays what it is told
                changed()

    def _settle(self, session: Listener) -> None:
        """What sounded has been ended: tell the session, and of keys whose end nobody heard."""
        now_s = time.monotonic()
        for message in self._aloft.settle(now_s):
            session.sent(message) if isinstance(message, Sent) else session.dropped(message)
        for port, channel, pitch in self._aloft.let_go():
            session.hear(now_s, channel, pitch, 0, port)

    async def _begin_again(self) -> None:
        """Open the ports in another process, when there is a MIDI system. Raises PortError where that can't be."""
        began_s = time.monotonic()
        while True:
            await asyncio.sleep(self._deaths.pause_s)
            try:
                self.news.opened_again(await self._open())
                break
            except (PortError, ProtocolError, WorkerError) as error:
                log.warning("%s", error)
                if not self._deaths.count(time.monotonic()):
                    raise PortError(f"{error}: start the copilot again when the ports are back") from error
        for message in self._told.values():
            self._tell(message)
        log.warning("the MIDI ports are open again after %.1f s", time.monotonic() - began_s)

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
        return {"midi_deaths": self.deaths, **self.news.status()}

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
            if self._child is None:
                return False
            self._child.send(message)
        except WorkerError:
            return False
        return True

    async def close(self, session: Listener) -> None:
        """See Rig."""
        child = self._child
        if child is not None:
            try:
                if not child.is_gone and self._tell(Quit()):
                    async with asyncio.timeout(_QUIT_TIMEOUT_S):
                        async for message in child:
                            if isinstance(message, Sent | Dropped):
                                self._take(message, session, _nobody_cares)
                await child.stop(timeout_s=0.3)
            except (TimeoutError, ProtocolError) as error:
                log.warning("the MIDI process did not end by itself: %s", error)
                await child.kill()
            await self._end_orphans(time.monotonic())
        await self._guardian.close()
        self._ledger.close()
        self._settle(session)

    async def _end_orphans(self, seen_s: float) -> None:
        """End the notes that the MIDI process left behind, if it was killed, as was seen at `seen_s`."""
        count = await self._guardian.silence(seen_s)
        if count:
            _, began_s = self._ledger.ended_s
            log.warning(
                "ended %d notes that the MIDI process left sounding, from %.0f ms after its death was seen",
                count,
                1000 * (began_s - seen_s),
            )


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
