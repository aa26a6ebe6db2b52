"""OLMo-2, a few tokens at a time, as one compiled call: every layer, the cache and the head.

All sums are float32, or int32 of bytes. One thread: two decode threads on two cores were measured to give outliers
of 5–25 ms.
"""

# mypy: disable-error-code="no-untyped-def, no-untyped-call, call-arg, var-annotated"

from typing import Any, NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from copilot.decode.kernels.attention import attend, normalise
from copilot.decode.kernels.kept import kept, stamp
from copilot.decode.kernels.lanes import exp, widen
from copilot.decode.kernels.matrix import Matrix, project

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


@njit(fastmath=True)
def _add_normalised(x, change, weight, eps):
    """OLMo-2's residual: what a block made is normalised, then added."""
    for t in range(len(x)):
        normalise(change[t], weight, eps)
        for j in range(x.shape[1]):
            x[t, j] += change[t, j]


def _make_advance(stamped):
    def advance(weights, cache, ids, position):
        """Take in ids, int64 (tokens,), from a position on; returns the last one's logits, float32 (vocab,).

        Writes these positions of the cache and reads those before. Checks nothing: ids are within the vocabulary,
        there are 1 to CHUNK of them, and the cache has room.
        """
        tokens, hidden, q_width = len(ids), weights.norm.size, weights.q_norm.shape[1]
        layers, vocab, wide = len(weights.q_norm), len(weights.embedding), weights.wide
        qkv_width = q_width + 2 * weights.k_norm.shape[1]
        len(stamped)  # numba keys its cache by what a function closes over
        x = np.empty((tokens, hidden), np.float32)
        qkv = np.empty((tokens, qkv_width), np.float32)
        attended = np.empty((tokens, q_width), np.float32)
        gate_up = np.empty((tokens, 2 * wide), np.float32)
        change = np.empty((tokens, hidden), np.float32)
        for t in range(tokens):
            for j in range(hidden):
                x[t, j] = widen(weights.embedding[ids[t], j])
        for layer in range(layers):
            project(x, weights.qkv, layer, qkv, tokens, qkv_width, hidden)
            attend(qkv, layer, weights, cache, position, attended)
            project(attended, weights.mix, layer, change, tokens, hidden, q_width)
            _add_normalised(x, change, weights.mix_norm[layer], weights.eps)

            project(x, weights.gate_up, layer, gate_up, tokens, 2 * wide, hidden)
            for t in range(tokens):
                for j in range(wide):
                    gate = gate_up[t, j]
                    gate_up[t, j] = gate_up[t, wide + j] * gate / (np.float32(1) + exp(-gate))
            project(gate_up, weights.down, layer, change, tokens, hidden, wide)
            _add_normalised(x, change, weights.down_norm[layer], weights.eps)

        last = x[tokens - 1 :]  # (1, hidden)
        normalise(last[0], weights.norm, weights.eps)
        logits = np.empty((1, vocab), np.float32)
        project(last, weights.head, 0, logits, 1, vocab, hidden)
        return logits[0]

    return advance


advance = kept(_make_advance(stamp()))
