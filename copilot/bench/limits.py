"""What this machine can do at best: bytes read, byte products summed, time told. Other figures stand beside it."""

import time
from pathlib import Path

import numpy as np

from copilot.bench.section import Row, Section
from copilot.bench.timing import in_turns, reader

_CACHES_KIB = {2: 512, 3: 8192}
"""Where the system tells no sizes."""
_MEMORY_BYTES = 256 * 2**20
_DOTS_ROUNDS = 20_000


def measure(budget_s: float) -> Section:
    """One thread's bandwidth from each cache and from memory, its byte dot products, and the clock's grain."""
    part_s = budget_s / 6
    rows: list[Row] = []
    keys: dict[str, float | None] = {}
    for name, size_bytes in _places().items():
        read_s = in_turns({"read": reader(size_bytes)}, part_s, burst=3)["read"]
        rate = size_bytes / read_s / 1e9
        keys[f"limits.{name}_gb_s"] = rate
        rows.append(Row(f"read {_size(size_bytes)} ({name})", f"{rate:.0f} GB/s"))
    dots = byte_dots_per_s(part_s)
    keys["limits.byte_dots_g_s"] = dots and dots / 1e9
    rows.append(Row("byte products, summed", f"{dots / 1e9:.0f} G/s" if dots else "no instruction for them"))
    grain_ns, late_us = clock_grain_ns(), sleep_late_us(part_s)
    keys |= {"limits.clock_grain_ns": grain_ns, "limits.sleep_late_p99_us": late_us[1]}
    rows.append(Row("clock's grain", f"{grain_ns:.0f} ns"))
    rows.append(Row("a sleep of 1 ms ends late by, p50 / p99", f"{late_us[0]:.0f} / {late_us[1]:.0f} µs"))
    return Section("This machine, one thread", tuple(rows), keys)


def cache_bytes(level: int, cpu: Path = Path("/sys/devices/system/cpu/cpu0/cache")) -> int:
    """The size of a core's cache of a level, as Linux tells it; a common one elsewhere."""
    for index in sorted(cpu.glob("index*")):
        try:
            told = {name: (index / name).read_text().strip() for name in ("level", "type", "size")}
        except OSError:
            continue
        if told["level"] == str(level) and told["type"] != "Instruction" and told["size"].endswith("K"):
            return int(told["size"][:-1]) * 1024
    return _CACHES_KIB[level] * 1024


def _places() -> dict[str, int]:
    """Sizes that lie in L2, in L3 and in no cache."""
    second, third = cache_bytes(2), cache_bytes(3)
    return {"l2": second // 2, "l3": max(second * 2, third // 4), "memory": max(_MEMORY_BYTES, 4 * third)}


def _size(size_bytes: int) -> str:
    return f"{size_bytes / 2**20:.0f} MiB" if size_bytes >= 2**20 else f"{size_bytes / 2**10:.0f} KiB"


def byte_dots_per_s(budget_s: float) -> float | None:
    """Products of two bytes, multiplied and summed a second; None without an instruction for it."""
    from copilot.bench.dots import dots
    from copilot.decode.kernels.lanes import DOT_LANES

    if not DOT_LANES:
        return None
    call, products = dots(_DOTS_ROUNDS)
    return products / in_turns({"dots": call}, budget_s, burst=3)["dots"]


def clock_grain_ns() -> float:
    """The smallest step that the clock was seen to make."""
    seen = np.array([time.perf_counter_ns() for _ in range(20_000)])
    steps = np.diff(seen)
    return float(steps[steps > 0].min(initial=10**9))


def sleep_late_us(budget_s: float) -> tuple[float, float]:
    """By how much a sleep of 1 ms overshoots: median and 99th percentile."""
    late: list[float] = []
    end_s = time.perf_counter() + budget_s
    while time.perf_counter() < end_s or len(late) < 20:
        began_s = time.perf_counter()
        time.sleep(0.001)
        late.append((time.perf_counter() - began_s - 0.001) * 1e6)
    return float(np.percentile(late, 50)), float(np.percentile(late, 99))
