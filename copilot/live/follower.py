"""Tempo and position from MIDI beat clock. Pure: it is told when each message came in."""

import math
from collections import deque
from itertools import pairwise

from copilot.music.timemap import TEMPO_MAX_BPM, TEMPO_MIN_BPM

PULSES_PER_BEAT = 24
_PULSES_PER_SIXTEENTH = 6
DROPOUT_S = 0.5
"""Longer silence is a drop-out: even 20 bpm sends a pulse each 125 ms."""

_MEMORY_PULSES = 48
_MEMORY_S = 1.0
"""The loop's memory: two beats, and a second at least. With ±2 ms of jitter the tempo stays within 0.2 bpm
at 120 bpm. In an accelerando of 20 bpm over 8 beats it lags 6 ms behind; with 64 pulses it would lag 11."""

_REGRIP_PULSES = 8
"""The memory that is left after a drop-out or a jump: tempo is known roughly, phase is not."""

_NEW_PULSES = 12
"""Until so many are remembered, each is one: a line through fewer can't tell a lost pulse from a late one."""

_MOST_SPREAD = 0.8
"""Of a period. Where pulses come more unevenly, each is one: by its time none is told from the next. JACK hands over
what came in a cycle at once, after it: by 512 frames at 48 kHz pulses are up to 11 ms late, by 1,024 up to 21."""

_TWICE, _GAP = 0.25, 1.6
"""Periods. Sooner after the one before it a pulse may be that one again; later, some may be lost in between."""

_FAST_PULSES, _SLOW_PULSES = 6, 32
_JUMP_PULSES = 8
_JUMP_RATIO = 0.07
"""A jump is when the mean of the last 6 intervals stays 7% off for 8 pulses; of more intervals, up to 32, where they
are so uneven that 6 say less. Jitter of ±2 ms moves the mean of 6 by 3% at 120 bpm, a single lost pulse moves it for
6 pulses only, and a change of 10% is caught in 13."""
_UNSETTLED_PULSES = 12
"""How uneven the last ones are says nothing yet: that may be a jump."""

_MOST_GAPS, _MOST_TWICE = 2, 3
"""Of these intervals. A gap may be of many lost pulses; twice is what JACK may hand over where a cycle is late."""


def _period_s(tempo_bpm: float) -> float:
    return 60.0 / (PULSES_PER_BEAT * tempo_bpm)


_PERIOD_MIN_S, _PERIOD_MAX_S = _period_s(TEMPO_MAX_BPM), _period_s(TEMPO_MIN_BPM)


class ClockFollower:
    """Follows one sender of MIDI beat clock: 24 pulses a quarter note, start, stop, continue, song position.

    A second-order (alpha–beta) loop, whose gains are those of a growing least-squares line until two beats
    have been heard and fixed from then on (Brookner, Tracking and Kalman Filtering Made Easy, ch. 1.3).
    Pulses are counted by the clock, not by their number, so that a pulse that is lost, late or there twice does not
    shift the beat; by their number at first, and where they come too unevenly.

    `is_running` says what the sender last asked for: true from start or continue until stop. A drop-out
    does not end it: position freewheels at the last tempo, and pulses that come back are counted from
    there. Pulses without any start give a tempo and no position. Times are seconds of one clock; ask in
    order of time.
    """

    def __init__(self) -> None:
        self.is_running = False
        self._period_s: float | None = None
        self._last_s: float | None = None  # when the last pulse came in
        self._fit_s = 0.0  # when it ought to have come
        self._count = 0  # pulses since the first one heard, lost ones included
        self._memory_pulses = 0
        self._gap_pulses = 0  # that were taken for lost just now: late ones fill them
        self._off_pulses = 0
        self._recent: deque[tuple[float, int]] = deque(maxlen=_SLOW_PULSES + 3)
        self._errors_s: deque[float] = deque(maxlen=_MEMORY_PULSES)  # how late each was
        self._origin = 0  # the count at which the song's pulse 0 was
        self._entry: int | None = (
            0  # the song pulse that the next pulse is, where start or continue asked for it
        )
        self._floor_beats = 0.0

    @property
    def tempo_bpm(self) -> float | None:
        """Quarter notes a minute; None until two pulses were heard."""
        if self._period_s is None:
            return None
        return min(max(60.0 / (PULSES_PER_BEAT * self._period_s), TEMPO_MIN_BPM), TEMPO_MAX_BPM)

    @property
    def is_placed(self) -> bool:
        """Whether the position moves: running, and the first pulse after start or continue was heard."""
        return self.is_running and self._entry is None

    def is_heard(self, at_s: float) -> bool:
        """Whether a pulse came in during the last half second."""
        return self._last_s is not None and at_s - self._last_s <= DROPOUT_S

    def pos_beats(self, at_s: float) -> float:
        """Quarter notes since the song's start; goes back at a start or a song position only."""
        if self.is_placed:
            ahead = 0.0 if self._period_s is None else (at_s - self._fit_s) / self._period_s
            self._floor_beats = max(self._floor_beats, (self._count - self._origin + ahead) / PULSES_PER_BEAT)
        return self._floor_beats

    def start(self) -> None:
        """Begin at the song's start: the next pulse is beat 0."""
        self._place(0)
        self.is_running = True

    def stop(self, at_s: float) -> None:
        """Hold the position; pulses go on giving the tempo."""
        if self.is_placed:
            self.pos_beats(at_s)
            self._entry = self._count - self._origin + 1
        self.is_running = False

    def continue_(self) -> None:
        """Go on from where stop or the song position left off, with the next pulse."""
        self.is_running = True

    def song_position(self, sixteenths: int) -> None:
        """The next pulse while running, or after continue, is that many sixteenths into the song."""
        self._place(sixteenths * _PULSES_PER_SIXTEENTH)

    def pulse(self, at_s: float) -> None:
        """One clock message came in. A time before the last one counts as the last one's."""
        if self._last_s is None:
            self._fit_s = at_s
        else:
            at_s = max(at_s, self._last_s)
            self._advance(at_s, at_s - self._last_s)
        self._last_s = at_s
        self._recent.append((at_s, self._count))
        self._watch_for_jump()
        if self.is_running and self._entry is not None:
            self._enter(at_s, self._entry)

    def _place(self, pulse: int) -> None:
        self._entry = pulse
        self._floor_beats = pulse / PULSES_PER_BEAT

    def _enter(self, at_s: float, pulse: int) -> None:
        """Count the song from this pulse; a sender that began a new row of pulses is taken at its word."""
        self._origin, self._entry = self._count - pulse, None
        if self._period_s is not None and abs(at_s - self._fit_s) > self._period_s / 4:
            self._regrip(at_s, self._period_s)

    def _advance(self, at_s: float, interval_s: float) -> None:
        if self._period_s is None:
            if interval_s < _PERIOD_MIN_S:
                return  # no tempo is as fast: the first pulse once more
            self._fit_s = at_s
            self._count += 1
            if interval_s <= DROPOUT_S:
                self._period_s = _clamp(interval_s)
                self._memory_pulses = 2
            return
        steps = self._steps(at_s, interval_s, self._period_s)
        self._count += steps
        self._gap_pulses = max(0, self._gap_pulses + steps - 1) if steps != 1 else 0
        if interval_s > DROPOUT_S:
            self._regrip(at_s, self._period_s)
        elif steps:
            self._correct(at_s, steps, self._period_s)

    def _steps(self, at_s: float, interval_s: float, period_s: float) -> int:
        """How many pulses on this one is: 0 where it came before, or was taken for lost and is only late."""
        steps = max(0, round((at_s - self._fit_s) / period_s))
        if interval_s > DROPOUT_S:
            return steps
        is_new = self._memory_pulses < _NEW_PULSES and interval_s >= _PERIOD_MIN_S
        if is_new or self._spread_s() > _MOST_SPREAD * period_s:
            return 1
        if interval_s < _GAP * period_s:
            steps = min(steps, 1)
        if interval_s >= _TWICE * period_s and not self._gap_pulses:
            steps = max(steps, 1)
        return steps

    def _correct(self, at_s: float, steps: int, period_s: float) -> None:
        longest_pulses = max(_MEMORY_PULSES, int(_MEMORY_S / period_s))
        n = self._memory_pulses = min(self._memory_pulses + 1, longest_pulses)
        phase_gain = 2 * (2 * n - 1) / (n * (n + 1))
        tempo_gain = 6 / (n * (n + 1))
        expected_s = self._fit_s + steps * period_s
        error_s = at_s - expected_s
        self._errors_s.append(error_s)
        self._fit_s = expected_s + phase_gain * error_s
        self._period_s = _clamp(period_s + tempo_gain * error_s / steps)

    def _regrip(self, at_s: float, period_s: float) -> None:
        self._fit_s, self._period_s = at_s, _clamp(period_s)
        self._memory_pulses = _REGRIP_PULSES
        self._off_pulses = 0
        self._recent.clear()

    def _watch_for_jump(self) -> None:
        if self._period_s is None:
            return
        uneven = math.ceil(self._spread_s() / (_JUMP_RATIO * self._period_s))
        pulses = min(max(uneven, _FAST_PULSES), _SLOW_PULSES)
        if len(self._recent) <= pulses:
            return
        last_s, _ = self._recent[-1]
        fast_s = (last_s - self._recent[-1 - pulses][0]) / pulses
        is_off = abs(fast_s / self._period_s - 1) > _JUMP_RATIO
        self._off_pulses = self._off_pulses + 1 if is_off else 0
        since = pulses + _JUMP_PULSES - _FAST_PULSES
        if self._off_pulses < since or len(self._recent) <= since:
            return
        if self._gaps_explain(self._period_s, since):
            self._off_pulses = 0
            return
        # Counting by the old tempo went wrong meanwhile: every pulse since the jump was one pulse.
        self._count = self._recent[-1 - since][1] + since
        self._regrip(last_s, fast_s)
        self._errors_s.clear()
        self._recent.append((last_s, self._count))

    def _spread_s(self) -> float:
        """Between the earliest and the latest pulse of the memory; without the last ones, which a jump sets off."""
        errors_s = list(self._errors_s)
        before_s = errors_s[:-_UNSETTLED_PULSES] if len(errors_s) > 2 * _UNSETTLED_PULSES else errors_s
        return max(before_s, default=0.0) - min(before_s, default=0.0)

    def _gaps_explain(self, period_s: float, pulses: int) -> bool:
        """Whether a few of the last pulses that were lost, or came twice, bring the mean back to the tempo."""
        intervals_s = [
            after - before for (before, _), (after, _) in pairwise(list(self._recent)[-1 - pulses :])
        ]
        lost = [round(interval / period_s) - 1 for interval in intervals_s if interval > 1.5 * period_s]
        twice = sum(interval < _TWICE * period_s for interval in intervals_s)
        if len(lost) > _MOST_GAPS or twice > _MOST_TWICE or not (lost or twice):
            return False
        mean_s = sum(intervals_s) / (len(intervals_s) + sum(lost) - twice)
        return abs(mean_s / period_s - 1) <= _JUMP_RATIO


def _clamp(period_s: float) -> float:
    return min(max(period_s, _PERIOD_MIN_S), _PERIOD_MAX_S)
