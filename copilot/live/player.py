"""Notes with fixed moments, played through a rig's ports in time."""

import asyncio
from bisect import bisect_left
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from copilot.live.clock import Clock
from copilot.live.midi_rig import MidiRig
from copilot.midi.messages import Dropped, PlayNote, Sent

AHEAD_S = 2.0
"""Notes go to the scheduler so long before they begin: it holds 4,096 at most."""
_LEAD_S = 0.2
_TURN_S = 0.1


@dataclass(slots=True)
class Player:
    """Plays once; notes are in order of their starts, in seconds from its own beginning."""

    notes: Sequence[PlayNote]
    rig: MidiRig
    clock: Clock
    lost: int = 0  # notes that did not go out
    _open: set[int] = field(default_factory=set)  # given to the rig, and not over
    _panicked_s: float | None = None

    @property
    def length_s(self) -> float:
        """From the first note to the end of the last."""
        return max(note.end_s for note in self.notes)

    async def run(self, progress: Callable[[float, float], None]) -> None:
        """Play all, and close the rig with every note off; cancelled, it does that at once. Raises PortError."""
        listening = asyncio.create_task(self.rig.run(self, lambda: None))
        try:
            start_s = self.clock.now_s() + _LEAD_S
            begun = 0
            while self._panicked_s is None and (begun < len(self.notes) or self._open):
                now_s = self.clock.now_s() - start_s
                until = bisect_left(self.notes, now_s + AHEAD_S, lo=begun, key=lambda note: note.start_s)
                self._give(self.notes[begun:until], start_s)
                begun = until
                progress(max(0.0, now_s), self.length_s)
                await asyncio.wait([listening], timeout=_TURN_S)
                if listening.done():
                    listening.result()  # the ports are gone
                    return
        finally:
            listening.cancel()
            await asyncio.gather(listening, return_exceptions=True)
            await self.rig.close(self)

    def _give(self, notes: Sequence[PlayNote], start_s: float) -> None:
        self._open.update(note.note_id for note in notes)
        self.rig.play(
            [
                PlayNote(
                    note.note_id,
                    start_s + note.start_s,
                    start_s + note.end_s,
                    note.channel,
                    note.pitch,
                    note.velocity,
                )
                for note in notes
            ]
        )

    def hear(self, at_s: float, channel: int, pitch: int, velocity: int, port: int = 0) -> None:
        """See Listener. There is no input."""

    def hear_clock(self, at_s: float, status: int, sixteenths: int = 0) -> None:
        """See Listener. There is no input."""

    def sent(self, message: Sent) -> None:
        """See Listener."""
        if not message.is_on:
            self._open.discard(message.note_id)

    def dropped(self, message: Dropped) -> None:
        """See Listener."""
        self._open.discard(message.note_id)
        self.lost += 1

    def panic(self, at_s: float) -> None:
        """See Listener. It plays no more."""
        self._panicked_s = at_s

    def say(self, text: str) -> None:
        """See Listener. The log has it."""
