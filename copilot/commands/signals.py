"""Work that goes on until it is done or the process is told to end."""

import asyncio
import contextlib
import signal
from collections.abc import Coroutine
from typing import Any

from copilot.control.aside import logging_aside

_END_SIGNALS = ("SIGINT", "SIGTERM", "SIGHUP")
"""The last, where there is one, says that the terminal was closed; `nohup` has it ignored."""


async def until_told(work: Coroutine[Any, Any, None]) -> None:
    """Do the work; at SIGINT, SIGTERM or SIGHUP it is cancelled, and may end everything. Raises what it raises.

    What is logged meanwhile waits for no terminal.
    """
    with logging_aside():
        await _until_told(work)


async def _until_told(work: Coroutine[Any, Any, None]) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for name in _END_SIGNALS:
        number = getattr(signal, name, None)
        is_unwanted = name == "SIGHUP" and number and signal.getsignal(number) == signal.SIG_IGN
        if number is not None and not is_unwanted:
            with contextlib.suppress(NotImplementedError):  # Windows: Ctrl-C cancels the task instead
                loop.add_signal_handler(number, stop.set)
    ending = asyncio.create_task(stop.wait())
    working = asyncio.create_task(work)
    await asyncio.wait([ending, working], return_when=asyncio.FIRST_COMPLETED)
    ending.cancel()
    if not working.done():
        working.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await working
