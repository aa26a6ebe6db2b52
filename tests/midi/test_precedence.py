"""Priority is asked for, told about, and given back where it is misused."""

import os
import subprocess
import sys

import pytest

from copilot.midi.precedence import probe, take_precedence

STEPS_DOWN = """
import os, signal, threading
from copilot.midi.precedence import guard_against_runaways, lift_companions, take_precedence
guard_against_runaways()
lift_companions()
taken, over = threading.Event(), threading.Event()
def play():
    print(take_precedence().is_realtime, flush=True)
    taken.set()
    over.wait()
player = threading.Thread(target=play)
player.start()
taken.wait()
def policies():
    return sorted({os.sched_getscheduler(int(task)) for task in os.listdir("/proc/self/task")})
print(policies())
signal.raise_signal(signal.SIGXCPU)
print(policies())
over.set()
"""


def test_what_was_not_asked_for_is_not_taken() -> None:
    """And the line says so."""
    taken = take_precedence("sleep")
    assert not taken.is_realtime
    assert "not asked for" in taken.said


def test_the_probe_changes_nothing_for_who_asks() -> None:
    """It says in one line what there is, and the caller's own thread stays what it was."""
    found = probe()
    assert "real-time priority" in found.said
    assert "\n" not in found.said
    if sys.platform == "linux":
        assert os.sched_getscheduler(0) == os.SCHED_OTHER


@pytest.mark.skipif(sys.platform != "linux", reason="the kernel's watch over real-time threads is Linux's")
def test_the_kernels_warning_takes_the_priority_from_every_thread() -> None:
    """After SIGXCPU the process goes on with ordinary threads; without the right to priority they always were."""
    command = [sys.executable, "-c", STEPS_DOWN]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stderr
    was_realtime, lifted, after = done.stdout.splitlines()
    assert lifted == (f"[{os.SCHED_FIFO}]" if was_realtime == "True" else f"[{os.SCHED_OTHER}]")
    assert after == f"[{os.SCHED_OTHER}]"
