"""The stage: the session between a rig and the model worker, and its cover perhaps, on asyncio, in real time."""

import asyncio
import logging
from dataclasses import dataclass, field
from pathlib import Path

from copilot.live.clock import Clock
from copilot.live.engine_client import EngineClient
from copilot.live.feed import Said
from copilot.live.hearing import Hearing
from copilot.live.questions import Who
from copilot.live.rig import Rig
from copilot.live.session import Session
from copilot.live.status import Status, status_of
from copilot.midi.messages import PlayNote

log = logging.getLogger(__name__)

_BOOKS_EVERY_S = 0.5
_TEMPO_CHANGE_BPM = 0.1
_WAKE_EVERY_S = 0.005

LISTENING_ONLY = (
    "the model died too often: it listens and records, and plays no more: start it, or choose a model"
)

COVERED = "the model died too often: its cover plays alone: start it, or choose a model"
UNCOVERED = "the cover died too often: the model plays without one"


@dataclass(slots=True)
class Stage:
    """Runs until the rig's music is over, the rig is lost, or the task is cancelled; then every note is off.

    `cover`: an engine that stands already, and plays where the model's answers are late or the model is gone; the
    model may then still have to be started.
    """

    session: Session
    engine: EngineClient
    rig: Rig
    clock: Clock
    cover: EngineClient | None = None
    has_to_start: bool = False
    _hearings: dict[Who, Hearing] = field(init=False)
    _changed: asyncio.Event = field(default_factory=asyncio.Event)
    _waking: asyncio.TimerHandle | None = None
    _woken_s: float = float("-inf")

    def __post_init__(self) -> None:
        engines: dict[Who, EngineClient] = {"model": self.engine}
        if self.cover is not None:
            engines["cover"] = self.cover
        self._hearings = {
            who: Hearing(who, engine, self.session, self.clock, self._play, self._mourn)
            for who, engine in engines.items()
        }
        if self.has_to_start:
            self.session.await_model()

    async def run(self) -> None:
        """Play. Raises PortError when the ports are lost."""
        others = [asyncio.create_task(self._plan()), asyncio.create_task(self._keep_books())]
        for who, hearing in self._hearings.items():
            others.append(asyncio.create_task(hearing.run(starts=self.has_to_start and who == "model")))
        music = asyncio.create_task(self.rig.run(self.session, self._changed.set), name="rig")
        try:
            done, _ = await asyncio.wait([music, *others], return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()  # what ended first tells why: the piece is over, or its error
        finally:
            for task in (music, *others):
                task.cancel()
            await asyncio.gather(music, *others, return_exceptions=True)
            stops = [hearing.engine.stop() for hearing in self._hearings.values()]
            await asyncio.gather(self.rig.close(self.session), *stops)

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
            for request in work.requests:
                self._hearings[request.who].ask(request)
            try:
                async with asyncio.timeout(max(0.0, work.wake_s - self.clock.now_s())):
                    await self._changed.wait()
            except TimeoutError:
                continue

    def _play(self, notes: list[PlayNote]) -> None:
        """An engine has answered, or come, or gone: these notes are late, and the session has to look at the rest."""
        self.rig.play(notes)
        self._changed.set()

    def silence(self) -> None:
        """End all that sounds, now."""
        self.rig.panic()

    def hush(self) -> None:
        """End the copilot's own notes, now."""
        self.rig.hush()

    def forget(self) -> None:
        """The engine begins anew with the next request."""
        for hearing in self._hearings.values():
            hearing.engine.forget()

    @property
    def is_listening_only(self) -> bool:
        """Whether nobody is left who would play."""
        return all(hearing.is_given_up for hearing in self._hearings.values())

    @property
    def given_up(self) -> Path | None:
        """The bundle that died too often, until a model is chosen; else None."""
        return self.engine.bundle if self._hearings["model"].is_given_up else None

    def status(self) -> Status:
        """How it goes, by name: the session's figures, the engines' and the rig's."""
        own: Status = {"listening_only": self.is_listening_only, "worker_deaths": self.engine.deaths}
        if self.cover is not None:
            own["cover_deaths"] = self.cover.deaths
        return status_of(self.session, self.clock.now_s()) | own | self.rig.status()

    async def change_model(self, path: Path) -> str:
        """Play with another bundle once it is loaded; returns its name. Raises BundleError or WorkerError.

        Until then the present one plays on; what was final by then plays out. It is also the way back from listening
        only.
        """
        return (await self._hearings["model"].change(path)).name

    def _mourn(self, who: Who) -> None:
        """An engine died too often. The rig goes on: hearing, passing through and recording."""
        said = LISTENING_ONLY if self.is_listening_only else COVERED if who == "model" else UNCOVERED
        log.error("%s", said)
        self.session.feed.tell(Said(said))

    async def _keep_books(self) -> None:
        """Twice a second: the tempo into the journal, and to whoever listens that the journal can't be written."""
        noted_bpm, failed = self.session.clock.tempo_bpm, self.session.scribe.error
        while True:
            await asyncio.sleep(_BOOKS_EVERY_S)
            tempo_bpm = self.session.clock.tempo_bpm
            if abs(tempo_bpm - noted_bpm) > _TEMPO_CHANGE_BPM:
                noted_bpm = tempo_bpm
                self.session.tempo_changed(self.clock.now_s())
            before, failed = failed, self.session.scribe.error
            if failed and failed != before:
                self.session.feed.tell(Said(failed))
