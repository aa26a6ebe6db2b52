"""A rig for the fast loop: the MIDI process' own filter, ledger, outputs and schedule, without its process and ports.

Bytes go in and come out as at a port. What its threads and its process do to time is measured on real ports instead.
"""

import asyncio
import time
from collections.abc import Callable, Iterator

from copilot.live.clock import Clock
from copilot.live.players import Turn
from copilot.live.rig import Changed
from copilot.live.scheduled import Scheduled
from copilot.live.session import Session
from copilot.live.status import Status
from copilot.midi.filter import InputFilter
from copilot.midi.inputs import Input
from copilot.midi.jackwatch import NoWatch
from copilot.midi.lateness import Lateness
from copilot.midi.ledger import Ledger, note_off, note_on
from copilot.midi.outputs import Outputs
from copilot.midi.scheduler import Action
from copilot.music.score import COPILOT_CHANNEL
from tests.soak.band import Song

STUCK_AFTER_S = 60.0
"""No note of the generator's, and none of the copilot's, sounds as long."""
_SETTLES_EVERY_S = 0.5


class Receiver:
    """A synth that knows what sounds, and since when."""

    def __init__(self, clock: Clock) -> None:
        self.ons = {"own": 0, "thru": 0}
        self.sounding: dict[tuple[int, int], float] = {}
        self._clock = clock

    def send_message(self, data: bytes) -> None:
        """One whole message has come."""
        kind, channel = data[0] & 0xF0, data[0] & 0x0F
        if kind == 0x90 and data[2]:
            self.ons["own" if channel == COPILOT_CHANNEL else "thru"] += 1
            self.sounding[channel, data[1]] = self._clock.now_s()
        elif kind in (0x80, 0x90):
            self.sounding.pop((channel, data[1]), None)

    @property
    def stuck(self) -> int:
        """Notes that have sounded for longer than any should."""
        before_s = self._clock.now_s() - STUCK_AFTER_S
        return sum(since_s < before_s for since_s in self.sounding.values())


class SoakRig(Scheduled):
    """See Rig. Two inputs, the first of which is passed through; `on_song` is told of each song before it begins,
    `on_end` when all is played and the engine still there.

    It ends after `seconds` of music, or once `limit_s` of ours are over.
    """

    def __init__(
        self,
        songs: Iterator[Song],
        clock: Clock,
        seconds: float,
        limit_s: float,
        on_song: Callable[[Song], None],
        on_end: Callable[[], None],
    ) -> None:
        super().__init__(clock)
        self.receiver = Receiver(clock)
        self.ledger = Ledger.create()
        self.lateness = Lateness()
        self.struck = self.let_go = self.passed = (
            0  # keys that the session is to hear of; strokes to be passed on
        )
        self.echoes = (
            0  # keys that came within 15 ms of the same, as after a stall: the filter takes them for echoes
        )
        self.is_playing = False
        self.failures: list[str] = []
        self._songs, self._on_song, self._on_end = songs, on_song, on_end
        self._seconds, self._limit_s = seconds, limit_s
        self._start_s = clock.now_s()
        self._filters = [InputFilter(), InputFilter()]
        self._outputs = Outputs(
            [self.receiver],
            self.ledger,
            filters=self._filters,
            watch=NoWatch(),
            clock=clock.now_s,
            on_failure=self.failures.append,
        )

    async def run(self, session: Session, changed: Changed) -> None:
        """See Rig. Returns when the time is over, in mid-song."""
        inputs = [
            Input(
                port,
                self._filters[port],
                lambda at_s, number, data: self._hand_on(session, at_s, number, data),
                self._outputs if port == 0 else None,
                self._clock.now_s,
            )
            for port in (0, 1)
        ]
        others = [asyncio.create_task(self.send(session)), asyncio.create_task(self._settle())]
        held: set[tuple[int, int, int]] = set()
        end_s = self._start_s + self._seconds
        limit_s = time.monotonic() + self._limit_s
        self.is_playing = True
        try:
            for song in self._songs:
                await self._until(min(end_s, self._start_s + song.at_s))
                self._on_song(song)
                for event in song.events:
                    await self._until(min(end_s, at_s := self._start_s + event.at_s))
                    if at_s >= end_s or time.monotonic() > limit_s:
                        break
                    if isinstance(event, Turn):
                        session.perform(event, at_s)
                    else:
                        port = event.channel % 2
                        self._touch(inputs[port], held, (port, event.channel, event.pitch), event.velocity)
                    changed()
                if self._clock.now_s() >= end_s or time.monotonic() > limit_s:
                    break
            for port, channel, pitch in sorted(held):
                self._touch(inputs[port], held, (port, channel, pitch), 0)
            self._on_end()
        finally:
            self.is_playing = False
            for task in others:
                task.cancel()
            await asyncio.gather(*others, return_exceptions=True)

    @staticmethod
    def _hand_on(session: Session, at_s: float, port: int, data: bytes) -> None:
        session.hear(at_s, data[0] & 0x0F, data[1], data[2] if data[0] & 0xF0 == 0x90 else 0, port)

    def _touch(
        self, to: Input, held: set[tuple[int, int, int]], key: tuple[int, int, int], velocity: int
    ) -> None:
        _, channel, pitch = key
        if velocity:
            held.add(key)
        else:
            held.discard(key)
        counts = self._filters[key[0]].counts
        echoes = counts["echo"]
        to.receive((note_on(channel, pitch, velocity) if velocity else note_off(channel, pitch), 0.0))
        if counts["echo"] > echoes:
            self.echoes += 1
        elif velocity:
            self.struck += 1
            self.passed += key[0] == 0
        else:
            self.let_go += 1

    async def _until(self, at_s: float) -> None:
        if (wait_s := at_s - self._clock.now_s()) > 0.0:
            await asyncio.sleep(wait_s)

    def status(self) -> Status:
        """See Rig."""
        return {"ports": [], "late_p99_ms": round(self.lateness.quantile_ms(0.99), 3)}

    async def close(self, session: Session) -> None:
        """See Rig."""
        self.silence(session)
        self._outputs.close_down()

    def settle(self) -> None:
        """Let the ledger forget what has ended, as the MIDI process does twice a second."""
        self._outputs.settle()

    async def _settle(self) -> None:
        while True:
            await asyncio.sleep(_SETTLES_EVERY_S)
            self.settle()

    def silence(self, session: Session) -> None:
        """As the MIDI process does it: what passed through too."""
        super().silence(session)
        self._outputs.silence()

    def _leave(self, action: Action) -> None:
        self._outputs.send(action.data)
        late_s = self._clock.now_s() - action.due_s
        if late_s >= 0:  # a panic ends notes before their time
            self.lateness.add(late_s * 1000)
