"""The stage: the session between a rig and the model worker, on asyncio, in real time."""

import asyncio
import logging
from dataclasses import dataclass, field
from pathlib import Path

from copilot.errors import ProtocolError, WorkerError
from copilot.live.clock import Clock
from copilot.live.engine_client import EngineClient
from copilot.live.feed import Said
from copilot.live.rig import Rig
from copilot.live.session import Request, Session
from copilot.live.status import Status, status_of

log = logging.getLogger(__name__)

_BOOKS_EVERY_S = 0.5
_TEMPO_CHANGE_BPM = 0.1
_WAKE_EVERY_S = 0.005

LISTENING_ONLY = (
    "the model died too often: it listens and records, and plays no more: start it, or choose a model"
)


@dataclass(slots=True)
class Stage:
    """Runs until the rig's music is over, the rig is lost, or the task is cancelled; then every note is off."""

    session: Session
    engine: EngineClient
    rig: Rig
    clock: Clock
    is_listening_only: bool = False
    _asked_at_s: float = 0.0
    _unanswered: int = 0
    _revived: asyncio.Event = field(default_factory=asyncio.Event)
    _asked: asyncio.Event = field(default_factory=asyncio.Event)
    _changed: asyncio.Event = field(default_factory=asyncio.Event)
    _waking: asyncio.TimerHandle | None = None
    _woken_s: float = float("-inf")

    async def run(self) -> None:
        """Play. Raises PortError when the ports are lost."""
        others = [
            asyncio.create_task(work(), name=work.__name__)
            for work in (self._plan, self._hear_answers, self._keep_books)
        ]
        music = asyncio.create_task(self.rig.run(self.session, self._changed.set), name="rig")
        try:
            done, _ = await asyncio.wait([music, *others], return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()  # what ended first tells why: the piece is over, or its error
        finally:
            for task in (music, *others):
                task.cancel()
            await asyncio.gather(music, *others, return_exceptions=True)
            await asyncio.gather(self.rig.close(self.session), self.engine.stop())

    def wake(self) -> None:
        """Look at the session at once: something that was not the rig has changed it.

        Of many calls within 5 ms the last are seen to together: a remote that floods us is not to keep us planning.
        """
        if self._waking is None:
            loop = asyncio.get_running_loop()
            at_s = max(loop.time(), self._woken_s + _WAKE_EVERY_S)
            self._waking = loop.call_at(at_s, self._be_woken)

    def _be_woken(self) -> None:
        self._waking, self._woken_s = None, asyncio.get_running_loop().time()
        self._changed.set()

    async def _plan(self) -> None:
        """Wake the session when it wants to be woken, and after every event."""
        while True:
            self._changed.clear()
            now_s = self.clock.now_s()
            work = self.session.wake(now_s)
            self.rig.play(work.play)
            if work.request is not None:
                self._ask(work.request)
            try:
                async with asyncio.timeout(max(0.0, work.wake_s - self.clock.now_s())):
                    await self._changed.wait()
            except TimeoutError:
                continue

    def _ask(self, request: Request) -> None:
        self._asked_at_s = self.clock.now_s()
        try:
            self.engine.ask(request)
        except WorkerError as error:
            log.debug("the request is lost with its worker: %s", error)
        self._unanswered += 1
        self._asked.set()

    async def _hear_answers(self) -> None:
        """Take each answer to the session; when the worker dies, start another."""
        while True:
            if not self._unanswered:
                self._asked.clear()
                await self._asked.wait()
            try:
                answer = await self.engine.answer()
                self._unanswered = max(0, self._unanswered - 1)
            except (WorkerError, ProtocolError) as error:
                log.warning("%s", error)
                await self._replace_worker()
                continue
            now_s = self.clock.now_s()
            took_s = now_s - self._asked_at_s
            self.rig.play(self.session.take(now_s, answer.number, answer.proposal, took_s))
            self._changed.set()

    def silence(self) -> None:
        """End all that sounds, now."""
        self.rig.panic()

    def hush(self) -> None:
        """End the copilot's own notes, now."""
        self.rig.hush()

    def forget(self) -> None:
        """The engine begins anew with the next request."""
        self.engine.forget()

    @property
    def given_up(self) -> Path | None:
        """The bundle that died too often, while the copilot only listens; else None."""
        return self.engine.bundle if self.is_listening_only else None

    def status(self) -> Status:
        """How it goes, by name: the session's figures, the engine's and the rig's."""
        own = {"listening_only": self.is_listening_only, "worker_deaths": self.engine.deaths}
        return status_of(self.session, self.clock.now_s()) | own | self.rig.status()

    async def change_model(self, path: Path) -> str:
        """Play with another bundle once it is loaded; returns its name. Raises BundleError or WorkerError.

        Until then the present one plays on; what was final by then plays out. It is also the way back from listening
        only.
        """
        loaded = await self.engine.change(path)
        self._unanswered = 0
        self.is_listening_only = False
        self._revived.set()
        self.session.engine_lost()
        self.session.engine_found()
        self._changed.set()
        return loaded.name

    async def _replace_worker(self) -> None:
        self._unanswered = 0
        self.session.engine_lost()
        self._revived.clear()
        if await self.engine.restart():
            self.session.engine_found()
            self._changed.set()
            return
        # The rig goes on: hearing, passing through and recording.
        self.is_listening_only = True
        log.error("%s", LISTENING_ONLY)
        self.session.feed.tell(Said(LISTENING_ONLY))
        await self._revived.wait()

    async def _keep_books(self) -> None:
        """Twice a second: the tempo into the journal, and to whoever listens that the journal can't be written."""
        noted_bpm, failed = self.session.clock.tempo_bpm, self.session.failed_journal
        while True:
            await asyncio.sleep(_BOOKS_EVERY_S)
            tempo_bpm = self.session.clock.tempo_bpm
            if abs(tempo_bpm - noted_bpm) > _TEMPO_CHANGE_BPM:
                noted_bpm = tempo_bpm
                self.session.tempo_changed(self.clock.now_s())
            if self.session.failed_journal and self.session.failed_journal != failed:
                self.session.feed.tell(Said(self.session.failed_journal))
            failed = self.session.failed_journal
