"""The half of a rig that plays, where the schedule is in this process and there is no port that it could wait for."""

import asyncio
from collections.abc import Iterable, Sequence

from copilot.live.clock import Clock
from copilot.live.session import Session
from copilot.midi.messages import PlayNote, Sent
from copilot.midi.scheduler import Action, Schedule

_LOOKS_EVERY_S = 0.05


class Scheduled:
    """Plays by `send`, which a rig's `run` keeps running. Where notes go is up to who overrides `_leave`."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._schedule = Schedule()
        self._woken = asyncio.Event()
        self._is_panicking = False

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

    async def send(self, session: Session) -> None:
        """Let each note leave in its moment, until cancelled."""
        while True:
            due_s = self._schedule.next_due_s()
            wait_s = _LOOKS_EVERY_S if due_s is None else max(0.0, due_s - self._clock.now_s())
            self._woken.clear()
            try:
                async with asyncio.timeout(wait_s):
                    await self._woken.wait()
            except TimeoutError:
                pass
            if self._is_panicking:
                self._is_panicking = False
                self.silence(session)
            self._send(session, self._schedule.pop_due(self._clock.now_s()))

    def silence(self, session: Session) -> None:
        """End what sounds, and drop what has not begun."""
        self._send(session, self._schedule.silence(self._clock.now_s()))

    def _send(self, session: Session, actions: Iterable[Action]) -> None:
        for action in actions:
            self._leave(action)
            session.sent(Sent(action.note.note_id, action.is_on, action.due_s, self._clock.now_s()))
        for dropped in self._schedule.take_dropped():
            session.dropped(dropped)

    def _leave(self, action: Action) -> None:
        """Here nobody hears it."""
