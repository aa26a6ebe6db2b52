"""What the system says of a process that has fallen silent: whether it is stopped, sleeps, works, or gets no core."""

import os
import sys
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

_AFTER_NAME_USER, _AFTER_NAME_SYSTEM = 11, 12


@dataclass(frozen=True, slots=True)
class Vitals:
    """`states`: of its threads, as Linux names them. `cpu_s`: how long it has had a core so far."""

    states: frozenset[str]
    cpu_s: float

    @property
    def is_stopped(self) -> bool:
        """Somebody has stopped it, or looks at it with a debugger."""
        return bool(self.states) and self.states <= {"T", "t"}

    @property
    def is_asleep(self) -> bool:
        """All its threads wait for each other, or for somebody else; none waits for a core or for memory."""
        return self.states == {"S"}


def vitals_of(pid: int) -> Vitals | None:
    """As of now; None where the system does not say (only Linux does), and for a process that is gone."""
    if sys.platform != "linux":
        return None
    with suppress(OSError, IndexError, ValueError):
        process = Path(f"/proc/{pid}")
        states = frozenset(_fields(task)[0] for task in (process / "task").iterdir())
        fields = _fields(process)
        ticks = int(fields[_AFTER_NAME_USER]) + int(fields[_AFTER_NAME_SYSTEM])
        return Vitals(states, ticks / os.sysconf("SC_CLK_TCK"))
    return None


def _fields(process: Path) -> list[str]:
    """What comes after the name, which may hold anything."""
    return (process / "stat").read_text("utf-8", "replace").rpartition(")")[2].split()
