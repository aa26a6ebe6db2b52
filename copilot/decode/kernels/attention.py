"""Attention of the rows of a pass, each over the past of its own slot: positions run along the vector registers."""

# numba types these functions, mypy can't; and an overload must name all arguments to choose by one.
# mypy: disable-error-code="no-untyped-def, no-untyped-call, call-arg, var-annotated"
# ruff: noqa: ARG001

from typing import NamedTuple

import numpy as np
from numba import njit, types
from numba.extending import overload
from numpy.typing import NDArray

from copilot.decode.kernels.cache import rotate, store
from copilot.decode.kernels.lanes import BLOCK, exp, larger
from copilot.decode.kernels.matrix import project_floats, quantise, sweep

BATCH = 8
"""Rows that attend together. Keys are read once for so many, and what comes after the last of them is not scored."""


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


@njit(fastmath=True)
def normalise(x, weight, eps):
    """RMS norm of one row, in place."""
    total = np.float32(0)
    for j in range(x.size):
        total += x[j] * x[j]
    scale = np.float32(1) / np.sqrt(total / np.float32(x.size) + np.float32(eps))
    for j in range(x.size):
        x[j] *= scale * weight[j]


@njit(fastmath=True)
def attend(qkv, layer, weights, rotary, cache, past, rows, attended):
    """Store the rows' keys and values in `cache`; attended (rows, heads * head_dim) is what each row reads."""
    count, q_width, kv_width = len(rows.ids), weights.q_norm.shape[1], weights.k_norm.shape[1]
    kv_heads, dim = cache.keys.shape[2], 2 * rotary.cos.shape[1]
    group = q_width // kv_width  # queries that share a key
    key = np.empty(dim, np.float32)
    for t in range(count):
        normalise(qkv[t, :q_width], weights.q_norm[layer], weights.eps)
        normalise(qkv[t, q_width : q_width + kv_width], weights.k_norm[layer], weights.eps)
        at = rows.shared + rows.positions[t]
        for h in range(kv_heads):
            begin = q_width + h * dim
            rotate(qkv[t, begin : begin + dim], rotary.cos[at], rotary.sin[at], np.float32(1), key)
            value = qkv[t, begin + kv_width : begin + kv_width + dim]
            store(cache, rows.slots[t], layer, h, rows.positions[t], key, value)

    longest = 0
    for t in range(count):
        longest = max(longest, rows.positions[t] + 1)
    width = rows.shared + (longest + BLOCK - 1) // BLOCK * BLOCK
    queries = np.empty((BATCH * group, dim), np.float32)
    scores = np.empty((BATCH * group, width), np.float32)
    scale = np.float32(1 / np.sqrt(dim))
    for first in range(0, count, BATCH):
        last = min(first + BATCH, count)
        for h in range(kv_heads):
            for t in range(first, last):
                at = rows.shared + rows.positions[t]
                for g in range(group):
                    begin = (h * group + g) * dim
                    query = queries[(t - first) * group + g]
                    rotate(qkv[t, begin : begin + dim], rotary.cos[at], rotary.sin[at], scale, query)
            read = _read(queries, scores, layer, h, group, cache, past, rows, first, last)
            for t in range(first, last):
                for g in range(group):
                    begin = (h * group + g) * dim
                    attended[t, begin : begin + dim] = read[(t - first) * group + g, :dim]


@njit
def _run_end(rows, begin, last):
    """Where the run of rows of one slot ends that begins here."""
    end = begin + 1
    while end < last and rows.slots[end] == rows.slots[begin]:
        end += 1
    return end


def _read(queries, scores, layer, h, group, cache, past, rows, first, last):
    """What rows first–last read by one head's queries: float32 (BATCH * group, head_dim or more)."""
    raise NotImplementedError("only compiled code calls this")


@overload(_read, jit_options={"fastmath": True})
def _read_kind(queries, scores, layer, h, group, cache, past, rows, first, last):
    if cache.types[0].dtype == types.int8:

        def bytes_(queries, scores, layer, h, group, cache, past, rows, first, last):
            return _read_bytes(queries, scores, layer, h, group, cache, past, rows, first, last)

        return bytes_

    def floats(queries, scores, layer, h, group, cache, past, rows, first, last):
        return _read_floats(queries, scores, layer, h, group, cache, past, rows, first, last)

    return floats


@njit(fastmath=True)
def _read_floats(queries, scores, layer, h, group, cache, past, rows, first, last):
    shared, dim = rows.shared, queries.shape[1]
    read, more = np.empty(queries.shape, np.float32), np.empty(queries.shape, np.float32)
    count = (last - first) * group
    if shared:
        _score(queries, past.keys[rows.base, layer, h], scores, 0, count, 0, shared)
    begin = first
    while begin < last:
        stop = _run_end(rows, begin, last)
        a, b, end = (begin - first) * group, (stop - first) * group, rows.positions[stop - 1] + 1
        slot = rows.slots[begin]
        _score(queries, cache.keys[slot, layer, h], scores, a, b, shared, end)
        for row in range(a, b):
            _softmax(scores[row], shared + rows.positions[first + row // group] + 1, shared + end)
        own = scores[a:b, shared : shared + end].copy()  # rows that lie close become vector code
        project_floats(own, cache.values[slot, layer, h], read[a:b], b - a, dim, end)
        begin = stop
    if shared:
        project_floats(scores, past.values[rows.base, layer, h], more, count, dim, shared)
        read[:count] += more[:count]
    return read


@njit(fastmath=True)
def _score(queries, keys, scores, begin, stop, at, end):
    """scores[begin:stop, at : at + end] = queries[begin:stop] @ keys[:, :end].

    Positions run along the vector registers: a sum along head_dim, a few registers long, took 3 times as long.
    """
    tiled = stop - (stop - begin) % 4
    for row in range(begin, tiled, 4):
        _score_four(queries, keys, scores, row, at, end)
    for row in range(tiled, stop):
        _score_one(queries[row], keys, scores[row, at : at + end])


@njit(fastmath=True)
def _score_one(query, keys, into):
    """Eight dimensions at a time: a token's scores are read and written only so often."""
    into[:] = 0
    for d in range(0, len(keys), 8):
        k0, k1, k2, k3 = keys[d], keys[d + 1], keys[d + 2], keys[d + 3]
        k4, k5, k6, k7 = keys[d + 4], keys[d + 5], keys[d + 6], keys[d + 7]
        q0, q1, q2, q3 = query[d], query[d + 1], query[d + 2], query[d + 3]
        q4, q5, q6, q7 = query[d + 4], query[d + 5], query[d + 6], query[d + 7]
        for j in range(into.size):
            into[j] += (
                q0 * k0[j] + q1 * k1[j] + q2 * k2[j] + q3 * k3[j]
                + q4 * k4[j] + q5 * k5[j] + q6 * k6[j] + q7 * k7[j]
            )  # fmt: skip


@njit(fastmath=True)
def _score_four(queries, keys, scores, row, at, end):
    """Four queries by four dimensions at a time: each key is read once for four of them."""
    a, b, c, d = queries[row], queries[row + 1], queries[row + 2], queries[row + 3]
    into_a, into_b = scores[row, at : at + end], scores[row + 1, at : at + end]
    into_c, into_d = scores[row + 2, at : at + end], scores[row + 3, at : at + end]
    for into in (into_a, into_b, into_c, into_d):
        into[:] = 0
    for i in range(0, len(keys), 4):
        k0, k1, k2, k3 = keys[i], keys[i + 1], keys[i + 2], keys[i + 3]
        a0, a1, a2, a3 = a[i], a[i + 1], a[i + 2], a[i + 3]
        b0, b1, b2, b3 = b[i], b[i + 1], b[i + 2], b[i + 3]
        c0, c1, c2, c3 = c[i], c[i + 1], c[i + 2], c[i + 3]
        d0, d1, d2, d3 = d[i], d[i + 1], d[i + 2], d[i + 3]
        for j in range(end):
            p, q, r, s = k0[j], k1[j], k2[j], k3[j]
            into_a[j] += a0 * p + a1 * q + a2 * r + a3 * s
            into_b[j] += b0 * p + b1 * q + b2 * r + b3 * s
            into_c[j] += c0 * p + c1 * q + c2 * r + c3 * s
            into_d[j] += d0 * p + d1 * q + d2 * r + d3 * s


@njit(fastmath=True)
def _softmax(row, seen, end):
    """Weights of the first `seen` scores, in place; zeros from there to `end`."""
    top = row[0]
    for j in range(1, seen):
        top = larger(top, row[j])
    total = np.float32(0)
    for j in range(seen):
        row[j] = exp(row[j] - top)
        total += row[j]
    share = np.float32(1) / total
    for j in range(seen):
        row[j] *= share
    for j in range(seen, end):
        row[j] = 0


@njit(fastmath=True)
def _read_bytes(queries, scores, layer, h, group, cache, past, rows, first, last):
    """Sums of whole numbers, which no batch and no order changes. A weight is two bytes, a row of each."""
    shared, count, dim = rows.shared, (last - first) * group, queries.shape[1]
    taken, units = np.empty((count, dim), np.uint8), np.empty(count, np.float32)
    planes = np.empty((2 * count, scores.shape[1]), np.uint8)
    plane_units = np.empty(2 * count, np.float32)
    for row in range(count):
        units[row] = quantise(queries[row], dim, taken[row])
    if shared:
        keys = past.keys[rows.base, layer, h, : shared // BLOCK]
        scales, shifts = past.key_scales[rows.base, layer, h], past.key_shifts[rows.base, layer, h]
        sweep(taken, units, count, keys, scales, shifts, scores)
    begin = first
    while begin < last:
        stop = _run_end(rows, begin, last)
        a, b, end, slot = (
            (begin - first) * group,
            (stop - first) * group,
            rows.positions[stop - 1] + 1,
            rows.slots[begin],
        )
        keys = cache.keys[slot, layer, h, : (end + BLOCK - 1) // BLOCK]
        scales, shifts = cache.key_scales[slot, layer, h], cache.key_shifts[slot, layer, h]
        sweep(taken[a:b], units[a:b], b - a, keys, scales, shifts, scores[a:b, shared:])
        for row in range(a, b):
            unit = _weigh(
                scores[row], shared, shared + rows.positions[first + row // group] + 1, (shared + end + 3) // 4 * 4,
                past.value_scales[rows.base, layer, h, :shared], cache.value_scales[slot, layer, h],
                planes[2 * row], planes[2 * row + 1],
            )  # fmt: skip
            plane_units[2 * row], plane_units[2 * row + 1] = np.float32(256) * unit, unit
        begin = stop

    read = np.zeros((count, (dim + BLOCK - 1) // BLOCK * BLOCK), np.float32)
    sums = np.empty((2 * count, read.shape[1]), np.float32)
    if shared:
        values = past.values[rows.base, layer, h, :, : shared // 4]
        _add_read(planes, plane_units, values, sums, read)
    begin = first
    while begin < last:
        stop = _run_end(rows, begin, last)
        a, b, end = (begin - first) * group, (stop - first) * group, rows.positions[stop - 1] + 1
        values = cache.values[rows.slots[begin], layer, h, :, : (end + 3) // 4]
        _add_read(planes[2 * a : 2 * b, shared:], plane_units[2 * a : 2 * b], values, sums, read[a:b])
        begin = stop
    return read


@njit(fastmath=True)
def _add_read(planes, units, values, sums, read):
    """read += what two bytes of weight for each value make."""
    ones, zeros = np.ones(read.shape[1], np.float32), np.zeros(read.shape[1], np.int32)
    sweep(planes, units, len(planes), values, ones, zeros, sums)
    for row in range(len(read)):
        high, low, into = sums[2 * row], sums[2 * row + 1], read[row]
        for d in range(into.size):
            into[d] += high[d] + low[d]


@njit(fastmath=True)
def _weigh(row, shared, seen, end, past_scales, own_scales, high, low):
    """A row's scores → its softmax, times what each value's unit is worth, as two bytes; returns their unit's worth.

    One byte would lose what is far below the largest weight, and in a long window most of it together is.
    """
    top = row[0]
    for j in range(1, seen):
        top = larger(top, row[j])
    total = np.float32(0)
    for j in range(seen):
        row[j] = exp(row[j] - top)
        total += row[j]
    most = np.float32(1e-30)
    for j in range(shared):
        row[j] *= past_scales[j]
        most = larger(most, row[j])
    own = row[shared:seen]
    for j in range(own.size):
        own[j] *= own_scales[j]
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
