"""What a vocabulary costs: ids a note, ids a second, and how much music a window of ids hears."""

from collections.abc import Sequence

import msgspec
import numpy as np
from numpy.typing import NDArray

from copilot.codec.bulk import ticks_after
from copilot.codec.words import WordTable
from training.windows.words import Words

WINDOWS_IDS = (1024, 2048)
"""Windows whose length in seconds is told: the shipped model's, and the design's default."""


class VocabularyFigures(msgspec.Struct, frozen=True, kw_only=True):
    """Of one vocabulary over windows that it was not learnt on. `window_s` is by ids in the window.

    Seconds are of the windows that say their tempo, at that word's tempo.
    """

    size: int
    ids_per_word: float
    ids_per_note: float
    ids_per_s: float
    window_s: dict[str, float]


def measure(
    windows: Sequence[Words], ids_of: NDArray[np.int64], size: int, table: WordTable
) -> VocabularyFigures:
    """Figures of a vocabulary that spells word k in `ids_of[k]` ids; for the word level that is 1 for all.

    Pinned and held words count as ids (they take room in a window), held notes not as notes.
    """
    words = ids = notes = timed_ids = 0
    seconds = 0.0
    for window in windows:
        spelt = int(ids_of[window].sum())
        words, ids = words + len(window), ids + spelt
        notes += int(begun(window, table).sum())
        tempo_bpm = table.header_of(window[window < table.meta_end].tolist()).tempo_bpm
        if tempo_bpm is not None:
            timed_ids += spelt
            seconds += _beats(window, table) * 60.0 / tempo_bpm
    ids_per_s = timed_ids / max(seconds, 1e-9)
    return VocabularyFigures(
        size=size,
        ids_per_word=round(ids / max(1, words), 4),
        ids_per_note=round(ids / max(1, notes), 4),
        ids_per_s=round(ids_per_s, 2),
        window_s={str(window): round(window / max(ids_per_s, 1e-9), 1) for window in WINDOWS_IDS},
    )


def begun(words: Words, table: WordTable) -> NDArray[np.bool_]:
    """Which words begin a note: bool (words,). Those before the first bar line announce what sounds already."""
    bars = np.flatnonzero(words == table.bar)
    begun: NDArray[np.bool_] = words >= table.on_0
    begun[: bars[0] if len(bars) else len(words)] = False
    return begun


def _beats(words: Words, table: WordTable) -> float:
    return float(ticks_after(words, table).max(initial=0)) / table.params.ticks_per_beat
