"""Matrices times the rows of a few tokens: as floats, or as bytes with a scale a row.

A step is bound by the memory that it reads. bfloat16, widened as it is read, took 0.6 of float32's time; bytes need
a quarter, and processors with a dot-product instruction (lanes.DOT_LANES) sum sixty-four of their products at once.
"""

# numba types these functions, mypy can't; and an overload must name all arguments to choose by one.
# mypy: disable-error-code="no-untyped-def, no-untyped-call, call-arg, var-annotated"
# ruff: noqa: ARG001

from typing import Any, NamedTuple

import numpy as np
from numba import types
from numba.extending import overload
from numpy.typing import NDArray

from copilot.decode.kernels.kept import PART, part
from copilot.decode.kernels.lanes import BLOCK, dots_1, dots_2, dots_4, larger, widen
from copilot.decode.kernels.nibbles import project_nibbles

_TOP = 127
MIDDLE = 128
"""Activations are bytes from 1 to 255 around this: the instruction multiplies unsigned by signed."""


class Matrix(NamedTuple):
    """One matrix of every layer, (out, in): a row is what one output is made of.

    values: float32 or uint16 (bfloat16) (layers, out, in); or int8 as `pack` lays it, and then `scales`, float32
    (layers, 64 * blocks), is what a unit is worth in each row, and `shifts`, int32, 128 times the row's sum; or uint8
    as nibbles.py lays groups of 4-bit weights and their scales.
    """

    values: NDArray[Any]
    scales: NDArray[np.float32]
    shifts: NDArray[np.int32]


def dense(values: NDArray[Any]) -> Matrix:
    """A matrix of floats, or of nibbles, which carry their scales."""
    return Matrix(values, np.empty((0, 0), np.float32), np.empty((0, 0), np.int32))


def pack(values: NDArray[np.float32]) -> Matrix:
    """Floats (layers, out, in) as bytes, each row by its own scale: int8 (layers, blocks, quads, 64, 4).

    A block is 64 rows, a quad four columns: what one instruction multiplies lies side by side. Missing rows and
    columns are zeros.
    """
    layers, rows, cols = values.shape
    tops = np.maximum(np.abs(values).max(axis=2), np.float32(1e-30))  # (layers, out)
    whole = np.rint(values * (_TOP / tops)[:, :, None]).astype(np.int8)
    blocks, quads = -(-rows // BLOCK), -(-cols // 4)
    padded = np.zeros((layers, blocks * BLOCK, quads * 4), np.int8)
    padded[:, :rows, :cols] = whole
    packed = padded.reshape(layers, blocks, BLOCK, quads, 4).transpose(0, 1, 3, 2, 4)
    scales, shifts = (
        np.zeros((layers, blocks * BLOCK), np.float32),
        np.zeros((layers, blocks * BLOCK), np.int32),
    )
    scales[:, :rows] = tops / _TOP
    shifts[:, :rows] = MIDDLE * whole.sum(axis=2, dtype=np.int32)
    return Matrix(np.ascontiguousarray(packed), scales, shifts)


@part
def whole_blocks(rows):
    """So many rows and those that complete the last block."""
    return (rows + BLOCK - 1) // BLOCK * BLOCK


def project(x, matrix, layer, y, tokens, rows, cols):
    """y[:tokens, :rows] = x[:tokens, :cols] @ matrix[layer].T, each weight read once from afar; in compiled code.

    Bytes write whole blocks: y has columns for whole_blocks(rows).
    """
    raise NotImplementedError("only compiled code calls this")


@overload(project, jit_options=PART)
def _project(x, matrix, layer, y, tokens, rows, cols):
    if matrix.types[0].dtype == types.int8:

        def by_bytes(x, matrix, layer, y, tokens, rows, cols):
            _project_bytes(
                x, matrix.values[layer], matrix.scales[layer], matrix.shifts[layer], y, tokens, cols
            )

        return by_bytes

    if matrix.types[0].dtype == types.uint8:

        def by_nibbles(x, matrix, layer, y, tokens, rows, cols):
            project_nibbles(x, matrix.values[layer], y, tokens, rows, cols)

        return by_nibbles

    def by_floats(x, matrix, layer, y, tokens, rows, cols):
        project_floats(x, matrix.values[layer], y, tokens, rows, cols)

    return by_floats


@part
def _tile(x, w, y, t, i, cols):
    """Four tokens by four rows: sixteen sums in registers, each number loaded once for four of them."""
    x0, x1, x2, x3 = x[t], x[t + 1], x[t + 2], x[t + 3]
    w0, w1, w2, w3 = w[i], w[i + 1], w[i + 2], w[i + 3]
    a0 = a1 = a2 = a3 = b0 = b1 = b2 = b3 = np.float32(0)
    c0 = c1 = c2 = c3 = d0 = d1 = d2 = d3 = np.float32(0)
    for j in range(cols):
        a, b, c, d = x0[j], x1[j], x2[j], x3[j]
        p, q, r, s = widen(w0[j]), widen(w1[j]), widen(w2[j]), widen(w3[j])
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


@part
def _strip(x, w, y, t, i, cols):
    """One token by four rows."""
    x0 = x[t]
    w0, w1, w2, w3 = w[i], w[i + 1], w[i + 2], w[i + 3]
    a0 = a1 = a2 = a3 = np.float32(0)
    for j in range(cols):
        a = x0[j]
        a0 += a * widen(w0[j])
        a1 += a * widen(w1[j])
        a2 += a * widen(w2[j])
        a3 += a * widen(w3[j])
    y[t, i], y[t, i + 1], y[t, i + 2], y[t, i + 3] = a0, a1, a2, a3


@part
def project_floats(x, w, y, tokens, rows, cols):
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
                total += x[t, j] * widen(w[i, j])
            y[t, i] = total


@part
def quantise(row, cols, into):
    """A row as bytes around MIDDLE, zeros' byte to the end of `into`; returns what a unit is worth."""
    top = np.float32(1e-30)
    for j in range(cols):
        top = larger(top, abs(row[j]))
    by = np.float32(_TOP) / top
    for j in range(cols):
        into[j] = np.uint8(np.int32(row[j] * by + np.float32(MIDDLE + 0.5)))
    for j in range(cols, into.size):
        into[j] = 0
    return top / np.float32(_TOP)


@part
def sweep(x, units, tokens, w, scales, shifts, y):
    """y[:tokens, : 64 * blocks] = (x[:tokens] @ w.T - shifts) * scales * units, each weight read once from afar.

    x: uint8 (tokens, 4 * quads or more); units: float32 (tokens,); w: int8 (blocks, quads, 64, 4) as `pack` lays it;
    scales: float32, shifts: int32 (64 * blocks,); y: float32 (tokens, 64 * blocks or more).
    """
    x_step, y_step = x.strides[0], y.strides[0]
    blocks, quads = w.shape[0], w.shape[1]
    for block in range(blocks):
        at = w.ctypes.data + block * w.strides[0]
        scale = scales.ctypes.data + block * 4 * BLOCK
        shift = shifts.ctypes.data + block * 4 * BLOCK
        source, unit, target = x.ctypes.data, units.ctypes.data, y.ctypes.data + block * 4 * BLOCK
        for _ in range(tokens // 4):
            dots_4(source, x_step, at, quads, scale, shift, unit, target, y_step)
            source, unit, target = source + 4 * x_step, unit + 16, target + 4 * y_step
        if tokens & 2:
            dots_2(source, x_step, at, quads, scale, shift, unit, target, y_step)
            source, unit, target = source + 2 * x_step, unit + 8, target + 2 * y_step
        if tokens & 1:
            dots_1(source, x_step, at, quads, scale, shift, unit, target, y_step)


@part
def _project_bytes(x, w, scales, shifts, y, tokens, cols):
    taken = np.empty((tokens, w.shape[1] * 4), np.uint8)
    units = np.empty(tokens, np.float32)
    for t in range(tokens):
        units[t] = quantise(x[t], cols, taken[t])
    sweep(taken, units, tokens, w, scales, shifts, y)
