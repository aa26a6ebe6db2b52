"""The chord of the moment, from the past alone.

Source: as the offline chords of `copilot.music.theory`, without the Viterbi search, which looks ahead: templates over
the duration-weighted chroma of the last two beats, and hysteresis in the search's place.
"""

from collections.abc import Mapping

import numpy as np

from copilot.music.theory import chord_fit
from copilot.scoreboard.baselines.band import Band

NO_CHORD = -1
_WINDOW_BEATS = 2.0
_HYSTERESIS = 0.1
"""So much better must another chord fit. Of the sixteenths of eleven jams (the packaged one, blues, pop, games, a
quartet), the root was that of the offline chords in 58%, with 0.6 changes a beat; without hysteresis 60% and 0.8."""


def chord_now(chord: int, band: Band, now_beats: float, roles: Mapping[int, str]) -> int:
    """The state (see `theory.chord_of_state`) that follows `chord`; -1 before anything pitched was heard."""
    chroma = band.chroma(now_beats, _WINDOW_BEATS, roles)
    if not chroma.any():
        return chord
    bass = band.chroma(now_beats, _WINDOW_BEATS, roles, only="bass")
    fit = chord_fit(chroma[np.newaxis], bass[np.newaxis])[0]
    best = int(fit.argmax())
    return best if chord == NO_CHORD or fit[best] > fit[chord] + _HYSTERESIS else chord
