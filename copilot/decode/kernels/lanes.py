"""What numba has no word for: bits as numbers, and the processor's sums of byte products.

Compiled code names these; nothing here is called from Python.
"""

# numba types these functions, mypy can't: an intrinsic's signature is that of its generator.
# mypy: disable-error-code="no-untyped-def, no-untyped-call, call-arg, var-annotated"

from typing import Any

import numpy as np
from llvmlite import binding, ir
from numba import njit, types
from numba.core import cgutils
from numba.extending import intrinsic

BLOCK = 64
"""Rows that one sweep of `dots` makes: four registers of sixteen sums each, for each token."""

_INT, _LONG = ir.IntType(32), ir.IntType(64)


def _dot_lanes() -> int:
    """Sums of four byte products that one instruction of this processor makes; 0 where it has none."""
    features = binding.get_host_cpu_features()
    if features.get("avx512vnni") and features.get("avx512vl"):
        return 16
    return 8 if features.get("avxvnni") else 0


DOT_LANES = _dot_lanes()


@intrinsic
def float_of_bits(_context: Any, _bits: Any) -> Any:
    """The float32 that 32 bits spell."""

    def generate(_context: Any, builder: Any, _signature: Any, args: Any) -> Any:
        return builder.bitcast(args[0], ir.FloatType())

    return types.float32(types.int32), generate


@intrinsic
def widen(_context: Any, number: Any) -> Any:
    """A float32 from itself or from its upper half (uint16: bfloat16)."""

    def generate(_context: Any, builder: Any, _signature: Any, args: Any) -> Any:
        if number == types.float32:
            return args[0]
        bits = builder.shl(builder.zext(args[0], _INT), ir.Constant(_INT, 16))
        return builder.bitcast(bits, ir.FloatType())

    return types.float32(number), generate


@intrinsic
def larger(_context: Any, _a: Any, _b: Any) -> Any:
    """The larger of two float32: a loop of these becomes vector code, one of Python's max takes 5 times as long."""

    def generate(_context: Any, builder: Any, _signature: Any, args: Any) -> Any:
        float_ = ir.FloatType()
        kind = ir.FunctionType(float_, [float_, float_])
        function = cgutils.get_or_insert_function(builder.module, kind, "llvm.maxnum.f32")
        return builder.call(function, args, fastmath=("fast",))

    return types.float32(types.float32, types.float32), generate


def _sweep(tokens: int) -> Any:
    """`dots` for so many tokens at once."""

    @intrinsic
    def dots(
        _context: Any, _x: Any, _x_stride: Any, _w: Any, _quads: Any, _scales: Any, _shifts: Any, _units: Any,
        _y: Any, _y_stride: Any,
    ) -> Any:  # fmt: skip
        """For each token: 64 sums of `quads` × 4 products of unsigned (x) and signed (w) bytes, as floats.

        y[token, row] = (sum - shifts[row]) * (scales[row] * units[token]). All but `quads` are addresses, or bytes
        from one token to the next. w: a block as matrix.pack lays it; scales: float32 (64,); shifts: int32 (64,);
        units: float32 (tokens,); y: float32, 64 a token are written. In numba's own words the way from sums to
        floats took longer than the sums.
        """

        def generate(_context: Any, builder: Any, _signature: Any, args: Any) -> Any:
            x, x_stride, w, quads, scales, shifts, units, y, y_stride = args
            register = ir.VectorType(_INT, DOT_LANES)
            floats = ir.VectorType(ir.FloatType(), DOT_LANES)
            signature = ir.FunctionType(register, [register] * 3)
            name = f"llvm.x86.avx512.vpdpbusd.{DOT_LANES * 32}"
            instruction = cgutils.get_or_insert_function(builder.module, signature, name)
            registers, step = BLOCK // DOT_LANES, DOT_LANES * 4
            zero = ir.Constant(register, [0] * DOT_LANES)

            def long(value: int) -> Any:
                return ir.Constant(_LONG, value)

            def read(base: Any, offset: Any, kind: Any) -> Any:
                return builder.load(builder.inttoptr(builder.add(base, offset), kind.as_pointer()), align=1)

            def spread(number: Any, kind: Any) -> Any:  # one number in every lane
                undefined = ir.Constant(kind, ir.Undefined)
                first = builder.insert_element(undefined, number, ir.Constant(_INT, 0))
                return builder.shuffle_vector(first, undefined, zero)

            totals = [
                [cgutils.alloca_once_value(builder, zero) for _ in range(registers)] for _ in range(tokens)
            ]
            starts = [builder.add(x, builder.mul(x_stride, long(token))) for token in range(tokens)]
            with cgutils.for_range(builder, quads, intp=_LONG) as loop:
                block = builder.mul(loop.index, long(4 * BLOCK))
                weights = [read(w, builder.add(block, long(r * step)), register) for r in range(registers)]
                for start, mine in zip(starts, totals, strict=True):
                    four = spread(read(start, builder.mul(loop.index, long(4)), _INT), register)
                    for total, weight in zip(mine, weights, strict=True):
                        builder.store(builder.call(instruction, [builder.load(total), four, weight]), total)
            for token, mine in enumerate(totals):
                unit = spread(read(units, long(4 * token), ir.FloatType()), floats)
                target = builder.add(y, builder.mul(y_stride, long(token)))
                for r, total in enumerate(mine):
                    whole = builder.sub(builder.load(total), read(shifts, long(r * step), register))
                    worth = builder.fmul(read(scales, long(r * step), floats), unit)
                    number = builder.fmul(builder.sitofp(whole, floats), worth)
                    place = builder.inttoptr(builder.add(target, long(r * step)), floats.as_pointer())
                    builder.store(number, place, align=1)
            return _context.get_dummy_value()

        return types.void(*[types.int64] * 9), generate

    return dots


dots_1, dots_2, dots_4 = _sweep(1), _sweep(2), _sweep(4)


@njit(fastmath=True, inline="always")
def exp(x):
    """e ** x to 4e-6 (3e-7 near 0), cut off below 1e-38.

    The loop around it becomes vector code, around math.exp it does not.
    """
    power = min(max(x, np.float32(-87.0)), np.float32(88.0)) * np.float32(1.4426950408889634)
    biased = np.int32(power + np.float32(127.5))
    # numba's int32 - int32 is an int64, for which the loop took 1.6 times as long.
    r = power - np.float32(np.int32(biased - np.int32(127)))  # within ±1/2; 2 ** r is fitted there
    tail = np.float32(0.05550713) + r * (np.float32(0.00967554) + r * np.float32(0.00132765))
    near_1 = np.float32(1) + r * (np.float32(0.69314694) + r * (np.float32(0.2402212) + r * tail))
    return float_of_bits(biased << np.int32(23)) * near_1
