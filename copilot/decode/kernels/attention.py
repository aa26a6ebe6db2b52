"""Attention over a cache that stands still: positions run along the vector registers."""

# numba types these functions, mypy can't; and an overload must name all arguments to choose by one.
# mypy: disable-error-code="no-untyped-def, no-untyped-call, call-arg, var-annotated"
# ruff: noqa: ARG001

from typing import Any, NamedTuple

import numpy as np
from numba import njit, types
from numba.extending import overload
from numpy.typing import NDArray

from copilot.decode.kernels.lanes import exp, half_bits, widen
from copilot.decode.kernels.matrix import project_floats

Floats = NDArray[np.float32]


class Cache(NamedTuple):
    """Keys, values and the rotary tables of every position that there may be. Head_dim is a multiple of 8.

    Keys and values are float32, or int16 that spell IEEE's 16-bit floats: at 1,024 tokens the embedded default reads
    6 MB of them a token as float32, more than its weights in bytes.
    """

    keys: NDArray[Any]  # (layers, kv_heads, head_dim, max_tokens)
    values: NDArray[Any]  # (layers, kv_heads, head_dim, max_tokens)
    cos: Floats  # (max_tokens, head_dim / 2)
    sin: Floats  # (max_tokens, head_dim / 2)


def _put(target, j, number):
    """target[j] = number, in the target's own kind of float. Compiled code only."""
    raise NotImplementedError("only compiled code calls this")


@overload(_put)
def _put_kind(target, j, number):
    if target.dtype == types.int16:

        def narrowed(target, j, number):
            target[j] = half_bits(number)

        return narrowed

    def as_it_is(target, j, number):
        target[j] = number

    return as_it_is


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
def _rotate(source, cos, sin, scale, target):
    """Turn one head's row by its position: element j pairs with element j + half."""
    half = cos.size
    for j in range(half):
        a, b = source[j], source[j + half]
        _put(target, j, (a * cos[j] - b * sin[j]) * scale)
        _put(target, j + half, (b * cos[j] + a * sin[j]) * scale)


@njit(fastmath=True)
def _score(queries, keys, scores, end):
    """scores[:, :end] = queries @ keys[:, :end].

    Positions run along the vector registers: a sum along head_dim, a few registers long, took 3 times as long.
    """
    scores[:, :end] = 0
    tiled = len(queries) - len(queries) % 4
    for row in range(0, tiled, 4):
        _score_four(queries, keys, scores, row, end)
    for row in range(tiled, len(queries)):
        _score_one(queries[row], keys, scores[row], end)


@njit(fastmath=True)
def _score_one(query, keys, into, end):
    """Eight dimensions at a time: a token's scores are read and written only so often."""
    for d in range(0, len(keys), 8):
        k0, k1, k2, k3 = keys[d], keys[d + 1], keys[d + 2], keys[d + 3]
        k4, k5, k6, k7 = keys[d + 4], keys[d + 5], keys[d + 6], keys[d + 7]
        q0, q1, q2, q3 = query[d], query[d + 1], query[d + 2], query[d + 3]
        q4, q5, q6, q7 = query[d + 4], query[d + 5], query[d + 6], query[d + 7]
        for j in range(end):
            into[j] += (
                q0 * widen(k0[j]) + q1 * widen(k1[j]) + q2 * widen(k2[j]) + q3 * widen(k3[j])
                + q4 * widen(k4[j]) + q5 * widen(k5[j]) + q6 * widen(k6[j]) + q7 * widen(k7[j])
            )  # fmt: skip


@njit(fastmath=True)
def _score_four(queries, keys, scores, row, end):
    """Four queries by four dimensions at a time: each key is read and widened once for four of them."""
    a, b, c, d = queries[row], queries[row + 1], queries[row + 2], queries[row + 3]
    into_a, into_b, into_c, into_d = scores[row], scores[row + 1], scores[row + 2], scores[row + 3]
    for i in range(0, len(keys), 4):
        k0, k1, k2, k3 = keys[i], keys[i + 1], keys[i + 2], keys[i + 3]
        a0, a1, a2, a3 = a[i], a[i + 1], a[i + 2], a[i + 3]
        b0, b1, b2, b3 = b[i], b[i + 1], b[i + 2], b[i + 3]
        c0, c1, c2, c3 = c[i], c[i + 1], c[i + 2], c[i + 3]
        d0, d1, d2, d3 = d[i], d[i + 1], d[i + 2], d[i + 3]
        for j in range(end):
            p, q, r, s = widen(k0[j]), widen(k1[j]), widen(k2[j]), widen(k3[j])
            into_a[j] += a0 * p + a1 * q + a2 * r + a3 * s
            into_b[j] += b0 * p + b1 * q + b2 * r + b3 * s
            into_c[j] += c0 * p + c1 * q + c2 * r + c3 * s
            into_d[j] += d0 * p + d1 * q + d2 * r + d3 * s


@njit(fastmath=True)
def _softmax(row, seen, end):
    """Weights of the first `seen` scores, in place; zeros from there to `end`."""
    top = row[0]
    for j in range(1, seen):
        top = max(top, row[j])
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
def attend(qkv, layer, weights, cache, position, attended):
    """Store the slice's keys and values; attended (tokens, heads * head_dim) is what each token reads."""
    keys, values = cache.keys[layer], cache.values[layer]
    kv_heads, dim, _ = keys.shape
    tokens, q_width, kv_width = len(qkv), weights.q_norm.shape[1], kv_heads * dim
    group = q_width // kv_width  # queries that share a key
    end = position + tokens
    for t in range(tokens):
        normalise(qkv[t, :q_width], weights.q_norm[layer], weights.eps)
        normalise(qkv[t, q_width : q_width + kv_width], weights.k_norm[layer], weights.eps)

    queries = np.empty((tokens * group, dim), np.float32)
    scores = np.empty((tokens * group, end), np.float32)
    read = np.empty((tokens * group, dim), np.float32)
    scale = np.float32(1 / np.sqrt(dim))
    for h in range(kv_heads):
        for t in range(tokens):
            at = position + t
            cos, sin = cache.cos[at], cache.sin[at]
            for g in range(group):
                begin = (h * group + g) * dim
                _rotate(qkv[t, begin : begin + dim], cos, sin, scale, queries[t * group + g])
            begin = q_width + h * dim
            _rotate(qkv[t, begin : begin + dim], cos, sin, np.float32(1), keys[h, :, at])
            for d in range(dim):
                _put(values[h, d], at, qkv[t, begin + kv_width + d])
        _score(queries, keys[h], scores, end)
        for row in range(tokens * group):
            _softmax(scores[row], position + row // group + 1, end)
        project_floats(scores, values[h], read, tokens * group, dim, end)
        for row in range(tokens * group):
            begin = (h * group + row % group) * dim
            attended[row // group, begin : begin + dim] = read[row]
