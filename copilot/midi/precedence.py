"""Real-time priority for the thread that plays: asked of the system, never needed.

On two cores with both of them busy, a thread that must wake at a moment was measured to be late by (p50 / p99):
0.07 / 0.10 ms as it is, 0.02 / 0.06 ms with real-time priority, and 0 / 0.01 ms where it also spins the last third
of a millisecond. Without the priority a spinning thread loses its core at the wrong moment: 0 / 3.4 ms.
"""

import contextlib
import ctypes
import os
import signal
import sys
import threading
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Literal

Timing = Literal["spin", "priority", "sleep"]
"""How hard to try: with priority and a spin, with priority alone, or with neither."""

PRIORITY = 5
"""Of 1–99: below the threads of a JACK server and its clients, which must hand on what is sent."""

_PR_SET_TIMERSLACK = 29
_MCL_CURRENT, _MCL_FUTURE, _MCL_ONFAULT = 1, 2, 4
_CAP_IPC_LOCK = 14

_RUNAWAY_S = 0.5
"""No turn of the scheduler takes a tenth of this; a thread of real-time priority that runs on is a fault."""


@dataclass(frozen=True, slots=True)
class Precedence:
    """What the system gave. `said` is for a person: the kind of priority, or why there is none."""

    is_realtime: bool
    said: str


def take_precedence(timing: Timing = "spin") -> Precedence:
    """Let the kernel wake the calling thread at its time, before any thread that merely has work to do.

    It lasts as long as the thread. Tested on Linux; what is asked of macOS and Windows is by their manuals.
    """
    if sys.platform == "linux":
        # Without this the kernel may wake it 0.05 ms late, to save a wake-up.
        ctypes.CDLL(None).prctl(_PR_SET_TIMERSLACK, ctypes.c_ulong(1), 0, 0, 0)
    if timing == "sleep":
        return Precedence(False, "no real-time priority (not asked for)")
    try:
        return Precedence(True, _ask_system())
    except OSError as error:
        return Precedence(False, f"no real-time priority ({_advice(error)})")


def probe() -> Precedence:
    """What `take_precedence` would get on this machine: asked by a thread that ends at once."""
    found: list[Precedence] = []
    thread = threading.Thread(target=lambda: found.append(take_precedence()), name="precedence probe")
    thread.start()
    thread.join()
    return found[0]


def lift_companions() -> None:
    """Lift every thread of this process just under the scheduler's; threads made later inherit it. Linux only.

    They take the interpreter's lock in turns with the scheduler. One that has it and waits for a core behind the
    model keeps a note waiting: with the scheduler's thread alone lifted, 1 event in 1,000 left 5.8 ms late or more.
    """
    if sys.platform == "linux":
        _schedule_all(os.SCHED_FIFO, PRIORITY - 1)


def lock_memory() -> bool:
    """Keep what this process uses in memory, never in swap; whether the system permits it. Linux only.

    Each page is locked when it is first used: a thread's stack of 8 MB would else count whole. Where the user's
    limit is finite, only what is mapped now: beyond the limit the system would refuse what is mapped later.
    """
    if sys.platform != "linux":
        return False
    flags = _MCL_CURRENT | _MCL_ONFAULT | (_MCL_FUTURE if _may_lock_all() else 0)
    return bool(ctypes.CDLL(None).mlockall(flags) == 0)


def _may_lock_all() -> bool:
    import resource

    status = Path("/proc/self/status").read_text(encoding="ascii", errors="replace")
    capabilities = next(line.split()[1] for line in status.splitlines() if line.startswith("CapEff:"))
    is_capable = bool(int(capabilities, 16) >> _CAP_IPC_LOCK & 1)
    return is_capable or resource.getrlimit(resource.RLIMIT_MEMLOCK)[0] == resource.RLIM_INFINITY


def guard_against_runaways() -> None:
    """Keep a thread that never sleeps again from taking a core for good. Main thread only; Linux only.

    After half a second of running on end at real-time priority the kernel sends SIGXCPU, and every thread of the
    process steps down to ordinary priority. One that is not stopped by that is killed with its process half a second
    later; the daemon then ends its notes. Time asleep starts the count anew.
    """
    if sys.platform != "linux":
        return
    import resource

    def step_down(_: int, __: FrameType | None) -> None:
        _schedule_all(os.SCHED_OTHER, 0)

    signal.signal(signal.SIGXCPU, step_down)
    soft_us = int(_RUNAWAY_S * 1e6)
    with contextlib.suppress(ValueError, OSError):  # its owner set a lower limit: that one holds
        resource.setrlimit(resource.RLIMIT_RTTIME, (soft_us, 2 * soft_us))


def _schedule_all(policy: int, priority: int) -> None:
    for task in Path("/proc/self/task").iterdir():
        with contextlib.suppress(OSError):  # that thread has just ended, or it is not permitted
            os.sched_setscheduler(int(task.name), policy, os.sched_param(priority))


def _ask_system() -> str:
    """Raise the calling thread; what it has now. Raises OSError where that is refused or unknown."""
    if sys.platform == "linux":
        os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(PRIORITY))
        return f"real-time priority (SCHED_FIFO {PRIORITY})"
    if sys.platform == "darwin":
        _be_time_constrained()
        return "real-time priority (time-constraint policy)"
    if sys.platform == "win32":
        _be_time_critical()
        return "real-time priority (time-critical)"
    raise OSError(f"{sys.platform} has none that this program knows")


def _advice(error: OSError) -> str:
    if isinstance(error, PermissionError) and sys.platform == "linux":
        return "not permitted: allow it by `@audio - rtprio 95` in /etc/security/limits.d and join the group audio"
    return str(error)


def _be_time_constrained() -> None:
    """macOS: within each millisecond from when it may run, this thread needs up to a half (thread_policy.h)."""

    class Timebase(ctypes.Structure):
        _fields_ = (("numerator", ctypes.c_uint32), ("denominator", ctypes.c_uint32))

    class Policy(ctypes.Structure):
        _fields_ = (
            ("period", ctypes.c_uint32),
            ("computation", ctypes.c_uint32),
            ("constraint", ctypes.c_uint32),
            ("preemptible", ctypes.c_int),
        )

    system = ctypes.CDLL(None)
    base = Timebase()
    system.mach_timebase_info(ctypes.byref(base))
    ticks_per_ms = 1_000_000 * base.denominator // base.numerator
    policy = Policy(0, ticks_per_ms // 2, ticks_per_ms, 1)
    system.pthread_self.restype = ctypes.c_void_p
    thread = system.pthread_mach_thread_np(ctypes.c_void_p(system.pthread_self()))
    time_constraint, words = 2, 4
    status = system.thread_policy_set(thread, time_constraint, ctypes.byref(policy), words)
    if status:
        raise OSError(f"thread_policy_set answered {status}")


def _be_time_critical() -> None:
    """Windows: the highest priority of the class, and timers of a millisecond instead of 15.6."""
    if sys.platform == "win32":
        time_critical = 15
        ctypes.WinDLL("winmm").timeBeginPeriod(1)
        kernel = ctypes.WinDLL("kernel32", use_last_error=True)
        kernel.GetCurrentThread.restype = ctypes.c_void_p
        if not kernel.SetThreadPriority(ctypes.c_void_p(kernel.GetCurrentThread()), time_critical):
            raise ctypes.WinError(ctypes.get_last_error())
