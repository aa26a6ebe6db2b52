"""Time: the clock that everything reads, and the session's one source of musical time.

`BeatClock` turns seconds into beats and back, by the panel's tempo or by a MIDI clock (follower.py). It is
pure too: it is told each moment, and never looks at a clock itself.
"""

import math
import time
from bisect import bisect_right
from dataclasses import dataclass, field
from typing import Literal, Protocol

from copilot.live.follower import ClockFollower
from copilot.live.meter import Meter
from copilot.music.timemap import TEMPO_MAX_BPM, TEMPO_MIN_BPM, TimeMap

__all__ = ["BeatClock", "Clock", "ClockFollower", "Meter", "MonotonicClock", "SimulatedClock", "Source"]

Source = Literal["internal", "midi clock"]

_CORRECT_EVERY_PULSES = 6
_CORRECT_OVER_BEATS = 0.5
_CORRECT_AT_MOST = 0.5
"""A phase error is worked off over half a beat and measured anew each sixteenth: a beat later 6% are left.
The correction bends the tempo by half at the most, so that notes never pile up."""

_SAME_PLACE_BEATS = 0.25

_MAX_CHANGES = 1024
_MAX_RUNS = 64
"""The past that is kept: 64 runs of up to 1,024 tempo changes, two hours of a followed clock at 120 bpm."""


class Clock(Protocol):
    """Where the present moment comes from."""

    def now_s(self) -> float:
        """Seconds since some fixed moment; never goes backwards."""
        ...


class MonotonicClock:
    """The machine's monotonic clock, which all processes of one machine share."""

    def now_s(self) -> float:
        """Seconds since some fixed moment, about that of booting."""
        return time.monotonic()


class SimulatedClock:
    """A clock that stands until it is moved, so that a jam runs at the processor's speed."""

    def __init__(self, start_s: float = 0.0) -> None:
        self._now_s = start_s

    def now_s(self) -> float:
        """Seconds, as last advanced."""
        return self._now_s

    def advance_to(self, at_s: float) -> None:
        """Move on to a moment; an earlier one than now moves nothing."""
        self._now_s = max(self._now_s, at_s)


@dataclass(slots=True)
class _Run:
    """A stretch of time between two jumps or stops. `offset_beats` is the beat at which its map says 0.

    The end of the map may be a correction; it then goes on at `after_bpm` from `bend_beats` (of the map) on.
    """

    start_s: float
    offset_beats: float
    is_moving: bool
    map: TimeMap
    bend_beats: float = math.inf
    after_bpm: float = 0.0
    changes: int = field(default=0)

    def beats(self, at_s: float) -> float:
        if not self.is_moving:
            return self.offset_beats
        beats = self.map.beats(at_s)
        if beats > self.bend_beats:
            beats = self.bend_beats + (at_s - self.map.seconds(self.bend_beats)) * self.after_bpm / 60.0
        return self.offset_beats + beats

    def seconds(self, pos_beats: float) -> float:
        beats = pos_beats - self.offset_beats
        if not self.is_moving:
            return self.start_s if beats <= 0 else math.inf
        if beats > self.bend_beats:
            return self.map.seconds(self.bend_beats) + (beats - self.bend_beats) * 60.0 / self.after_bpm
        return self.map.seconds(beats)

    def set_tempo(self, at_s: float, tempo_bpm: float, bend_after_beats: float, after_bpm: float) -> None:
        beats = self.beats(at_s) - self.offset_beats
        if beats > self.bend_beats:
            self.map.set_tempo(self.bend_beats, self.after_bpm)
        self.map.set_tempo(beats, tempo_bpm)
        self.bend_beats, self.after_bpm = beats + bend_after_beats, after_bpm
        self.changes += 1


class BeatClock:
    """Beats ↔ seconds for a whole session. Beats that have passed never move, and never come twice.

    While it follows a MIDI clock, small bends of the tempo keep it on the sender's beat. A start or a song
    position can't take it back: with the first pulse it jumps *forward* to the next bar line (or to the
    same place of the bar), so that the sender's bars are the session's bars and a recording stays in one
    piece. Each jump adds one to `relocations`: whoever planned ahead must drop the plan then. From start,
    stop or song position until that pulse it stands still. A sender that never starts gives its tempo and
    no position. Without pulses it goes on at the last tempo, until a tempo is set by hand.

    Give and ask moments in order of time. Owned by the daemon's event loop; not safe to share between
    threads.
    """

    def __init__(
        self,
        start_s: float = 0.0,
        tempo_bpm: float = 120.0,
        meter: Meter | None = None,
        *,
        follows_midi: bool = True,
    ) -> None:
        """Beat 0 is at `start_s`. Raises ParameterError for a tempo outside 20–999 bpm."""
        self.meter = meter or Meter()
        self.follows_midi = follows_midi
        self.source: Source = "internal"
        self.start_s = start_s
        self.relocations = 0
        self._tempo_bpm = tempo_bpm
        self._follower = ClockFollower()
        self._song_offset_beats: float | None = None  # our beat at the sender's song start
        self._asked_song_beats: float | None = None  # where start or song position asked for
        self._pulses = 0
        self._runs: list[_Run] = [_Run(start_s, 0.0, True, TimeMap(start_s, tempo_bpm))]

    @property
    def tempo_bpm(self) -> float:
        """The musical tempo, without the small bends of a correction."""
        return self._tempo_bpm

    @property
    def running(self) -> bool:
        """Whether beats pass; false from a MIDI stop until the first pulse after start or continue."""
        return self._runs[-1].is_moving

    def beats(self, at_s: float) -> float:
        """The beat at a moment, by what is known now. Before the kept past it is the oldest tempo's guess."""
        index = max(0, bisect_right(self._runs, at_s, key=lambda run: run.start_s) - 1)
        pos_beats = self._runs[index].beats(at_s)
        if index + 1 < len(self._runs):
            return min(pos_beats, self._runs[index + 1].offset_beats)
        return pos_beats

    def seconds(self, pos_beats: float) -> float:
        """The moment of a beat, by what is known now; infinity for a beat to come while time stands still.

        A beat that was jumped over has the moment of the jump.
        """
        index = max(0, bisect_right(self._runs, pos_beats, key=lambda run: run.offset_beats) - 1)
        at_s = self._runs[index].seconds(pos_beats)
        if index + 1 < len(self._runs):
            return min(at_s, self._runs[index + 1].start_s)
        return at_s

    def set_tempo(self, tempo_bpm: float, at_s: float) -> None:
        """The panel's tempo was set: it holds now, unless a MIDI clock is heard.

        Raises ParameterError for a tempo outside 20–999 bpm.
        """
        TimeMap(tempo_bpm=tempo_bpm)  # its check is the one check of a tempo
        if self.source == "midi clock" and self._follower.is_heard(at_s):
            return
        self.source = "internal"
        if not self.running:
            self._begin_run(at_s, self.beats(at_s), is_moving=True)
        self._go_at(at_s, tempo_bpm, 0.0)

    def follow_midi(self, at_s: float, *, follows: bool) -> None:
        """Whether a MIDI clock is followed once it is heard. Without, time goes on at the present tempo."""
        self.follows_midi = follows
        if not follows and self.source == "midi clock":
            self.source = "internal"
            self._song_offset_beats = self._asked_song_beats = None
            if not self.running:
                self._begin_run(at_s, self.beats(at_s), is_moving=True)

    def obey(self, at_s: float, status: int, sixteenths: int = 0) -> None:
        """A message of a MIDI clock came in: its status byte, and the place of a song position."""
        match status:
            case 0xF8:
                self.pulse(at_s)
            case 0xFA:
                self.start(at_s)
            case 0xFB:
                self.continue_(at_s)
            case 0xFC:
                self.stop(at_s)
            case 0xF2:
                self.song_position(sixteenths, at_s)

    def pulse(self, at_s: float) -> None:
        """A MIDI clock message came in at that moment."""
        if not self.follows_midi:
            return
        was_placed = self._follower.is_placed
        self._follower.pulse(at_s)
        if self._follower.is_placed and not was_placed:
            self._enter(at_s)
            return
        self._pulses += 1
        if self._pulses % _CORRECT_EVERY_PULSES == 0 and self._follower.tempo_bpm is not None:
            self._follow(at_s, self._follower.tempo_bpm)

    def start(self, at_s: float) -> None:
        """A MIDI start came in: stand still until the first pulse, which is a bar line."""
        if self.follows_midi:
            self._follower.start()
            self._asked_song_beats = 0.0
            self._hold(at_s)

    def continue_(self, at_s: float) -> None:
        """A MIDI continue came in: stand still until the next pulse, and go on with it."""
        if self.follows_midi and not self._follower.is_running:
            self._follower.continue_()
            self._hold(at_s)

    def stop(self, at_s: float) -> None:
        """A MIDI stop came in: stand still."""
        if self.follows_midi:
            self._follower.stop(at_s)
            self._hold(at_s)

    def song_position(self, sixteenths: int, at_s: float) -> None:
        """A MIDI song position came in: stand still, and go on from that place of the bar."""
        if self.follows_midi:
            self._follower.song_position(sixteenths)
            self._asked_song_beats = sixteenths / 4.0
            self._hold(at_s)

    def _hold(self, at_s: float) -> None:
        self.source = "midi clock"
        if self.running:
            self._begin_run(at_s, self.beats(at_s), is_moving=False)

    def _enter(self, at_s: float) -> None:
        """The first pulse after start or continue: beats pass from here."""
        here_beats, song_beats = self.beats(at_s), self._follower.pos_beats(at_s)
        if self._asked_song_beats is not None:
            self._relocate(here_beats, self._asked_song_beats)
            self._asked_song_beats = None
        if self._song_offset_beats is None:
            self._song_offset_beats = here_beats - song_beats
        self._pulses = 0
        self._begin_run(at_s, max(here_beats, self._song_offset_beats + song_beats), is_moving=True)
        if self._follower.tempo_bpm is not None:
            self._follow(at_s, self._follower.tempo_bpm)

    def _relocate(self, here_beats: float, song_beats: float) -> None:
        """Find the beat, from here on, that stands for that place of the song."""
        if self._song_offset_beats is not None:
            away_beats = self._song_offset_beats + song_beats - here_beats
            if abs(away_beats) < _SAME_PLACE_BEATS:
                return  # song positions count whole sixteenths: this one only says where we stopped
        line_beats = self.meter.next_bar_beats(here_beats)
        into_bar_beats = song_beats % self.meter.bar_beats(line_beats)
        there_beats = self.meter.bar_start_beats(here_beats) + into_bar_beats
        if there_beats < here_beats:
            there_beats = line_beats + into_bar_beats
        self._song_offset_beats = there_beats - song_beats
        self.relocations += 1

    def _follow(self, at_s: float, tempo_bpm: float) -> None:
        """Take over the sender's tempo and, where it gave a position, lean towards its beat."""
        if not self.running:
            return
        error_beats = 0.0
        if self._follower.is_placed and self._song_offset_beats is not None:
            error_beats = self._song_offset_beats + self._follower.pos_beats(at_s) - self.beats(at_s)
        self.source = "midi clock"
        self._go_at(at_s, tempo_bpm, error_beats)

    def _go_at(self, at_s: float, tempo_bpm: float, error_beats: float) -> None:
        if self._runs[-1].changes >= _MAX_CHANGES:
            self._begin_run(at_s, self.beats(at_s), is_moving=True)
        bend = min(max(error_beats / _CORRECT_OVER_BEATS, -_CORRECT_AT_MOST), _CORRECT_AT_MOST)
        bent_bpm = min(max(tempo_bpm * (1 + bend), TEMPO_MIN_BPM), TEMPO_MAX_BPM)
        self._tempo_bpm = tempo_bpm
        # Our beats until we meet the sender's line; 0 if we are on it, or the tempo limits leave no way.
        gain_bpm = bent_bpm - tempo_bpm
        meet_beats = error_beats * bent_bpm / gain_bpm if gain_bpm else 0.0
        self._runs[-1].set_tempo(at_s, bent_bpm, meet_beats, tempo_bpm)

    def _begin_run(self, at_s: float, pos_beats: float, *, is_moving: bool) -> None:
        at_s = max(at_s, self._runs[-1].start_s)
        self._runs.append(_Run(at_s, pos_beats, is_moving, TimeMap(at_s, self._tempo_bpm)))
        del self._runs[:-_MAX_RUNS]
