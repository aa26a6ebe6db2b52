"""How much of a part is quoted from the training data: the longest run of notes that stands there, too.

A suffix array over all training melodies (U. Manber and G. Myers, "Suffix arrays", SIAM Journal on Computing
22, 1993), sorted by prefix doubling up to the longest run that is told apart. Pure numpy; saved as npz, without
pickles.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from copilot.errors import ParameterError
from copilot.music.score import Note

LONGEST = 64
"""A run of 64 notes is as damning as one of 640."""
_BETWEEN = -1
_INTERVALS = 2 * 24 + 1
_STEPS = 49  # inter-onset intervals of 0–48 twelfths of a beat

Ints32 = NDArray[np.int32]


def moves(notes: Sequence[Note], ticks_per_beat: int) -> Ints32:
    """A part as steps, int32 (notes − 1,): interval and twelfths of a beat from each note to the next, in one
    number.

    Notes by start, then pitch; intervals are clipped to two octaves, times to four beats. No key, tempo or
    velocity is left, so that a quotation in another key is one.
    """
    rows = np.array(sorted((n.start_ticks, n.pitch) for n in notes), dtype=np.int64).reshape(-1, 2)
    twelfths = np.clip(np.rint(np.diff(rows[:, 0]) * 12 / ticks_per_beat), 0, _STEPS - 1).astype(np.int32)
    intervals = np.clip(np.diff(rows[:, 1]), -24, 24).astype(np.int32) + 24
    return np.asarray(twelfths * _INTERVALS + intervals, dtype=np.int32)


@dataclass(frozen=True, slots=True)
class QuoteIndex:
    """`text`: int32 (length + LONGEST,), all melodies, each followed by −1; `order`: int32 (length,), its
    suffixes."""

    text: Ints32
    order: Ints32

    def longest(self, part: Ints32) -> int:
        """The number of steps, 0–64, of the part's longest run that stands in one of the melodies."""
        if not len(part) or not len(self.order):
            return 0
        padded = np.concatenate([part, np.full(LONGEST, _BETWEEN - 1, dtype=np.int32)])
        wanted = padded[np.arange(len(part))[:, None] + np.arange(LONGEST)]  # (starts, LONGEST)
        low, high = np.zeros(len(part), dtype=np.int64), np.full(len(part), len(self.order))
        while (open_ := low < high).any():
            middle = np.minimum((low + high) // 2, len(self.order) - 1)
            before = _less(self._suffixes(middle), wanted)
            low = np.where(open_ & before, middle + 1, low)
            high = np.where(open_ & ~before, middle, high)
        # Nothing shares more with a run than its neighbours in order do.
        neighbours = (np.minimum(low, len(self.order) - 1), np.maximum(low - 1, 0))
        return max(int(_common(self._suffixes(place), wanted).max()) for place in neighbours)

    def save(self, path: Path) -> None:
        """Write it as npz."""
        np.savez(path, text=self.text, order=self.order)

    def _suffixes(self, places: NDArray[np.int64]) -> Ints32:
        return np.asarray(self.text[self.order[places][:, None] + np.arange(LONGEST)])


def index_of(melodies: Iterable[Ints32]) -> QuoteIndex:
    """An index over melodies (see `moves`); memory: some 60 bytes a note while it's built, 8 after."""
    pieces: list[Ints32] = []
    for melody in melodies:
        pieces += [np.asarray(melody, dtype=np.int32), np.array([_BETWEEN], dtype=np.int32)]
    text = np.concatenate([*pieces, np.full(LONGEST, _BETWEEN, dtype=np.int32)])
    _, rank = np.unique(text, return_inverse=True)
    rank = rank.astype(np.int64)
    length = 1
    while length < LONGEST:  # ranks by the first `length` steps, doubled each time
        following = np.append(rank[length:], np.zeros(length, dtype=np.int64))
        _, rank = np.unique(rank * (int(rank.max()) + 1) + following, return_inverse=True)
        length *= 2
    starts = np.argsort(rank, kind="stable")
    starts = starts[text[starts] != _BETWEEN]
    return QuoteIndex(text, starts.astype(np.int32))


def load_index(path: Path) -> QuoteIndex:
    """What `save` wrote. Raises ParameterError for anything else."""
    try:
        with np.load(path, allow_pickle=False) as arrays:
            text, order = arrays["text"], arrays["order"]
    except (OSError, ValueError, KeyError, EOFError) as error:
        raise ParameterError(f"{path} is no index of quotations ({error}): build it anew") from error
    whole = text.dtype == order.dtype == np.int32 and text.ndim == order.ndim == 1
    if (
        not whole
        or len(text) < LONGEST
        or (len(order) and not 0 <= order.min() <= order.max() < len(text) - LONGEST)
    ):
        raise ParameterError(f"{path} is no index of quotations (wrong arrays): build it anew")
    return QuoteIndex(text, order)


def _first_difference(some: Ints32, others: Ints32) -> NDArray[np.int64]:
    unlike = some != others
    return np.where(unlike.any(axis=1), unlike.argmax(axis=1), LONGEST)


def _less(some: Ints32, others: Ints32) -> NDArray[np.bool_]:
    at = np.minimum(_first_difference(some, others), LONGEST - 1)
    rows = np.arange(len(some))
    return np.asarray(some[rows, at] < others[rows, at])


def _common(some: Ints32, others: Ints32) -> NDArray[np.int64]:
    return _first_difference(some, others)
