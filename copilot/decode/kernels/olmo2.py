"""OLMo-2, a few tokens at a time, as one compiled call: every layer, the cache and the head.

Everything compiled stands in this one file, because numba's disk cache notices a change of the file that
holds the entry point and of no other.

Matrices are float32, or the upper half of one (bfloat16) as uint16, widened as it is read: a step is bound by
the memory that it reads, and half of it took 0.6 of the time. All sums are float32. One thread: two decode
threads on two cores were measured to give outliers of 5–25 ms.
"""

# numba types these functions, mypy can't: an intrinsic's signature is that of its generator.
# mypy: disable-error-code="no-untyped-def, call-arg, var-annotated"

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from llvmlite import ir
from numba import njit, types
from numba.extending import intrinsic
from numpy.typing import NDArray

CHUNK = 64
"""The most tokens of one call. A prefill of 512 in chunks of 16, 32, 64, 128, 256 took 163, 144, 133, 132, 136 ms."""

Floats = NDArray[np.float32]
Matrix = NDArray[np.float32] | NDArray[np.uint16]


class Weights(NamedTuple):
    """A model's arrays. Matrices stand as (out, in): a row is what one output is made of."""

    embedding: Matrix  # (vocab, hidden)
    qkv: Matrix  # (layers, (heads + 2 kv_heads) * head_dim, hidden)
    q_norm: Floats  # (layers, heads * head_dim)
    k_norm: Floats  # (layers, kv_heads * head_dim)
    mix: Matrix  # (layers, hidden, heads * head_dim)
    mix_norm: Floats  # (layers, hidden)
    gate_up: Matrix  # (layers, 2 * intermediate, hidden)
    down: Matrix  # (layers, hidden, intermediate)
    down_norm: Floats  # (layers, hidden)
    norm: Floats  # (hidden,)
    head: Matrix  # (vocab, hidden)
    eps: float


class Cache(NamedTuple):
    """Keys, values and the rotary tables of every position that there may be. Head_dim is a multiple of 8."""

    keys: Floats  # (layers, kv_heads, head_dim, max_tokens)
    values: Floats  # (layers, kv_heads, head_dim, max_tokens)
    cos: Floats  # (max_tokens, head_dim / 2)
    sin: Floats  # (max_tokens, head_dim / 2)


def _kept(function: Callable[..., Any]) -> Any:
    """Compile at the first call, and keep the machine code on disk where there is a place for it."""
    try:
        return njit(cache=True, nogil=True, fastmath=True)(function)
    except RuntimeError:  # neither the package's folder nor the user's is writable: compile at every start
        return njit(nogil=True, fastmath=True)(function)


@intrinsic
def _float_of_bits(_context: Any, _bits: Any) -> Any:
    """The float32 that 32 bits spell."""

    def generate(_context: Any, builder: Any, _signature: Any, args: Any) -> Any:
        return builder.bitcast(args[0], ir.FloatType())

    return types.float32(types.int32), generate


@intrinsic
def _widen(_context: Any, weight: Any) -> Any:
    """A weight as float32: as it is, or its upper half filled up with zeros."""

    def generate(_context: Any, builder: Any, _signature: Any, args: Any) -> Any:
        if weight == types.float32:
            return args[0]
        bits = builder.shl(builder.zext(args[0], ir.IntType(32)), ir.Constant(ir.IntType(32), 16))
        return builder.bitcast(bits, ir.FloatType())

    return types.float32(weight), generate


@njit(fastmath=True, inline="always")
def _exp(x):
    """e ** x to 2e-7, cut off below 1e-38: the loop around it becomes vector code, around math.exp it does not."""
    power = min(max(x, np.float32(-87.0)), np.float32(88.0)) * np.float32(1.4426950408889634)
    biased = np.int32(power + np.float32(127.5))
    r = (power - np.float32(biased - np.int32(127))) * np.float32(0.6931471805599453)  # within ±ln(2)/2
    tail = np.float32(1 / 6) + r * (np.float32(1 / 24) + r * (np.float32(1 / 120) + r * np.float32(1 / 720)))
    whole = _float_of_bits(biased << np.int32(23))
    return whole * (np.float32(1) + r * (np.float32(1) + r * (np.float32(0.5) + r * tail)))


@njit(fastmath=True)
def _tile(x, w, y, t, i, cols):
    """Four tokens by four rows: sixteen sums in registers, each number loaded once for four of them."""
    x0, x1, x2, x3 = x[t], x[t + 1], x[t + 2], x[t + 3]
    w0, w1, w2, w3 = w[i], w[i + 1], w[i + 2], w[i + 3]
    a0 = a1 = a2 = a3 = b0 = b1 = b2 = b3 = np.float32(0)
    c0 = c1 = c2 = c3 = d0 = d1 = d2 = d3 = np.float32(0)
    for j in range(cols):
        a, b, c, d = x0[j], x1[j], x2[j], x3[j]
        p, q, r, s = _widen(w0[j]), _widen(w1[j]), _widen(w2[j]), _widen(w3[j])
        a0 += a * p
        a1 += a * q
        a2 += a * r
        a3 += a * s
        b0 += b * p
        b1 += b * q
        b2 += b * r
        b3 += b * s
        c0 += c * p
        c1 += c * q
        c2 += c * r
        c3 += c * s
        d0 += d * p
        d1 += d * q
        d2 += d * r
        d3 += d * s
    y[t, i], y[t, i + 1], y[t, i + 2], y[t, i + 3] = a0, a1, a2, a3
    y[t + 1, i], y[t + 1, i + 1], y[t + 1, i + 2], y[t + 1, i + 3] = b0, b1, b2, b3
    y[t + 2, i], y[t + 2, i + 1], y[t + 2, i + 2], y[t + 2, i + 3] = c0, c1, c2, c3
    y[t + 3, i], y[t + 3, i + 1], y[t + 3, i + 2], y[t + 3, i + 3] = d0, d1, d2, d3


@njit(fastmath=True)
def _strip(x, w, y, t, i, cols):
    """One token by four rows."""
    x0 = x[t]
    w0, w1, w2, w3 = w[i], w[i + 1], w[i + 2], w[i + 3]
    a0 = a1 = a2 = a3 = np.float32(0)
    for j in range(cols):
        a = x0[j]
        a0 += a * _widen(w0[j])
        a1 += a * _widen(w1[j])
        a2 += a * _widen(w2[j])
        a3 += a * _widen(w3[j])
    y[t, i], y[t, i + 1], y[t, i + 2], y[t, i + 3] = a0, a1, a2, a3


@njit(fastmath=True)
def _project(x, w, y, tokens, rows, cols):
    """y[:tokens, :rows] = x[:tokens, :cols] @ w[:rows, :cols].T, each weight read once from afar."""
    tiled, striped = tokens - tokens % 4, rows - rows % 4
    for i in range(0, striped, 4):
        for t in range(0, tiled, 4):
            _tile(x, w, y, t, i, cols)
        for t in range(tiled, tokens):
            _strip(x, w, y, t, i, cols)
    for i in range(striped, rows):
        for t in range(tokens):
            total = np.float32(0)
            for j in range(cols):
                total += x[t, j] * _widen(w[i, j])
            y[t, i] = total


@njit(fastmath=True)
def _normalise(x, weight, eps):
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
        target[j] = (a * cos[j] - b * sin[j]) * scale
        target[j + half] = (b * cos[j] + a * sin[j]) * scale


@njit(fastmath=True)
def _score(queries, keys, scores, end):
    """scores[:, :end] = queries @ keys[:, :end], eight dimensions at a time.

    Positions run along the vector registers: a sum along head_dim, a few registers long, took 3 times as long.
    """
    scores[:, :end] = 0
    for d in range(0, len(keys), 8):
        k0, k1, k2, k3 = keys[d], keys[d + 1], keys[d + 2], keys[d + 3]
        k4, k5, k6, k7 = keys[d + 4], keys[d + 5], keys[d + 6], keys[d + 7]
        for row in range(len(queries)):
            query = queries[row]
            q0, q1, q2, q3 = query[d], query[d + 1], query[d + 2], query[d + 3]
            q4, q5, q6, q7 = query[d + 4], query[d + 5], query[d + 6], query[d + 7]
            into = scores[row]
            for j in range(end):
                into[j] += (
                    q0 * k0[j] + q1 * k1[j] + q2 * k2[j] + q3 * k3[j]
                    + q4 * k4[j] + q5 * k5[j] + q6 * k6[j] + q7 * k7[j]
                )  # fmt: skip


@njit(fastmath=True)
def _softmax(row, seen, end):
    """Weights of the first `seen` scores, in place; zeros from there to `end`."""
    top = row[0]
    for j in range(1, seen):
        top = max(top, row[j])
    total = np.float32(0)
    for j in range(seen):
        row[j] = _exp(row[j] - top)
        total += row[j]
    share = np.float32(1) / total
    for j in range(seen):
        row[j] *= share
    for j in range(seen, end):
        row[j] = 0


@njit(fastmath=True)
def _attend(qkv, layer, weights, cache, position, attended):
    """Store the slice's keys and values; attended (tokens, heads * head_dim) is what each token reads."""
    keys, values = cache.keys[layer], cache.values[layer]
    kv_heads, dim, _ = keys.shape
    tokens, q_width, kv_width = len(qkv), weights.q_norm.shape[1], kv_heads * dim
    group = q_width // kv_width  # queries that share a key
    end = position + tokens
    for t in range(tokens):
        _normalise(qkv[t, :q_width], weights.q_norm[layer], weights.eps)
        _normalise(qkv[t, q_width : q_width + kv_width], weights.k_norm[layer], weights.eps)

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
            values[h, :, at] = qkv[t, begin + kv_width : begin + kv_width + dim]
        _score(queries, keys[h], scores, end)
        for row in range(tokens * group):
            _softmax(scores[row], position + row // group + 1, end)
        _project(scores, values[h], read, tokens * group, dim, end)
        for row in range(tokens * group):
            begin = (h * group + row % group) * dim
            attended[row // group, begin : begin + dim] = read[row]


@njit(fastmath=True)
def _add_normalised(x, change, weight, eps):
    """OLMo-2's residual: what a block made is normalised, then added."""
    for t in range(len(x)):
        _normalise(change[t], weight, eps)
        for j in range(x.shape[1]):
            x[t, j] += change[t, j]


@_kept
def advance(weights, cache, ids, position):
    """Take in ids, int64 (tokens,), from a position on; returns the last one's logits, float32 (vocab,).

    Writes these positions of the cache and reads those before. Checks nothing: ids are within the vocabulary,
    there are 1 to CHUNK of them, and the cache has room.
    """
    tokens, hidden = len(ids), weights.norm.size
    layers, qkv_width, _ = weights.qkv.shape
    wide = weights.down.shape[2]
    q_width = weights.q_norm.shape[1]
    x = np.empty((tokens, hidden), np.float32)
    qkv = np.empty((tokens, qkv_width), np.float32)
    attended = np.empty((tokens, q_width), np.float32)
    gate_up = np.empty((tokens, 2 * wide), np.float32)
    change = np.empty((tokens, hidden), np.float32)
    for t in range(tokens):
        for j in range(hidden):
            x[t, j] = _widen(weights.embedding[ids[t], j])
    for layer in range(layers):
        _project(x, weights.qkv[layer], qkv, tokens, qkv_width, hidden)
        _attend(qkv, layer, weights, cache, position, attended)
        _project(attended, weights.mix[layer], change, tokens, hidden, q_width)
        _add_normalised(x, change, weights.mix_norm[layer], weights.eps)

        _project(x, weights.gate_up[layer], gate_up, tokens, 2 * wide, hidden)
        for t in range(tokens):
            for j in range(wide):
                gate = gate_up[t, j]
                gate_up[t, j] = gate_up[t, wide + j] * gate / (np.float32(1) + _exp(-gate))
        _project(gate_up, weights.down[layer], change, tokens, hidden, wide)
        _add_normalised(x, change, weights.down_norm[layer], weights.eps)

    last = x[tokens - 1 :]  # (1, hidden)
    _normalise(last[0], weights.norm, weights.eps)
    logits = np.empty((1, len(weights.head)), np.float32)
    _project(last, weights.head, logits, 1, len(weights.head), hidden)
    return logits[0]
