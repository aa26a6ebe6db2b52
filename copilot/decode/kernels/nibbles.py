"""Matrices of 4-bit weights: groups of 32 columns with a scale each, half of what bytes need to be read.

A weight is a code of sixteen times its group's scale, the rows of x are bytes with a scale a group of columns; sums
within a group are whole numbers, and exact. What is laid out how is in `pack_rows`.
"""

# numba types these functions, mypy can't.
# mypy: disable-error-code="no-untyped-def, no-untyped-call, call-arg, var-annotated"

from typing import Any

import numpy as np
from numpy.typing import NDArray

from copilot.decode.kernels.kept import kept, part, stamp
from copilot.decode.kernels.lanes import BLOCK, float_of_bits, widen
from copilot.decode.kernels.nibble_lanes import BEST_WAY, CODES, GROUP, RECORD, Way, lift, nibble_dots

_BORDERS = ((CODES[1:].astype(np.float32) + CODES[:-1]) / 2).astype(np.float32)
"""Between two of these, the nearest code is the one between them."""

_TOPS = np.array([-127, -116, -106, -138, 113, 103], np.float32)
"""What the group's largest weight is tried as: codes 0 and 15, and a little more or less (then it is cut off)."""

_STEPS = np.diff(CODES.astype(np.float32))
_NIBBLES = BLOCK * GROUP // 2
_FLOAT_CODES = CODES.astype(np.float32)


def empty_nibbles(layers: int, rows: int, cols: int) -> NDArray[np.uint8]:
    """Zeros, for pack_rows: uint8 (layers, blocks, groups, RECORD)."""
    return np.zeros((layers, -(-rows // BLOCK), -(-cols // GROUP), RECORD), np.uint8)


@part
def _fit(group, scale):
    """A group at a scale: the squared error of its nearest codes, and the scale that would fit these codes best."""
    inverse = np.float32(1) / scale
    error = product = square = np.float32(0)
    for j in range(GROUP):
        number, code = group[j] * inverse, _FLOAT_CODES[0]
        for k in range(_BORDERS.size):  # fifteen comparisons are vector code, a look-up is not
            code += _STEPS[k] if number > _BORDERS[k] else np.float32(0)
        off = group[j] - code * scale
        error += off * off
        product += group[j] * code
        square += code * code
    return error, _rounded(product / square)


@part
def _rounded(number):
    """The nearest bfloat16."""
    bits = np.float32(number).view(np.int32) + np.int32(0x8000)
    return float_of_bits(bits & np.int32(-0x10000))


@part
def _best_scale(group):
    """The scale (a bfloat16) that loses least of those tried; 0 for a group of zeros."""
    low = high = np.float32(0)
    for j in range(GROUP):
        low, high = min(low, group[j]), max(high, group[j])
    top = high if high > -low else low
    least, scale, fitted = np.float32(np.inf), np.float32(0), np.float32(0)
    if abs(top) < np.float32(1e-30):
        return scale
    for k in range(_TOPS.size):
        tried = _rounded(top / _TOPS[k])
        error, better = _fit(group, tried)
        if error < least:
            least, scale, fitted = error, tried, better
    if fitted != 0 and _fit(group, fitted)[0] < least:
        scale = fitted
    return scale


@part
def _encode(group, nibbles):
    """Writes the nibbles of a group's nearest codes; returns the bits of its scale, a bfloat16."""
    scale = _best_scale(group)
    inverse = np.float32(1) / scale if scale != 0 else np.float32(0)
    for j in range(GROUP):
        number, nibble = group[j] * inverse, np.int32(0)
        for k in range(_BORDERS.size):
            nibble += np.int32(number > _BORDERS[k])
        nibbles[j] = nibble
    return np.float32(scale).view(np.int32) >> np.int32(16)


def _make_pack_rows(stamped):
    def pack_rows(values, first, packed):
        """Write rows into one layer of empty_nibbles, from row `first` on.

        values: float32 or uint16 (bfloat16) (some rows, cols); packed: uint8 (blocks, groups, RECORD). A block is
        64 rows, a record 32 columns of them: for each pair of quads (eight columns) and row four bytes, the first
        four columns in their lower nibbles and the next four in the upper ones; then a bfloat16 scale for each row.
        """
        len(stamped)  # numba keys its cache by what a function closes over
        cols, groups = values.shape[1], packed.shape[1]
        group = np.empty(GROUP, np.float32)
        nibbles = np.empty(GROUP, np.uint8)
        for i in range(len(values)):
            block, row = (first + i) // BLOCK, (first + i) % BLOCK
            for g in range(groups):
                begin = g * GROUP
                count = min(GROUP, cols - begin)
                group[count:] = 0
                for j in range(count):
                    group[j] = widen(values[i, begin + j])
                bits = _encode(group, nibbles)
                record = packed[block, g]
                for pair in range(GROUP // 8):
                    for b in range(4):
                        both = nibbles[8 * pair + b] | nibbles[8 * pair + 4 + b] << 4
                        record[4 * (pair * BLOCK + row) + b] = both
                record[_NIBBLES + 2 * row] = bits & 0xFF
                record[_NIBBLES + 2 * row + 1] = (bits >> 8) & 0xFF

    return pack_rows


pack_rows = kept(_make_pack_rows(stamp()))


def unpack(packed: NDArray[np.uint8], rows: int, cols: int) -> NDArray[np.float32]:
    """What one layer's records stand for: uint8 (blocks, groups, RECORD) → float32 (rows, cols)."""
    blocks, groups, _ = packed.shape
    quads = packed[..., :_NIBBLES].reshape(blocks, groups, GROUP // 8, BLOCK, 4)
    nibbles = np.stack([quads & 15, quads >> 4], axis=3)  # (blocks, groups, pairs, 2, rows, 4)
    bits = np.ascontiguousarray(packed[..., _NIBBLES:]).view(np.uint16).astype(np.uint32) << 16
    numbers = CODES.astype(np.float32)[nibbles] * bits.view(np.float32)[:, :, None, None, :, None]
    whole = numbers.transpose(0, 4, 1, 2, 3, 5).reshape(blocks * BLOCK, groups * GROUP)
    return np.ascontiguousarray(whole[:rows, :cols])


@part
def quantise_groups(row, cols, x, units):
    """A row as signed bytes, each group by its own largest number: x int8 (groups * 32,), units float32 (groups,)."""
    for g in range(units.size):
        begin, end = g * GROUP, min(cols, (g + 1) * GROUP)
        top = np.float32(1e-30)
        for j in range(begin, end):
            top = max(top, abs(row[j]))
        by = np.float32(127) / top
        for j in range(begin, end):
            x[j] = np.int32(row[j] * by + np.float32(128.5)) - np.int32(128)
        for j in range(end, begin + GROUP):
            x[j] = 0
        units[g] = top / np.float32(127)


@part
def _plain_dots(x, units, w, y):
    """One block times one token, for any processor. x int8 (groups * 32,), w (groups, RECORD), y float32 (64,)."""
    y[:BLOCK] = 0
    sums = np.empty(BLOCK, np.int32)
    for g in range(len(w)):
        record = w[g]
        sums[:] = 0
        for pair in range(GROUP // 8):
            for b in range(4):
                column = g * GROUP + 8 * pair + b
                low, high = np.int32(x[column]), np.int32(x[column + 4])
                for row in range(BLOCK):
                    both = record[4 * (pair * BLOCK + row) + b]
                    sums[row] += low * np.int32(CODES[both & 15]) + high * np.int32(CODES[both >> 4])
        for row in range(BLOCK):
            at = _NIBBLES + 2 * row
            bits = np.int32(record[at]) << np.int32(16) | np.int32(record[at + 1]) << np.int32(24)
            y[row] += np.float32(sums[row]) * (float_of_bits(bits) * units[g])


def make_project(way: Way) -> Any:
    """The product with a matrix of nibbles, in the instructions of `way`."""
    lifted = np.int32(lift(way))

    @part
    def take_in(row, cols, x, units, offsets):
        quantise_groups(row, cols, x, units)
        for g in range(units.size):
            total = np.int32(0)
            for j in range(g * GROUP, (g + 1) * GROUP):
                total += np.int32(x[j])
            offsets[g] = -lifted * total

    if way == "plain":

        @part
        def sweep(x, offsets, units, w, y):  # noqa: ARG001
            for t in range(len(x)):
                _plain_dots(x[t], units[t], w, y[t])
    else:
        dots_1, dots_2, dots_4 = (nibble_dots(tokens, way) for tokens in (1, 2, 4))

        @part
        def sweep(x, offsets, units, w, y):
            tokens, groups, step = len(x), len(w), y.strides[0]
            t = 0
            while t < tokens:
                some = 4 if tokens - t >= 4 else 2 if tokens - t >= 2 else 1
                a, b, c = x[t:].ctypes.data, offsets[t:].ctypes.data, units[t:].ctypes.data
                into = y[t:].ctypes.data
                if some == 4:
                    dots_4(a, b, c, w.ctypes.data, groups, into, step)
                elif some == 2:
                    dots_2(a, b, c, w.ctypes.data, groups, into, step)
                else:
                    dots_1(a, b, c, w.ctypes.data, groups, into, step)
                t += some

    @part
    def project_nibbles(x, w, y, tokens, rows, cols):
        """y[:tokens, :rows] = x[:tokens, :cols] @ w.T; columns of y up to the next whole block may be written too.

        w: uint8 (blocks, groups, RECORD). Each weight is read once from afar.
        """
        blocks, groups = w.shape[0], w.shape[1]
        taken = np.empty((tokens, groups * GROUP), np.int8)
        units = np.empty((tokens, groups), np.float32)
        offsets = np.empty((tokens, groups), np.int32)
        for t in range(tokens):
            take_in(x[t], cols, taken[t], units[t], offsets[t])
        for block in range(blocks):
            first = block * BLOCK
            if first + BLOCK <= y.shape[1]:
                sweep(taken, offsets, units, w[block], y[:, first : first + BLOCK])
            else:
                edge = np.empty((tokens, BLOCK), np.float32)
                sweep(taken, offsets, units, w[block], edge)
                y[:tokens, first:rows] = edge[:, : rows - first]

    return project_nibbles


project_nibbles = make_project(BEST_WAY)
