"""What a jam asks of the machine: cores, memory, a clock, and being woken in time."""

import ctypes
import os
import platform
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from copilot.commands.doctor.check import Check
from copilot.cores import usable_cores
from copilot.files import user_cache_folder
from copilot.midi.ledger import Ledger
from copilot.midi.precedence import take_precedence

_SLEEPS, _SLEEP_S = 200, 0.001
_PR_GET_TIMERSLACK = 30
_SLOW_CLOCKS = ("hpet", "acpi_pm", "jiffies", "pit")
_LATE_MS = 2.0
"""What a note may be late (the design's promise)."""


def check_python() -> Check:
    """The interpreter."""
    return Check("Python", "ok", f"{platform.python_version()} on {platform.system()} {platform.machine()}")


def check_cores() -> Check:
    """Cores that this process may use, and how busy they are."""
    cores = usable_cores()
    busy = os.getloadavg()[0] if hasattr(os, "getloadavg") else 0.0
    found = f"{cores}; {busy:.1f} would have been busy over the last minute"
    if cores == 1:
        return Check("cores", "note", found, "MIDI and the model share one: play a small model")
    if busy > cores / 2:
        return Check("cores", "note", found, "end what else computes before you play")
    return Check("cores", "ok", found)


def check_memory(needed_bytes: int) -> Check:
    """Free memory beside what a jam takes."""
    free = _free_bytes()
    if free is None:
        return Check(
            "memory", "ok", f"about {_mb(needed_bytes)} needed; this system does not say what is free"
        )
    found = f"{_mb(free)} free, about {_mb(needed_bytes)} needed"
    if free < needed_bytes:
        todo = "end other programs: swapped memory comes too late"
        return Check("memory", "trouble", found, todo, "the music would stand still now and then")
    return Check("memory", "ok", found)


def _free_bytes() -> int | None:
    try:
        lines = Path("/proc/meminfo").read_text(encoding="ascii").splitlines()
    except OSError:
        return None
    fields = dict(line.split(":") for line in lines)
    return int(fields["MemAvailable"].split()[0]) * 1024


def _mb(size: int) -> str:
    return f"{size / 2**20:,.0f} MB"


def check_clock() -> Check:
    """Where the time comes from, and what a look at it costs."""
    began = time.perf_counter()
    for _ in range(2000):
        time.monotonic()
    each_ns = (time.perf_counter() - began) / 2000 * 1e9
    try:
        source = Path("/sys/devices/system/clocksource/clocksource0/current_clocksource").read_text().strip()
    except OSError:
        source = time.get_clock_info("monotonic").implementation
    found = f"{source}, {each_ns:.0f} ns a look"
    if source in _SLOW_CLOCKS:
        return Check("clock", "note", found, "a slow one: boot with clocksource=tsc if the processor can")
    return Check("clock", "ok", found)


def check_timer() -> Check:
    """How late a sleeping thread wakes, as the scheduler's does."""
    slack_ns, late_ms = _apart(_sleep_often)
    late_ms.sort()
    typical, p99, worst = statistics.median(late_ms), late_ms[int(0.99 * len(late_ms))], late_ms[-1]
    found = f"sleeps end {typical:.2f} ms late, p99 {p99:.2f}, {worst:.2f} at worst of {_SLEEPS}"
    if slack_ns is not None:
        found += f"; timer slack {slack_ns:,} ns"
    if p99 > _LATE_MS:
        todo = "end other programs, permit real-time priority"
        return Check("timer", "trouble", found, todo, f"notes would come up to {p99:.0f} ms late")
    return Check("timer", "ok", found, heard=f"notes leave within {max(p99, 0.1):.1f} ms of their time")


def _sleep_often() -> tuple[int | None, list[float]]:
    """The slack that was had, and each sleep's lateness in ms."""
    take_precedence("sleep")  # the slack alone: with the priority it is always 0
    slack_ns = None
    if sys.platform == "linux":
        slack_ns = int(ctypes.CDLL(None).prctl(_PR_GET_TIMERSLACK, 0, 0, 0, 0))
    take_precedence()
    late_ms = []
    for _ in range(_SLEEPS):
        began = time.monotonic()
        time.sleep(_SLEEP_S)
        late_ms.append((time.monotonic() - began - _SLEEP_S) * 1000)
    return slack_ns, late_ms


def _apart(work: Callable[[], Any]) -> Any:
    """Do it in a thread that ends: priority and slack are a thread's own."""
    results: list[Any] = []
    thread = threading.Thread(target=lambda: results.append(work()))
    thread.start()
    thread.join()
    return results[0]


def check_cache() -> Check:
    """Whether what was measured and compiled can be kept."""
    folder = user_cache_folder()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        todo = "devices are measured at each start: make it writable, or name another in $COPILOT_CACHE"
        return Check("cache folder", "note", f"{folder}: {error.strerror}", todo)
    return Check("cache folder", "ok", str(folder))


def check_ledger() -> Check:
    """Whether the processes can share the book of sounding notes."""
    try:
        with Ledger.create():
            pass
    except OSError as error:
        return Check(
            "shared memory", "problem", str(error), "make room in memory or in the folder for temporaries"
        )
    return Check("shared memory", "ok", "the ledger of sounding notes can be shared")
