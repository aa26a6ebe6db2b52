"""The cache that stands still: where keys and values lie, and how a token's are stored."""

# numba types these functions, mypy can't; and an overload must name all arguments to choose by one.
# mypy: disable-error-code="no-untyped-def, no-untyped-call, call-arg, var-annotated"
# ruff: noqa: ARG001

from typing import Any, NamedTuple

import numpy as np
from numba import types
from numba.extending import overload
from numpy.typing import NDArray

from copilot.decode.kernels.kept import PART, part
from copilot.decode.kernels.lanes import BLOCK
from copilot.decode.kernels.matrix import MIDDLE, quantise

Floats = NDArray[np.float32]


class Cache(NamedTuple):
    """Keys and values of every position of some slots, each a past of its own. `tokens` fills whole blocks of 64.

    As float32: keys and values (slots, layers, kv_heads, head_dim, tokens), the rest empty. As int8, each token's row
    of a head by its own scale, as matrix.pack would lay them: at 2,048 tokens the embedded default reads 3 MB of
    them a token, as 16-bit floats 6 MB and more than its weights, and a product's sum is the same whole number
    whatever it was batched with.
    """

    keys: NDArray[Any]  # int8 (slots, layers, kv_heads, tokens / 64, head_dim / 4, 64, 4)
    values: NDArray[Any]  # int8 (slots, layers, kv_heads, dim_blocks, tokens / 4, 64, 4)
    key_scales: Floats  # (slots, layers, kv_heads, tokens)
    key_shifts: NDArray[np.int32]  # as key_scales: 128 times the row's sum
    value_scales: Floats  # as key_scales


class Rotary(NamedTuple):
    """Cosines and sines of every position, float32 (positions, head_dim / 2)."""

    cos: Floats
    sin: Floats


def whole_tokens(tokens: int) -> int:
    """So many, and those that complete the last block."""
    return -(-tokens // BLOCK) * BLOCK


def new_cache(slots: int, layers: int, kv_heads: int, dim: int, tokens: int, *, in_bytes: bool) -> Cache:
    """An empty one, every page of it touched: zeros would fault in page by page while music plays."""
    head, tokens = (slots, layers, kv_heads), whole_tokens(tokens)
    if not in_bytes:
        nothing = np.empty((0, 0, 0, 0), np.float32)
        keys, values = (np.full((*head, dim, tokens), 0, np.float32) for _ in range(2))
        return Cache(keys, values, nothing, np.empty((0, 0, 0, 0), np.int32), nothing)
    return Cache(
        np.full((*head, tokens // BLOCK, dim // 4, BLOCK, 4), 0, np.int8),
        np.full((*head, -(-dim // BLOCK), tokens // 4, BLOCK, 4), 0, np.int8),
        np.full((*head, tokens), 0, np.float32),
        np.full((*head, tokens), 0, np.int32),
        np.full((*head, tokens), 0, np.float32),
    )


def copy_blocks(
    source: Cache, slot: int | slice, first: int, target: Cache, to: int | slice, to_first: int, tokens: int
) -> None:
    """Copy positions from `first` on (a multiple of 64) to `to_first` (another) of another slot, in whole blocks.

    One slot may be copied to several, or several to as many.
    """
    if not tokens:
        return
    kind = _PLACES[source.keys.dtype == np.int8]
    for ours, theirs, (axis, a_row) in zip(source, target, kind, strict=True):
        if ours.size:
            count, before = whole_tokens(tokens) // a_row, (slice(None),) * axis
            read, write = (slice(at // a_row, at // a_row + count) for at in (first, to_first))
            theirs[to, *before, write] = ours[slot, *before, read]


_PLACES = {
    False: ((3, 1), (3, 1), (2, 1), (2, 1), (2, 1)),
    True: ((2, BLOCK), (3, 4), (2, 1), (2, 1), (2, 1)),
}
"""Of a slot of each of a Cache's arrays, as floats and as bytes: positions' axis, and how many an index means."""


def rotary_tables(positions: int, dim: int, theta: float) -> Rotary:
    """Rounded where transformers rounds them."""
    frequencies = 1 / theta ** (np.arange(0, dim, 2, dtype=np.float32) / np.float32(dim))
    angles = np.arange(positions, dtype=np.float32)[:, None] * frequencies.astype(np.float32)
    return Rotary(np.cos(angles), np.sin(angles))


@part
def rotate(source, cos, sin, scale, target):
    """Turn one head's row by its position: element j pairs with element j + half."""
    half = cos.size
    for j in range(half):
        a, b = source[j], source[j + half]
        target[j] = (a * cos[j] - b * sin[j]) * scale
        target[j + half] = (b * cos[j] + a * sin[j]) * scale


def store(cache, slot, layer, h, at, key, value):
    """Keep a token's key and value of one head, float32 (head_dim,) each, at a position. Compiled code only."""
    raise NotImplementedError("only compiled code calls this")


@overload(store, jit_options=PART)
def _store(cache, slot, layer, h, at, key, value):
    if cache.types[0].dtype == types.int8:
        return _store_bytes

    def as_floats(cache, slot, layer, h, at, key, value):
        for d in range(key.size):
            cache.keys[slot, layer, h, d, at] = key[d]
            cache.values[slot, layer, h, d, at] = value[d]

    return as_floats


def _store_bytes(cache, slot, layer, h, at, key, value):
    """Bytes come around 128, and are turned to signed ones by their highest bit."""
    spelt = np.empty(key.size, np.uint8)
    cache.key_scales[slot, layer, h, at] = quantise(key, key.size, spelt)
    total = np.int32(-MIDDLE * key.size)
    for number in spelt:
        total += np.int32(number)
    cache.key_shifts[slot, layer, h, at] = np.int32(MIDDLE) * total
    keys = cache.keys[slot, layer, h, at // BLOCK]  # (head_dim / 4, 64, 4)
    for d in range(key.size):
        keys[d >> 2, at % BLOCK, d & 3] = np.int8(spelt[d] ^ np.uint8(MIDDLE))
    cache.value_scales[slot, layer, h, at] = quantise(value, value.size, spelt)
    for first in range(0, value.size, BLOCK):
        values = cache.values[slot, layer, h, first // BLOCK, at // 4, :, at % 4]  # (64,)
        for d in range(min(BLOCK, value.size - first)):
            values[d] = np.int8(spelt[first + d] ^ np.uint8(MIDDLE))
