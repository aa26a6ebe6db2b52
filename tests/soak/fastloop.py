"""An event loop that never waits for nothing: what is computed takes the time that it takes, idle time is skipped.

Its clock is the machine's monotonic clock, put forward by each wait that nothing outside would have ended. So what
runs on it meets the same order of events, timeouts and latencies as on stage, only sooner: an answer of the model's
that takes 20 ms takes 20 ms of the music, and a rest of two bars takes none of ours.
"""

import asyncio
import selectors
import time
from collections.abc import Callable, Mapping
from concurrent.futures import Executor
from typing import Any, TypeVar, TypeVarTuple

Given = TypeVarTuple("Given")
Done = TypeVar("Done")


class FastLoop(asyncio.SelectorEventLoop):
    """`holds()`: whether something outside of this process is at work, for which time must pass as it does."""

    def __init__(self, holds: Callable[[], bool] = lambda: True) -> None:
        self.skipped_s = 0.0
        self._holds = holds
        self._in_threads = 0
        super().__init__(_Skipping(self))

    def time(self) -> float:
        """Seconds on the clock of the music."""
        return time.monotonic() + self.skipped_s

    def may_skip(self) -> bool:
        """Whether nobody else works: no thread of ours, and nothing outside."""
        return not self._in_threads and not self._holds()

    def hold_by(self, holds: Callable[[], bool]) -> None:
        """From now on ask this whether time is to pass by itself."""
        self._holds = holds

    def run_in_executor(
        self, executor: Executor | None, func: Callable[[*Given], Done], *args: *Given
    ) -> asyncio.Future[Done]:
        """See asyncio's: time passes by itself meanwhile."""
        self._in_threads += 1
        future = super().run_in_executor(executor, func, *args)
        future.add_done_callback(self._thread_done)
        return future

    def _thread_done(self, _: Any) -> None:
        self._in_threads -= 1


class _Skipping(selectors.BaseSelector):
    """The system's selector, whose waits are skipped where nobody works."""

    def __init__(self, loop: FastLoop) -> None:
        self._loop = loop
        self._real = selectors.DefaultSelector()

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        """What is ready. Without anything the loop's clock jumps to the end of the wait."""
        if timeout is None or timeout <= 0.0 or not self._loop.may_skip():
            return self._real.select(timeout)
        ready = self._real.select(0.0)
        if not ready:
            self._loop.skipped_s += timeout
        return ready

    def register(self, fileobj: Any, events: int, data: Any = None) -> selectors.SelectorKey:
        """See BaseSelector."""
        return self._real.register(fileobj, events, data)

    def unregister(self, fileobj: Any) -> selectors.SelectorKey:
        """See BaseSelector."""
        return self._real.unregister(fileobj)

    def modify(self, fileobj: Any, events: int, data: Any = None) -> selectors.SelectorKey:
        """See BaseSelector."""
        return self._real.modify(fileobj, events, data)

    def get_map(self) -> Mapping[Any, selectors.SelectorKey]:
        """See BaseSelector."""
        return self._real.get_map()

    def close(self) -> None:
        """See BaseSelector."""
        self._real.close()


class LoopClock:
    """A `Clock` that reads the loop's."""

    def __init__(self, loop: FastLoop) -> None:
        self._loop = loop

    def now_s(self) -> float:
        """See Clock."""
        return self._loop.time()
