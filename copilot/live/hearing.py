"""One engine of a stage: what it is asked, its answers, and another worker for one that died."""

import asyncio
import logging
from collections.abc import Callable
from pathlib import Path

from copilot.engine.messages import Loaded
from copilot.errors import BundleError, ProtocolError, WorkerError
from copilot.live.clock import Clock
from copilot.live.engine_client import EngineClient
from copilot.live.feed import Said
from copilot.live.questions import Request, Who
from copilot.live.session import Session
from copilot.midi.messages import PlayNote

log = logging.getLogger(__name__)

Play = Callable[[list[PlayNote]], None]


class Hearing:
    """Between a session and one engine. `play`: gives notes to the rig; `on_given_up`: the engine died too often."""

    def __init__(
        self,
        who: Who,
        engine: EngineClient,
        session: Session,
        clock: Clock,
        play: Play,
        on_given_up: Callable[[Who], None],
    ) -> None:
        self.engine = engine
        self.is_given_up = False
        self._who: Who = who
        self._session, self._clock = session, clock
        self._play, self._on_given_up = play, on_given_up
        self._asked_at_s = 0.0
        self._awaited = 0  # the number of the request whose answer is still to come; 0: none
        self._asked = asyncio.Event()
        self._revived = asyncio.Event()

    @property
    def awaits_answer(self) -> bool:
        """Whether what was asked last is still to be answered."""
        return self._awaited > 0

    async def run(self, *, starts: bool = False) -> None:
        """Take each answer to the session; when the worker dies, have another.

        `starts`: the engine has still to be started, and the session awaits it.
        """
        if starts:
            await self._start()
        while True:
            if not self.awaits_answer:
                self._asked.clear()
                await self._asked.wait()
            try:
                answer = await self.engine.answer()
                # One that was asked amid a change of the model is answered, too, before what was asked since.
                self._awaited = 0 if answer.number >= self._awaited else self._awaited
            except (WorkerError, ProtocolError) as error:
                log.warning("%s", error)
                await self._replace()
                continue
            now_s = self._clock.now_s()
            took_s = now_s - self._asked_at_s
            self._play(self._session.take(now_s, answer.number, answer.proposal, took_s, self._who))

    def ask(self, request: Request) -> None:
        """Send a request; what is answered goes to the session."""
        self._asked_at_s = self._clock.now_s()
        try:
            self.engine.ask(request)
        except WorkerError as error:
            log.debug("the request is lost with its worker: %s", error)
        self._awaited = request.number
        self._asked.set()

    async def change(self, path: Path) -> Loaded:
        """Another bundle instead, once it is loaded. Raises BundleError or WorkerError."""
        loaded = await self.engine.change(path)
        self._awaited = 0
        self.is_given_up = False
        self._revived.set()
        self._session.engine_lost(self._who)
        self._found()
        return loaded

    async def _start(self) -> None:
        try:
            loaded = await self.engine.start()
        except BundleError as error:
            log.error("%s", error)
            self._session.feed.tell(Said(str(error)))
            await self._rest()
        except (WorkerError, ProtocolError) as error:
            log.warning("%s", error)
            await self._have_another()
        else:
            self._session.feed.tell(Said(f"plays with {loaded.name}"))
            self._found()

    def _found(self) -> None:
        self._session.engine_found(self._who)
        self._play([])

    async def _replace(self) -> None:
        self._awaited = 0
        self._session.engine_lost(self._who)
        self._play([])
        self._revived.clear()
        await self._have_another()

    async def _have_another(self) -> None:
        if await self.engine.restart():
            self._found()
            return
        self.is_given_up = True
        self._on_given_up(self._who)
        await self._rest()

    async def _rest(self) -> None:
        """Until another model is chosen."""
        self.is_given_up = True
        await self._revived.wait()
