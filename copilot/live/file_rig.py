"""A file's parts in real time, for a stage without ports."""

import asyncio

from copilot.live.clock import Clock
from copilot.live.players import end_of, performance
from copilot.live.rig import Changed
from copilot.live.scheduled import Scheduled
from copilot.live.session import Session
from copilot.live.status import Status
from copilot.music.score import Score


class FileRig(Scheduled):
    """A score's parts as live players in real time. Its notes are heard by the journal alone."""

    def __init__(self, score: Score, clock: Clock, start_s: float) -> None:
        super().__init__(clock)
        self._score = score
        self._start_s = start_s

    async def run(self, session: Session, changed: Changed) -> None:
        """See Rig. Returns when the last bar is over."""
        sender = asyncio.create_task(self.send(session))
        try:
            for event in performance(self._score):
                at_s = self._start_s + event.at_s
                await asyncio.sleep(max(0.0, at_s - self._clock.now_s()))
                session.perform(event, at_s)
                changed()
            await asyncio.sleep(max(0.0, self._start_s + end_of(self._score) - self._clock.now_s()))
        finally:
            sender.cancel()

    def status(self) -> Status:
        """See Rig."""
        return {}

    async def close(self, session: Session) -> None:
        """See Rig."""
        self.silence(session)
