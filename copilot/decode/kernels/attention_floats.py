"""What queries read of a cache of floats: positions run along the vector registers."""

# numba types these functions, mypy can't.
# mypy: disable-error-code="no-untyped-def, no-untyped-call, call-arg, var-annotated"

import numpy as np

from copilot.decode.kernels.kept import part
from copilot.decode.kernels.lanes import exp, larger
from copilot.decode.kernels.matrix import project_floats
from copilot.decode.kernels.rows import run_end


def read_floats(room, layer, h, group, cache, past, rows, first, last):
    queries, scores, read, more = room.queries, room.scores, room.read, room.sums
    shared, dim, count = rows.shared, queries.shape[1], (last - first) * group
    if shared:
        _score(queries, past.keys[rows.base, layer, h], scores, 0, count, 0, shared)
    begin = first
    while begin < last:
        stop = run_end(rows, begin, last)
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
        for row in range(count):
            for d in range(dim):
                read[row, d] += more[row, d]


@part
def _score(queries, keys, scores, begin, stop, at, end):
    """scores[begin:stop, at : at + end] = queries[begin:stop] @ keys[:, :end].

    Positions run along the vector registers: a sum along head_dim, a few registers long, took 3 times as long.
    """
    tiled = stop - (stop - begin) % 4
    for row in range(begin, tiled, 4):
        _score_four(queries, keys, scores, row, at, end)
    for row in range(tiled, stop):
        _score_one(queries[row], keys, scores[row, at : at + end])


@part
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


@part
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


@part
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
