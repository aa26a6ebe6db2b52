"""Beats ↔ seconds under a tempo that changes. Pure; grows at its end only, so that the past never moves."""

from bisect import bisect_right
from dataclasses import dataclass, field

from copilot.errors import ParameterError

TEMPO_MIN_BPM, TEMPO_MAX_BPM = 20.0, 999.0


@dataclass(slots=True)
class TimeMap:
    """A piecewise linear map between beats (quarter notes since zero) and seconds on one clock.

    Raises ParameterError for a tempo outside 20–999 bpm.
    """

    start_s: float = 0.0
    tempo_bpm: float = 120.0
    _beats: list[float] = field(default_factory=list)
    _seconds: list[float] = field(default_factory=list)
    _tempi: list[float] = field(default_factory=list)

    def __post_init__(self) -> None:
        _check(self.tempo_bpm)
        self._beats, self._seconds, self._tempi = [0.0], [self.start_s], [self.tempo_bpm]

    def set_tempo(self, pos_beats: float, tempo_bpm: float) -> None:
        """From `pos_beats` on, go at `tempo_bpm`. A position before the last change counts as that change's."""
        _check(tempo_bpm)
        pos_beats = max(pos_beats, self._beats[-1])
        if tempo_bpm == self._tempi[-1]:
            return
        at_s = self.seconds(pos_beats)
        if pos_beats == self._beats[-1]:
            self._tempi[-1] = tempo_bpm
        else:
            self._beats.append(pos_beats)
            self._seconds.append(at_s)
            self._tempi.append(tempo_bpm)
        self.tempo_bpm = tempo_bpm

    def seconds(self, pos_beats: float) -> float:
        """The moment of a beat, on the map's clock."""
        i = max(0, bisect_right(self._beats, pos_beats) - 1)
        return self._seconds[i] + (pos_beats - self._beats[i]) * 60.0 / self._tempi[i]

    def beats(self, at_s: float) -> float:
        """The beat at a moment of the map's clock; negative before its start."""
        i = max(0, bisect_right(self._seconds, at_s) - 1)
        return self._beats[i] + (at_s - self._seconds[i]) * self._tempi[i] / 60.0

    def tempo_at(self, pos_beats: float) -> float:
        """Tempo in quarter notes a minute at a beat."""
        return self._tempi[max(0, bisect_right(self._beats, pos_beats) - 1)]


def _check(tempo_bpm: float) -> None:
    if not TEMPO_MIN_BPM <= tempo_bpm <= TEMPO_MAX_BPM:
        raise ParameterError(
            f"tempo {tempo_bpm:g} bpm is outside {TEMPO_MIN_BPM:g}–{TEMPO_MAX_BPM:g}: set tempo_bpm in that range"
        )
