"""Machine code that stays on disk from one start to the next, and plays the same from the first start on."""

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

from numba import njit

from copilot.compiled import compiled
from copilot.decode.kernels.lanes import DOT_LANES

PART: Any = {"fastmath": True, "forceinline": True}
"""Options of what kept code calls: all of it becomes one function.

A part that stands alone is compiled twice, by itself and within the whole. The process that compiles calls the one,
each later one, which reads the whole from disk, the other; their sums were rounded otherwise, and one and the same
seed gave other notes at a machine's first start. As one function a step takes 0.75 (float) to 0.96 (int8) of the
time, and compiling it twice as long.
"""

part: Any = njit(**PART)


def stamp() -> str:
    """What compiled code depends on beyond its own file, which numba's disk cache alone watches: close over it."""
    sources = sorted(Path(__file__).parent.glob("*.py"))
    return hashlib.sha256(b"".join(path.read_bytes() for path in sources)).hexdigest() + str(DOT_LANES)


def kept(function: Callable[..., Any]) -> Any:
    """`compiled`, with sums in any order. Its name on disk holds the stamp.

    numba unpickles what another version kept, and fails where a class has moved.
    """
    function.__qualname__ = f"{function.__name__}_{stamp()[:16]}"
    return compiled(function, fastmath=True)
