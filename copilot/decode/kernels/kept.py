"""Machine code that stays on disk from one start to the next."""

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

from numba import njit

from copilot.decode.kernels.lanes import DOT_LANES


def stamp() -> str:
    """What compiled code depends on beyond its own file, which numba's disk cache alone watches: close over it."""
    sources = sorted(Path(__file__).parent.glob("*.py"))
    return hashlib.sha256(b"".join(path.read_bytes() for path in sources)).hexdigest() + str(DOT_LANES)


def kept(function: Callable[..., Any]) -> Any:
    """Compile at the first call, and keep the machine code on disk where there is a place for it.

    Its name there holds the stamp: numba unpickles what another version kept, and fails where a class has moved.
    """
    function.__qualname__ = f"{function.__name__}_{stamp()[:16]}"
    try:
        return njit(cache=True, nogil=True, fastmath=True)(function)
    except RuntimeError:  # neither the package's folder nor the user's is writable: compile at every start
        return njit(nogil=True, fastmath=True)(function)
