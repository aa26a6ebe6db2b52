"""Attention of the rows of a pass, each over the past of its own slot."""

# numba types these functions, mypy can't; and an overload must name all arguments to choose by one.
# mypy: disable-error-code="no-untyped-def, no-untyped-call, call-arg, var-annotated"
# ruff: noqa: ARG001

import numpy as np
from numba import types
from numba.extending import overload

from copilot.decode.kernels.attention_bytes import read_bytes
from copilot.decode.kernels.attention_floats import read_floats
from copilot.decode.kernels.cache import rotate, store
from copilot.decode.kernels.kept import PART, part
from copilot.decode.kernels.lanes import BLOCK
from copilot.decode.kernels.rows import new_scratch

BATCH = 8
"""Rows that attend together. Keys are read once for so many, and what comes after the last of them is not scored."""


@part
def normalise(x, weight, eps):
    """RMS norm of one row, in place."""
    total = np.float32(0)
    for j in range(x.size):
        total += x[j] * x[j]
    scale = np.float32(1) / np.sqrt(total / np.float32(x.size) + np.float32(eps))
    for j in range(x.size):
        x[j] *= scale * weight[j]


@part
def keep(qkv, layer, weights, rotary, cache, rows):
    """Normalise the rows' queries, in place, and store their keys and values in `cache`."""
    q_width, kv_width = weights.q_norm.shape[1], weights.k_norm.shape[1]
    kv_heads, dim = cache.keys.shape[2], 2 * rotary.cos.shape[1]
    key = np.empty(dim, np.float32)
    for t in range(len(rows.ids)):
        normalise(qkv[t, :q_width], weights.q_norm[layer], weights.eps)
        normalise(qkv[t, q_width : q_width + kv_width], weights.k_norm[layer], weights.eps)
        at = rows.shared + rows.positions[t]
        for h in range(kv_heads):
            begin = q_width + h * dim
            rotate(qkv[t, begin : begin + dim], rotary.cos[at], rotary.sin[at], np.float32(1), key)
            value = qkv[t, begin + kv_width : begin + kv_width + dim]
            store(cache, rows.slots[t], layer, h, rows.positions[t], key, value)


@part
def scratch_for(rows, group, dim):
    """Room for the rows' attention, the same in every layer."""
    longest = 0
    for position in rows.positions:
        longest = max(longest, position + 1)
    width = rows.shared + (longest + BLOCK - 1) // BLOCK * BLOCK
    return new_scratch(min(BATCH, len(rows.ids)) * group, dim, width)


@part
def attend(qkv, layer, rotary, cache, past, rows, room, attended):
    """attended (rows, heads * head_dim) is what each row reads by its queries, after `keep`."""
    count, kv_heads, dim = len(rows.ids), cache.keys.shape[2], 2 * rotary.cos.shape[1]
    group = attended.shape[1] // (kv_heads * dim)  # queries that share a key
    scale = np.float32(1 / np.sqrt(dim))
    for first in range(0, count, BATCH):
        last = min(first + BATCH, count)
        for h in range(kv_heads):
            for t in range(first, last):
                at = rows.shared + rows.positions[t]
                for g in range(group):
                    begin = (h * group + g) * dim
                    query = room.queries[(t - first) * group + g]
                    rotate(qkv[t, begin : begin + dim], rotary.cos[at], rotary.sin[at], scale, query)
            _read(room, layer, h, group, cache, past, rows, first, last)
            for t in range(first, last):
                for g in range(group):
                    row, begin = (t - first) * group + g, (h * group + g) * dim
                    for d in range(dim):
                        attended[t, begin + d] = room.read[row, d]


def _read(room, layer, h, group, cache, past, rows, first, last):
    """room.read = what rows first–last read by one head's room.queries."""
    raise NotImplementedError("only compiled code calls this")


@overload(_read, jit_options=PART)
def _read_kind(room, layer, h, group, cache, past, rows, first, last):
    return read_bytes if cache.types[0].dtype == types.int8 else read_floats
