"""`python -m tests.fault.crashing_midi FD PLACE`: the MIDI process, where PLACE raises from SIGUSR2 on."""

import signal
import sys
import threading
from collections.abc import Callable
from typing import Any

from copilot.midi import delay, forwarder, inputs, process, rig, scheduler

PLACES: dict[str, tuple[Any, str, str]] = {
    "scheduler": (scheduler.Schedule, "pop_due", "scheduler"),
    "forwarder": (forwarder, "pack", "forwarder"),
    "delay": (delay.DelayLine, "_send", "delay"),
    "callback": (inputs.Input, "receive", ""),
    "orders": (process.MidiProcess, "_obey", "MainThread"),
    "check": (rig.Rig, "check", "MainThread"),
}
"""What raises: where it is kept, its name, and in which thread (empty: in any)."""

_fails = threading.Event()


def failing(work: Callable[..., Any], thread: str) -> Callable[..., Any]:
    """The same, until told to fail."""

    def do(*arguments: Any, **named: Any) -> Any:
        if _fails.is_set() and thread in ("", threading.current_thread().name):
            raise RuntimeError("a fault for a test")
        return work(*arguments, **named)

    return do


if __name__ == "__main__":
    holder, name, thread = PLACES[sys.argv[2]]
    setattr(holder, name, failing(getattr(holder, name), thread))
    signal.signal(signal.SIGUSR2, lambda _, __: _fails.set())
    sys.exit(process.main())
