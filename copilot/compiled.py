"""Functions that numba compiles at their first call; importing this takes 0.2 s, the first time on a machine more."""

from collections.abc import Callable
from typing import Any

from numba import njit


def compiled(function: Callable[..., Any], **options: Any) -> Any:
    """`function` as machine code that lets the GIL go, kept on disk where there is a place for it.

    `options`: further ones of numba's.
    """
    try:
        return njit(cache=True, nogil=True, **options)(function)
    except RuntimeError:  # neither the package's folder nor the user's is writable: compile at every start
        return njit(nogil=True, **options)(function)
