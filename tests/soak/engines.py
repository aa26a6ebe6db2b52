"""What stands in for the model where its work would take the hours that it is to be spared."""

import asyncio
import math

from copilot.engine.base import PlannedNote, Proposal
from copilot.engine.messages import Answer
from copilot.live.questions import Request

TAKES_S = 0.02


class Eighths:
    """See EngineClient: answers after 20 ms with an eighth on each half beat, and remembers nothing."""

    deaths = 0

    def __init__(self) -> None:
        self._asked: asyncio.Queue[Request] = asyncio.Queue()

    def ask(self, request: Request) -> None:
        """See EngineClient."""
        self._asked.put_nowait(request)

    async def answer(self) -> Answer:
        """See EngineClient."""
        request = await self._asked.get()
        await asyncio.sleep(TAKES_S)
        horizon = request.horizon
        halves = range(math.ceil(horizon.free_beats * 2), math.ceil(horizon.until_beats * 2))
        notes = [PlannedNote(half / 2, half / 2 + 0.25, 40 + half % 12, 90) for half in halves]
        return Answer(request.number, Proposal(notes, horizon.until_beats, steps=1, step_s=[TAKES_S]), b"")

    def forget(self) -> None:
        """See EngineClient."""

    async def stop(self) -> None:
        """See EngineClient."""
