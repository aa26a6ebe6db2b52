"""What a flush keeps. Pure, so that a faster flush can be held against it."""

from collections.abc import Sequence


def choose_cut(cuts: Sequence[int], length: int) -> int | None:
    """Where to cut a window of `length` ids: the first legal cut that drops the oldest half.

    Where no cut lies in the newer half, the last one, if it drops at least a quarter; else None: the window
    holds no cut worth making and must begin anew. `cuts` ascend.
    """
    for at in cuts:
        if at >= length // 2:
            return at
    return cuts[-1] if cuts and cuts[-1] >= length // 4 else None
