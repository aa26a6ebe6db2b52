"""What queries read of a cache of bytes."""

# numba types these functions, mypy can't.
# mypy: disable-error-code="no-untyped-def, no-untyped-call, call-arg, var-annotated"

import numpy as np

from copilot.decode.kernels.kept import part
from copilot.decode.kernels.lanes import BLOCK, exp, larger
from copilot.decode.kernels.matrix import quantise, sweep
from copilot.decode.kernels.rows import run_end


def read_bytes(room, layer, h, group, cache, past, rows, first, last):
    """Sums of whole numbers, which no batch and no order changes. A weight is two bytes, a row of each."""
    scores, taken, units, planes, plane_units = (
        room.scores,
        room.taken,
        room.units,
        room.planes,
        room.plane_units,
    )
    shared, count, dim = rows.shared, (last - first) * group, taken.shape[1]
    for row in range(count):
        units[row] = quantise(room.queries[row], dim, taken[row])
    if shared:
        keys = past.keys[rows.base, layer, h, : shared // BLOCK]
        scales, shifts = past.key_scales[rows.base, layer, h], past.key_shifts[rows.base, layer, h]
        sweep(taken, units, count, keys, scales, shifts, scores)
    begin = first
    while begin < last:
        stop = run_end(rows, begin, last)
        a, b, slot = (begin - first) * group, (stop - first) * group, rows.slots[begin]
        end = rows.positions[stop - 1] + 1
        keys = cache.keys[slot, layer, h, : (end + BLOCK - 1) // BLOCK]
        scales, shifts = cache.key_scales[slot, layer, h], cache.key_shifts[slot, layer, h]
        sweep(taken[a:b], units[a:b], b - a, keys, scales, shifts, scores[a:b, shared:])
        past_scales = past.value_scales[rows.base, layer, h, :shared]
        for row in range(a, b):
            seen = shared + rows.positions[first + row // group] + 1
            unit = _weigh(
                scores[row], shared, seen, (shared + end + 3) // 4 * 4, past_scales,
                cache.value_scales[slot, layer, h], planes[2 * row], planes[2 * row + 1],
            )  # fmt: skip
            plane_units[2 * row], plane_units[2 * row + 1] = np.float32(256) * unit, unit
        values = cache.values[slot, layer, h, :, : (end + 3) // 4]
        own = planes[2 * a : 2 * b, shared:]
        sweep(own, plane_units[2 * a : 2 * b], 2 * (b - a), values, room.ones, room.zeros, room.sums[2 * a :])
        begin = stop
    _join(room, count, False)
    if shared:
        values = past.values[rows.base, layer, h, :, : shared // 4]
        sweep(planes, plane_units, 2 * count, values, room.ones, room.zeros, room.sums)
        _join(room, count, True)


@part
def _join(room, count, is_more):
    """read = or += what the two bytes of each weight made."""
    for row in range(count):
        high, low, into = room.sums[2 * row], room.sums[2 * row + 1], room.read[row]
        if is_more:
            for d in range(into.size):
                into[d] += high[d] + low[d]
        else:
            for d in range(into.size):
                into[d] = high[d] + low[d]


@part
def _weigh(row, shared, seen, end, past_scales, own_scales, high, low):
    """A row's scores → its softmax, times what each value's unit is worth, as two bytes; returns their unit's worth.

    One byte would lose what is far below the largest weight, and in a long window most of it together is.
    """
    top = row[0]
    for j in range(1, seen):
        top = larger(top, row[j])
    total, most = np.float32(0), np.float32(1e-30)
    for j in range(shared):
        weight = exp(row[j] - top)
        total += weight
        row[j] = weight * past_scales[j]
        most = larger(most, row[j])
    own = row[shared:seen]
    for j in range(own.size):
        weight = exp(own[j] - top)
        total += weight
        own[j] = weight * own_scales[j]
        most = larger(most, own[j])
    by = np.float32(65535) / most
    for j in range(seen):
        whole = np.int32(row[j] * by + np.float32(0.5))
        high[j] = np.uint8(whole >> np.int32(8))
        low[j] = np.uint8(whole & np.int32(255))
    for j in range(seen, end):
        high[j] = 0
        low[j] = 0
    return most / (np.float32(65535) * total)
