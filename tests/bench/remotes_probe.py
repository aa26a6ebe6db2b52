"""What bench_remotes.py measures. It takes no more memory the longer it measures: what grows is the daemon's."""

import asyncio
import os
import sys
import time
from collections.abc import Iterable

import psutil

from copilot.live.feed import Event, NoteOut

_PROBE_S = 0.002
_BIN_MS = 0.01
_BINS = 20_000


class Spread:
    """Values of 0 to 200 ms, counted in bins of 0.01 ms."""

    def __init__(self) -> None:
        self._bins = [0] * _BINS
        self.count = 0
        self.most_ms = 0.0

    def add(self, value_ms: float) -> None:
        """One more."""
        self._bins[min(_BINS - 1, max(0, int(value_ms / _BIN_MS)))] += 1
        self.count += 1
        self.most_ms = max(self.most_ms, value_ms)

    def below_ms(self, share: float) -> float:
        """The value below which `share` of them lie."""
        left = share * self.count
        for index, count in enumerate(self._bins):
            left -= count
            if left <= 0:
                return index * _BIN_MS
        return self.most_ms

    def forget(self) -> None:
        """Begin anew, in the same memory."""
        for index in range(_BINS):
            self._bins[index] = 0
        self.count, self.most_ms = 0, 0.0


class ProbedLoop(asyncio.SelectorEventLoop):
    """Notes what each round of the loop takes of the processor: what other processes take of it is not in that."""

    def __init__(self) -> None:
        super().__init__()
        self.rounds = Spread()

    def _run_once(self) -> None:
        began_s = time.thread_time()
        super()._run_once()  # type: ignore[misc]
        self.rounds.add(1e3 * (time.thread_time() - began_s))


class Probe:
    """How late timers of the loop come, and notes; what a round of it takes; the process's memory and processor."""

    def __init__(self, loop: ProbedLoop) -> None:
        self.timers, self.notes, self.rounds = Spread(), Spread(), loop.rounds
        self._process = psutil.Process(os.getpid())
        self._since_s, self._cpu_s = time.monotonic(), time.process_time()

    def hear(self, event: Event) -> None:
        """The feed's."""
        if isinstance(event, NoteOut):
            self.notes.add(event.late_ms)

    async def run(self) -> None:
        """Until cancelled."""
        loop = asyncio.get_running_loop()
        while True:
            due_s = loop.time() + _PROBE_S
            await asyncio.sleep(_PROBE_S)
            self.timers.add(1e3 * (loop.time() - due_s))

    def head(self, others: Iterable[str]) -> None:
        """Print what the columns are."""
        spreads = "".join(
            f"{name:>23}" for name in ("notes late, ms", "timers late, ms", "CPU of a round, ms")
        )
        print(
            f"{'':<31}{'':>7}{spreads}\n{'':<31}{'notes':>7}" + f"{'p50':>7}{'p99':>8}{'max':>8}" * 3, end=""
        )
        print(
            f"{'CPU, %':>8}{'MiB':>8}{'1,000 blocks':>14}"
            + "".join(f"{name:>{len(name) + 2}}" for name in others)
        )

    def row(self, title: str, others: str) -> None:
        """Print what was found since the last."""
        cells = [f"{title:<31}{self.notes.count:>7}"]
        for spread in (self.notes, self.timers, self.rounds):
            cells.append(f"{spread.below_ms(0.5):>7.2f}{spread.below_ms(0.99):>8.2f}{spread.most_ms:>8.1f}")
        share = (time.process_time() - self._cpu_s) / (time.monotonic() - self._since_s)
        mib = self._process.memory_info().rss / 2**20
        cells.append(f"{100 * share:>8.0f}{mib:>8.1f}{sys.getallocatedblocks() / 1000:>14.1f}")
        print("".join(cells) + others, flush=True)
        self.forget()

    def forget(self) -> None:
        """Begin anew."""
        for spread in (self.timers, self.notes, self.rounds):
            spread.forget()
        self._since_s, self._cpu_s = time.monotonic(), time.process_time()
