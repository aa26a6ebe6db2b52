"""Products of 4-bit weights and signed bytes, in the instructions that this processor has for them.

Compiled code names these; nothing here is called from Python.
"""

# numba types these functions, mypy can't: an intrinsic's signature is that of its generator.
# mypy: disable-error-code="no-untyped-def, no-untyped-call"

from collections.abc import Callable
from typing import Any, Literal

import numpy as np
from llvmlite import binding, ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

from copilot.decode.kernels.lanes import BLOCK, DOT_LANES

GROUP = 32
"""Columns that share a scale."""

RECORD = BLOCK * GROUP // 2 + BLOCK * 2
"""Bytes of a group of columns of a block of rows: nibbles, then bfloat16 scales. 4.5 bits a weight."""

CODES = np.array([-127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113], np.int8)
"""What the sixteen nibbles stand for: close together where weights are many (llama.cpp's IQ4_NL).

Root mean square error of the shipped model's down_proj: 9.9% with even steps (Q4_0), 9.6% with the best scale for
each group, 8.0% with these codes. Looking them up costs nothing that can be measured: memory is the limit.
"""

Way = Literal["vnni512", "vnni256", "avx2", "plain"]
"""Which instructions: AVX-512 VNNI, the same in half as wide registers, AVX2, or what numba makes of a plain loop."""


def _best_way() -> Way:
    if DOT_LANES:
        return "vnni512" if DOT_LANES == 16 else "vnni256"
    return "avx2" if binding.get_host_cpu_features().get("avx2") else "plain"


BEST_WAY = _best_way()


def lift(way: Way) -> int:
    """What is added to every code, for instructions that multiply unsigned by signed; offsets take it away again."""
    return 128 if way in {"vnni512", "vnni256"} else 0


_BYTE, _SHORT, _INT, _LONG = (ir.IntType(bits) for bits in (8, 16, 32, 64))
_FLOAT = ir.FloatType()
_Product = Callable[[Any, Any, Any], Any]  # (sums, nibbles, x four bytes at a time) → grown sums


def nibble_dots(tokens: int, way: Way) -> Any:
    """The function that multiplies one block of rows with so many tokens. `way` is not "plain"."""
    lanes = 16 if way == "vnni512" else 8
    registers = BLOCK // lanes
    ints, floats = ir.VectorType(_INT, lanes), ir.VectorType(_FLOAT, lanes)
    shorts = ir.VectorType(_SHORT, lanes)

    @intrinsic
    def dots(
        _context: Any, _x: Any, _offsets: Any, _units: Any, _w: Any, _groups: Any, _y: Any, _y_step: Any
    ) -> Any:
        """y[token, row] = the sum over groups of scale[row] * unit[token] * (offset[token] + codes · x), 64 rows.

        Addresses: x int8 (tokens, groups, 32); offsets int32 (tokens, groups), -lift * the group's sum of x; units
        float32 (tokens, groups), what x is worth there; w, a block as nibbles.pack_rows lays it; y float32, from one
        token to the next `y_step` bytes.
        """

        def generate(_context: Any, builder: Any, _signature: Any, args: Any) -> Any:
            x, offsets, units, w, groups, y, y_step = args
            product = _product(builder, way, lanes)
            fma = _function(builder, f"llvm.fma.v{lanes}f32", floats, [floats] * 3)

            def spread(base: Any, at: Any, kind: Any) -> Any:  # the number there in every lane
                number = _load(builder, base, builder.mul(at, _long(4)), kind.element)
                first = builder.insert_element(ir.Constant(kind, ir.Undefined), number, ir.Constant(_INT, 0))
                return builder.shuffle_vector(first, first, ir.Constant(ints, [0] * lanes))

            nothing = ir.Constant(floats, [0.0] * lanes)
            totals = [
                [cgutils.alloca_once_value(builder, nothing) for _ in range(registers)] for _ in range(tokens)
            ]
            with cgutils.for_range(builder, groups, intp=_LONG) as loop:
                record = builder.add(w, builder.mul(loop.index, _long(RECORD)))
                places = [builder.add(builder.mul(groups, _long(t)), loop.index) for t in range(tokens)]
                sums = [[spread(offsets, place, ints)] * registers for place in places]
                quads = [builder.mul(place, _long(GROUP // 4)) for place in places]
                for pair in range(GROUP // 8):
                    packed = [
                        _load(builder, record, _long(4 * (pair * BLOCK + r * lanes)), ints)
                        for r in range(registers)
                    ]
                    for high in (0, 1):
                        nibbles = [_half(builder, some, high) for some in packed]
                        for t in range(tokens):
                            four = spread(x, builder.add(quads[t], _long(2 * pair + high)), ints)
                            sums[t] = [
                                product(total, some, four)
                                for total, some in zip(sums[t], nibbles, strict=True)
                            ]
                worths = [spread(units, place, floats) for place in places]
                for r in range(registers):
                    bits = _load(builder, record, _long(BLOCK * GROUP // 2 + 2 * r * lanes), shorts)
                    wide = builder.shl(builder.zext(bits, ints), ir.Constant(ints, [16] * lanes))
                    scales = builder.bitcast(wide, floats)
                    for t in range(tokens):
                        whole = builder.sitofp(sums[t][r], floats)
                        total, worth = totals[t][r], builder.fmul(scales, worths[t])
                        builder.store(builder.call(fma, [whole, worth, builder.load(total)]), total)
            for t in range(tokens):
                target = builder.add(y, builder.mul(y_step, _long(t)))
                for r, total in enumerate(totals[t]):
                    place = _pointer(builder, target, _long(4 * r * lanes), floats)
                    builder.store(builder.load(total), place, align=1)
            return _context.get_dummy_value()

        return types.void(*[types.int64] * 7), generate

    return dots


def _product(builder: Any, way: Way, lanes: int) -> _Product:
    """What adds four products to every sum."""
    ints, bytes_ = ir.VectorType(_INT, lanes), ir.VectorType(_BYTE, lanes * 4)
    shorts = ir.VectorType(_SHORT, lanes * 2)
    name = "avx512.pshuf.b.512" if lanes == 16 else "avx2.pshuf.b"
    lookup = _function(builder, f"llvm.x86.{name}", bytes_, [bytes_] * 2)

    def table(codes: Any) -> Any:
        return ir.Constant(bytes_, codes.tolist() * (lanes // 4))

    codes = CODES.astype(int)
    if lift(way):
        dot = _function(builder, f"llvm.x86.avx512.vpdpbusd.{lanes * 32}", ints, [ints] * 3)
        lifted = table(codes + lift(way))

        def by_one_instruction(total: Any, nibbles: Any, four: Any) -> Any:
            weights = builder.call(lookup, [lifted, nibbles])
            return builder.call(dot, [total, builder.bitcast(weights, ints), four])

        return by_one_instruction

    sign = _function(builder, "llvm.x86.avx2.psign.b", bytes_, [bytes_] * 2)
    pairs = _function(builder, "llvm.x86.avx2.pmadd.ub.sw", shorts, [bytes_] * 2)
    fours = _function(builder, "llvm.x86.avx2.pmadd.wd", ints, [shorts] * 2)
    plus, size = table(codes), table(abs(codes))
    ones = ir.Constant(shorts, [1] * lanes * 2)

    def by_signs(total: Any, nibbles: Any, four: Any) -> Any:  # |weight| * ±x: two of them fit 16 bits
        turned = builder.call(sign, [builder.bitcast(four, bytes_), builder.call(lookup, [plus, nibbles])])
        products = builder.call(pairs, [builder.call(lookup, [size, nibbles]), turned])
        return builder.add(total, builder.call(fours, [products, ones]))

    return by_signs


def _half(builder: Any, packed: Any, high: int) -> Any:
    """The lower or upper nibble of every byte, as bytes."""
    lanes = packed.type.count
    some = builder.lshr(packed, ir.Constant(packed.type, [4] * lanes)) if high else packed
    nibbles = builder.and_(some, ir.Constant(packed.type, [0x0F0F0F0F] * lanes))
    return builder.bitcast(nibbles, ir.VectorType(_BYTE, lanes * 4))


def _long(value: int) -> Any:
    return ir.Constant(_LONG, value)


def _pointer(builder: Any, base: Any, offset: Any, kind: Any) -> Any:
    return builder.inttoptr(builder.add(base, offset), kind.as_pointer())


def _load(builder: Any, base: Any, offset: Any, kind: Any) -> Any:
    return builder.load(_pointer(builder, base, offset, kind), align=1)


def _function(builder: Any, name: str, result: Any, arguments: Any) -> Any:
    return cgutils.get_or_insert_function(builder.module, ir.FunctionType(result, arguments), name)
