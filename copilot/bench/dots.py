"""The most byte products that the processor's instruction for them sums: from registers, nothing loaded."""

# numba types an intrinsic, mypy can't: its signature is that of its generator.
# mypy: disable-error-code="no-untyped-def, no-untyped-call, call-arg"

from collections.abc import Callable
from typing import Any

import numpy as np
from llvmlite import ir
from numba import njit, types
from numba.core import cgutils
from numba.extending import intrinsic

from copilot.decode.kernels.lanes import DOT_LANES

_SUMS = 16
"""Side by side: an instruction takes some cycles, and one may begin in each."""
_INT, _LONG = ir.IntType(32), ir.IntType(64)


@intrinsic
def _dots(_context: Any, _x: Any, _w: Any, _rounds: Any) -> Any:
    """`rounds` × _SUMS times the instruction on what 32 bits of x and w spell in every lane; returns a sum."""

    def generate(_context: Any, builder: Any, _signature: Any, args: Any) -> Any:
        register = ir.VectorType(_INT, DOT_LANES)
        kind = ir.FunctionType(register, [register] * 3)
        name = f"llvm.x86.avx512.vpdpbusd.{DOT_LANES * 32}"
        instruction = cgutils.get_or_insert_function(builder.module, kind, name)
        zero = ir.Constant(register, [0] * DOT_LANES)
        undefined = ir.Constant(register, ir.Undefined)

        def spread(number: Any) -> Any:
            first = builder.insert_element(undefined, number, ir.Constant(_INT, 0))
            return builder.shuffle_vector(first, undefined, zero)

        x, w = spread(args[0]), spread(args[1])
        totals = [cgutils.alloca_once_value(builder, zero) for _ in range(_SUMS)]
        with cgutils.for_range(builder, args[2], intp=_LONG):
            for total in totals:
                builder.store(builder.call(instruction, [builder.load(total), x, w]), total)
        found = zero
        for total in totals:
            found = builder.add(found, builder.load(total))
        return builder.extract_element(found, ir.Constant(_INT, 0))

    return types.int32(types.int32, types.int32, types.int64), generate


def dots(rounds: int) -> tuple[Callable[[], object], int]:
    """A call, and how many products it multiplies and sums. Only where DOT_LANES is not 0."""

    @njit(nogil=True)
    def run(x, w, rounds):
        return _dots(x, w, rounds)

    ones = np.int32(0x01010101)
    run(ones, ones, rounds)
    return lambda: run(ones, ones, rounds), rounds * _SUMS * DOT_LANES * 4
