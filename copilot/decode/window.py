"""What a flush keeps. Pure, and known before it happens, so that what is kept can be got ready beside the music."""

from collections.abc import Sequence


def settled_cut(cuts: Sequence[int], threshold: int) -> int | None:
    """Where a window that is flushed when it is longer than `threshold` ids will be cut, as soon as that is known.

    The first legal cut at or past half of the threshold; None while there is none. `cuts` ascend. Ids that are
    appended later change nothing.
    """
    return next((at for at in cuts if at >= threshold // 2), None)


def choose_cut(cuts: Sequence[int], threshold: int) -> int | None:
    """Where to cut now: where it was settled, else the last legal cut that drops at least a quarter.

    None: the window holds no cut worth making and must begin anew.
    """
    at = settled_cut(cuts, threshold)
    if at is not None:
        return at
    return cuts[-1] if cuts and cuts[-1] >= threshold // 4 else None
