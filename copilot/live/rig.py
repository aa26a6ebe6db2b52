"""What a stage can stand in front of: real ports (midi_rig.py), or a file's parts in real time (file_rig.py).

A rig tells the session what is heard and what was sent, and plays notes at their moments.
"""

from collections.abc import Callable, Sequence
from typing import Protocol

from copilot.live.session import Session
from copilot.live.status import Status
from copilot.midi.messages import Dropped, PlayNote, Sent

Changed = Callable[[], None]


class Rig(Protocol):
    """Where the music comes from and goes to."""

    async def run(self, session: Session, changed: Changed) -> None:
        """Feed the session until the rig is gone or the piece is over; call `changed` after each event."""

    def play(self, notes: Sequence[PlayNote]) -> None:
        """Play notes at their moments."""

    def panic(self) -> None:
        """Silence everything now, and forget what has not begun."""

    def hush(self) -> None:
        """End the copilot's own notes now, and forget what has not begun."""

    def status(self) -> Status:
        """How the ports do, by name."""
        ...

    async def close(self, session: Session) -> None:
        """End every note, and give everything back."""


class Listener(Protocol):
    """Who is told what comes in on ports, and what left by them: a session does."""

    def hear(self, at_s: float, channel: int, pitch: int, velocity: int, port: int = 0) -> None:
        """A note-on (velocity 1–127) or note-off (0) came in."""

    def hear_clock(self, at_s: float, status: int, sixteenths: int = 0) -> None:
        """A message of a MIDI clock came in."""

    def sent(self, message: Sent) -> None:
        """A note-on or note-off left."""

    def dropped(self, message: Dropped) -> None:
        """A note will not be played after all."""

    def panic(self, at_s: float) -> None:
        """Everything was silenced, by a signal: nothing of the plan is to be played."""

    def say(self, text: str) -> None:
        """A line for a person: what came and went."""
