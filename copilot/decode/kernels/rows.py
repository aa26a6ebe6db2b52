"""The rows of a pass, and the room that a batch of them attends in."""

# numba types these functions, mypy can't.
# mypy: disable-error-code="no-untyped-def, no-untyped-call, call-arg, var-annotated"

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from copilot.decode.kernels.kept import part
from copilot.decode.kernels.lanes import BLOCK

Floats = NDArray[np.float32]


class Rows(NamedTuple):
    """The tokens of one pass. Those of a slot stand together, in the order of their positions.

    All rows also see the first `shared` positions (a multiple of 64) of slot `base` of another cache: then their own
    slots begin behind these.
    """

    ids: NDArray[np.int64]  # (rows,)
    slots: NDArray[np.int64]  # (rows,)
    positions: NDArray[np.int64]  # (rows,), in their own slots
    shared: int
    base: int


@part
def run_end(rows, begin, last):
    """Where the run of rows of one slot ends that begins here."""
    end = begin + 1
    while end < last and rows.slots[end] == rows.slots[begin]:
        end += 1
    return end


@part
def named(rows, wanted):
    """Some of the rows, in rising order."""
    ids, slots, positions = np.empty_like(wanted), np.empty_like(wanted), np.empty_like(wanted)
    for i in range(len(wanted)):
        ids[i], slots[i], positions[i] = rows.ids[wanted[i]], rows.slots[wanted[i]], rows.positions[wanted[i]]
    return Rows(ids, slots, positions, rows.shared, rows.base)


class Scratch(NamedTuple):
    """Room for a batch, made once a pass."""

    queries: Floats  # (BATCH * group, head_dim)
    scores: Floats  # (BATCH * group, whole blocks of positions)
    read: Floats  # (BATCH * group, whole blocks of head_dim)
    taken: NDArray[np.uint8]  # queries as bytes
    units: Floats  # (BATCH * group,)
    planes: NDArray[np.uint8]  # (2 * BATCH * group, as scores): two bytes of each weight
    plane_units: Floats  # (2 * BATCH * group,)
    sums: Floats  # (2 * BATCH * group, as read)
    ones: Floats  # (whole blocks of head_dim,): a value's scale is in its weight
    zeros: NDArray[np.int32]  # as ones: weights are bytes without a middle


@part
def new_scratch(queries, dim, width):
    whole = (dim + BLOCK - 1) // BLOCK * BLOCK
    return Scratch(
        np.empty((queries, dim), np.float32),
        np.empty((queries, width), np.float32),
        np.empty((queries, whole), np.float32),
        np.empty((queries, dim), np.uint8),
        np.empty(queries, np.float32),
        np.empty((2 * queries, width), np.uint8),
        np.empty(2 * queries, np.float32),
        np.empty((2 * queries, whole), np.float32),
        np.ones(whole, np.float32),
        np.zeros(whole, np.int32),
    )
