"""What a soak is measured by: memory, work a bar, pauses of the collector."""

import gc
import os
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

_MB = 2**20
_TICKS_HZ = os.sysconf("SC_CLK_TCK")


def resident_mb(pid: int | str = "self") -> float:
    """What a process has in memory now."""
    pages = int(Path(f"/proc/{pid}/statm").read_text(encoding="ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / _MB


def worked_s(pid: int) -> float:
    """Processor time that a process has taken so far."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS_HZ


@dataclass(slots=True)
class Pauses:
    """The longest stop of this process for its collector, since the last look."""

    longest_ms: float = 0.0
    count: int = 0
    _began_s: float = 0.0

    def __post_init__(self) -> None:
        gc.callbacks.append(self._note)

    def _note(self, phase: str, _: Mapping[str, Any]) -> None:
        if phase == "start":
            self._began_s = time.perf_counter()
        else:
            self.longest_ms = max(self.longest_ms, (time.perf_counter() - self._began_s) * 1000)
            self.count += 1

    def take(self) -> float:
        """The longest in ms; then it begins anew."""
        longest_ms, self.longest_ms = self.longest_ms, 0.0
        return longest_ms

    def close(self) -> None:
        """Look no more."""
        gc.callbacks.remove(self._note)


@dataclass(slots=True)
class Row:
    """How a soak stood at a moment of its music. `*_bar_ms`: processor time a bar since the row before."""

    hour: float
    bar: int
    heard: int
    played: int
    late: int
    dropped: int
    stuck: int
    daemon_mb: float
    worker_mb: float
    daemon_bar_ms: float
    worker_bar_ms: float
    call_p50_ms: float
    call_p99_ms: float
    sent_late_p99_ms: float
    pause_ms: float
    x_realtime: float


COLUMNS: tuple[tuple[str, str, str], ...] = (
    ("hour", "hour", "{:.2f}"),
    ("bar", "bar", "{:,}"),
    ("heard", "heard", "{:,}"),
    ("played", "played", "{:,}"),
    ("late", "late", "{}"),
    ("dropped", "dropped", "{}"),
    ("stuck", "stuck", "{}"),
    ("daemon MB", "daemon_mb", "{:.1f}"),
    ("worker MB", "worker_mb", "{:.1f}"),
    ("daemon ms/bar", "daemon_bar_ms", "{:.2f}"),
    ("worker ms/bar", "worker_bar_ms", "{:.1f}"),
    ("call p50 ms", "call_p50_ms", "{:.1f}"),
    ("p99 ms", "call_p99_ms", "{:.1f}"),
    ("sent late p99 ms", "sent_late_p99_ms", "{:.2f}"),
    ("longest gc ms", "pause_ms", "{:.2f}"),
    ("× as fast", "x_realtime", "{:.0f}"),
)


def table(rows: Sequence[Row]) -> str:
    """The rows as Markdown, for docs/reliability.md."""
    lines = [" | ".join(title for title, _, _ in COLUMNS), " | ".join("---" for _ in COLUMNS)]
    lines += [" | ".join(shape.format(getattr(row, name)) for _, name, shape in COLUMNS) for row in rows]
    return "\n".join(f"| {line} |" for line in lines)


@dataclass(slots=True)
class Work:
    """Processor time by bar: of this process, and of the worker."""

    worker_pid: int | None = None
    _marks: list[tuple[int, float, float]] = field(default_factory=list)

    def mark(self, bar: int) -> None:
        """Note the work done until this bar."""
        pid = self.worker_pid
        worker_s = worked_s(pid) if pid and is_there(pid) else self._marks[-1][2] if self._marks else 0.0
        self._marks.append((bar, time.process_time(), worker_s))

    def since(self, bar: int) -> tuple[float, float]:
        """What a bar took from the first mark at `bar` or later on to the last, in ms: here, and in the worker."""
        first = next(mark for mark in self._marks if mark[0] >= bar)
        return _a_bar(first, self._marks[-1])

    def around(self, bar: int) -> tuple[float, float]:
        """What a bar took from the first mark at `bar` or later on to the next."""
        after = [mark for mark in self._marks if mark[0] >= bar]
        following = next((mark for mark in after if mark[0] > after[0][0]), after[0])
        return _a_bar(after[0], following)


def _a_bar(first: tuple[int, float, float], last: tuple[int, float, float]) -> tuple[float, float]:
    bars = max(1, last[0] - first[0])
    return (last[1] - first[1]) * 1000 / bars, (last[2] - first[2]) * 1000 / bars


def is_there(pid: int) -> bool:
    """Whether a process still runs, or was not waited for."""
    return Path(f"/proc/{pid}/statm").exists() and bool(
        Path(f"/proc/{pid}/statm").read_text("ascii").split()[1] != "0"
    )


def status_kb(pid: int, name: str) -> int:
    """A figure of /proc/PID/status, in KiB."""
    lines = Path(f"/proc/{pid}/status").read_text("ascii", errors="replace").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(f"{name}:"))
