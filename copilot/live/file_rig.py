"""A file's parts in real time, for a stage without ports."""

import asyncio
from collections.abc import Sequence

from copilot.live.clock import Clock
from copilot.live.players import end_of, performance
from copilot.live.rig import Changed
from copilot.live.session import Session
from copilot.live.status import Status
from copilot.midi.messages import PlayNote, Sent
from copilot.midi.scheduler import Schedule
from copilot.music.score import Score


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
