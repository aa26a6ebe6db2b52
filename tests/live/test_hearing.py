"""Between a session and one engine: no answer is left unread."""

import asyncio
from pathlib import Path
from typing import Any, cast

from copilot.engine.base import Controls, Horizon, Proposal
from copilot.engine.messages import Answer, Loaded
from copilot.live.clock import MonotonicClock
from copilot.live.engine_client import EngineClient
from copilot.live.hearing import Hearing
from copilot.live.questions import Request
from copilot.live.session import Session


class Worker:
    """Answers in order, also what is asked amid its own change."""

    def __init__(self) -> None:
        self.asked: asyncio.Queue[int] = asyncio.Queue()
        self.amid_change: Request | None = None
        self.hearing: Hearing | None = None

    def ask(self, request: Request) -> None:
        self.asked.put_nowait(request.number)

    async def answer(self) -> Answer:
        return Answer(await self.asked.get(), Proposal([], 0.0))

    async def change(self, _: Path) -> Loaded:
        assert self.hearing is not None and self.amid_change is not None
        self.hearing.ask(self.amid_change)
        return Loaded("another", 128)


class Listener:
    """A session that keeps the numbers that it was answered."""

    def __init__(self) -> None:
        self.taken: list[int] = []

    def take(self, _now_s: float, number: int, *_: object) -> list[Any]:
        self.taken.append(number)
        return []

    def engine_lost(self, _who: str) -> None:
        """As if it had died."""

    def engine_found(self, _who: str) -> None:
        """It can be asked again."""


def request(number: int) -> Request:
    """A question without news."""
    return Request(number, [], [], Horizon(0.0, 0.0, 1.0), Controls("pad"))


def test_what_is_asked_amid_a_change_of_the_model_takes_no_later_answer_with_it() -> None:
    """The worker answers it first. The answer that the session waits for must be read too: it would wait for ever."""

    async def scenario() -> None:
        worker, session = Worker(), Listener()
        hearing = Hearing(
            "model",
            cast("EngineClient", worker),
            cast("Session", session),
            MonotonicClock(),
            lambda _: None,
            lambda _: None,
        )
        worker.hearing, worker.amid_change = hearing, request(1)
        await hearing.change(Path())
        hearing.ask(request(2))
        running = asyncio.create_task(hearing.run())
        async with asyncio.timeout(5.0):
            while session.taken != [1, 2]:
                await asyncio.sleep(0)
        running.cancel()

    asyncio.run(scenario())
