"""Beats, chords and keys as they come, told to a session's feed."""

import asyncio
import math
from dataclasses import dataclass, field

from copilot.live.clock import Clock
from copilot.live.feed import Beat, Chord, Event, NoteIn
from copilot.live.listening import Listening
from copilot.live.session import Session

_LOOKS_EVERY_S = 0.02
_CHORD_EVERY_BEATS = 0.25


@dataclass(slots=True)
class Herald:
    """Listens to a session's feed and adds to it. Belongs to the daemon's event loop."""

    session: Session
    clock: Clock
    _listening: Listening = field(default_factory=Listening)
    _beat: float = -1.0
    _quarter: int = -1
    _named: tuple[str, str] = ("", "")

    async def run(self) -> None:
        """Tell what comes, until cancelled."""
        forget = self.session.feed.subscribe(self.hear)
        try:
            while True:
                await asyncio.sleep(_LOOKS_EVERY_S)
                self.look(self.clock.now_s())
        finally:
            forget()

    def hear(self, event: Event) -> None:
        """What the feed says: players' notes count."""
        if isinstance(event, NoteIn):
            is_drums = self.session.roster.roles.get(event.channel) == "drums"
            self._listening.hear(
                event.pos_beats, event.channel, event.pitch, event.velocity, is_drums=is_drums
            )

    def look(self, now_s: float) -> None:
        """Tell what has begun since the last look."""
        session = self.session
        if not session.clock.running:
            return
        now_beats = session.clock.beats(now_s)
        meter = session.clock.meter
        start_beats = meter.bar_start_beats(now_beats)
        numerator, denominator = meter.at(now_beats)
        length_beats = 4.0 / denominator
        into = math.floor((now_beats - start_beats) / length_beats + 1e-6)
        beat_beats = start_beats + into * length_beats
        if beat_beats != self._beat:
            self._beat = beat_beats
            bar = meter.bar_number(now_beats)
            session.feed.tell(
                Beat(beat_beats, bar, into + 1, numerator, denominator, round(session.clock.tempo_bpm, 3))
            )
        quarter = int(now_beats / _CHORD_EVERY_BEATS)
        if quarter != self._quarter:
            self._quarter = quarter
            bar_beats = meter.bar_beats(now_beats)
            into_beats = (now_beats - start_beats) % (bar_beats / 2 if bar_beats >= 4.0 else bar_beats)
            named = (self._listening.chord(now_beats, into_beats), self._listening.key)
            if named != self._named:
                self._named = named
                session.feed.tell(Chord(now_beats, *named))
