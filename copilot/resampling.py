"""How sure a ratio of sums over songs is: percentile bootstrap intervals, resampling whole pieces.

B. Efron, R. Tibshirani: An Introduction to the Bootstrap (1993), §13.3. Ids of one song are no independent draws,
and neither are two versions of one piece; so pieces are drawn, with replacement, as many as there are, and each
draw's sums are divided anew. Every predictor is resampled with the same draws.
"""

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

RESAMPLES = 2000
_LEVEL = 0.95
_SEED = 2000
_DRAWS_AT_ONCE = 100
"""100 draws of 100,000 pieces are 80 MB."""

Floats = NDArray[np.float64]


def intervals(
    sums: Floats, pieces: Sequence[str], ratios: Callable[[Floats], Floats], resamples: int = RESAMPLES
) -> tuple[Floats, Floats]:
    """The 95% intervals of `ratios`: low and high, float64 (figures,) both.

    sums: float64 (songs, columns); pieces: what each song is a version of; ratios: (…, columns) to (…, figures).
    NaN ratios of a draw are left out. One piece alone gives an interval without width, which says nothing.
    """
    _, piece = np.unique(np.asarray(pieces), return_inverse=True)
    by_piece = np.zeros((int(piece.max()) + 1, sums.shape[1]))
    np.add.at(by_piece, piece, sums)
    count = len(by_piece)
    rng = np.random.default_rng(_SEED)
    drawn: list[Floats] = []
    for begin in range(0, resamples, _DRAWS_AT_ONCE):
        draws = min(_DRAWS_AT_ONCE, resamples - begin)
        times = rng.multinomial(count, np.full(count, 1 / count), size=draws)  # (draws, pieces)
        drawn.append(ratios(times @ by_piece))
    tail = 50 * (1 - _LEVEL)
    low, high = np.nanpercentile(np.concatenate(drawn), [tail, 100 - tail], axis=0)
    return low, high
