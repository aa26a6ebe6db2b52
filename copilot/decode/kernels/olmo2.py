"""OLMo-2, a few tokens at a time, as one compiled call: every layer, the cache and the head.

Loops stand where numpy has an assignment of slices: that brings code which words its error, a second to compile.

All sums are float32, or int32 of bytes. One thread: two decode threads on two cores were measured to give outliers
of 5–25 ms.
"""

# mypy: disable-error-code="no-untyped-def, no-untyped-call, call-arg, var-annotated"

from typing import Any, NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from copilot.decode.kernels.attention import attend, keep, normalise, scratch_for
from copilot.decode.kernels.kept import PART, kept, part, stamp
from copilot.decode.kernels.lanes import exp, widen
from copilot.decode.kernels.matrix import Matrix, project, whole_blocks
from copilot.decode.kernels.rows import named

CHUNK = 64
"""The most tokens of one call. A prefill of 512 in chunks of 16, 32, 64, 128, 256 took 163, 144, 133, 132, 136 ms."""

Floats = NDArray[np.float32]


class Weights(NamedTuple):
    """A model's arrays. Shapes are those of the matrices, whatever their kind."""

    embedding: NDArray[Any]  # (vocab, hidden), float32 or uint16
    qkv: Matrix  # (layers, (heads + 2 kv_heads) * head_dim, hidden)
    q_norm: Floats  # (layers, heads * head_dim)
    k_norm: Floats  # (layers, kv_heads * head_dim)
    mix: Matrix  # (layers, hidden, heads * head_dim)
    mix_norm: Floats  # (layers, hidden)
    gate_up: Matrix  # (layers, 2 * intermediate, hidden)
    down: Matrix  # (layers, hidden, intermediate)
    down_norm: Floats  # (layers, hidden)
    norm: Floats  # (hidden,)
    head: Matrix  # (1, vocab, hidden)
    eps: float
    wide: int  # the MLP's width


@part
def _add_normalised(x, change, weight, eps):
    """OLMo-2's residual: what a block made is normalised, then added."""
    for t in range(len(x)):
        row, into = change[t, : weight.size], x[t]
        normalise(row, weight, eps)
        for j in range(into.size):
            into[j] += row[j]


# Without the error model a check for a zero keeps it from becoming vector code: 5 times as long.
@njit(error_model="numpy", **PART)
def _gate(gates, ups):
    """gates = silu(gates) * ups."""
    for j in range(gates.size):
        gate = gates[j]
        gates[j] = ups[j] * gate / (np.float32(1) + exp(-gate))


@part
def _only(rows, wanted):
    """Those rows of a matrix."""
    found = np.empty((len(wanted), rows.shape[1]), rows.dtype)
    for i in range(len(wanted)):
        for j in range(rows.shape[1]):
            found[i, j] = rows[wanted[i], j]
    return found


def _make_advance(stamped):
    def advance(weights, rotary, cache, past, rows, wanted):
        """Take in rows (rows.Rows) of one or more slots. Returns logits, float32 (wanted, whole_blocks(vocab)).

        `wanted`, int64 and rising, names the rows whose logits these are. Writes the rows' positions of `cache` and
        reads those before. Checks nothing: ids are within the vocabulary, there is at least one, and the cache has
        room.
        """
        tokens, hidden, q_width = len(rows.ids), weights.norm.size, weights.q_norm.shape[1]
        layers, vocab, wide = len(weights.q_norm), len(weights.embedding), weights.wide
        qkv_width = q_width + 2 * weights.k_norm.shape[1]
        len(stamped)  # numba keys its cache by what a function closes over
        x = np.empty((tokens, hidden), np.float32)
        qkv = np.empty((tokens, whole_blocks(qkv_width)), np.float32)
        attended = np.empty((tokens, q_width), np.float32)
        kv_heads, dim = cache.keys.shape[2], 2 * rotary.cos.shape[1]
        room = scratch_for(rows, q_width // (kv_heads * dim), dim)
        gate_up = np.empty((tokens, whole_blocks(2 * wide)), np.float32)
        change = np.empty((tokens, whole_blocks(hidden)), np.float32)
        for t in range(tokens):
            for j in range(hidden):
                x[t, j] = widen(weights.embedding[rows.ids[t], j])
        for layer in range(layers):
            project(x, weights.qkv, layer, qkv, tokens, qkv_width, hidden)
            keep(qkv, layer, weights, rotary, cache, rows)
            if (
                layer == layers - 1 and len(wanted) < tokens
            ):  # of the others nothing more is read: a sixth less
                x, qkv, rows, tokens = _only(x, wanted), _only(qkv, wanted), named(rows, wanted), len(wanted)
            attend(qkv, layer, rotary, cache, past, rows, room, attended)
            project(attended, weights.mix, layer, change, tokens, hidden, q_width)
            _add_normalised(x, change, weights.mix_norm[layer], weights.eps)

            project(x, weights.gate_up, layer, gate_up, tokens, 2 * wide, hidden)
            for t in range(tokens):
                _gate(gate_up[t, :wide], gate_up[t, wide : 2 * wide])
            project(gate_up, weights.down, layer, change, tokens, hidden, wide)
            _add_normalised(x, change, weights.down_norm[layer], weights.eps)

        for t in range(tokens):
            normalise(x[t], weights.norm, weights.eps)
        logits = np.empty((tokens, whole_blocks(vocab)), np.float32)
        project(x, weights.head, 0, logits, tokens, vocab, hidden)
        return logits

    return advance


advance = kept(_make_advance(stamp()))
