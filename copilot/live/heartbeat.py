"""Whether a child process that says something many times a second has fallen silent for good."""

import asyncio
import sys
from contextlib import suppress
from pathlib import Path

LOOK_S = 0.02
STOPPED_S = 0.06
"""So long a silence is enough where the system says that the process is stopped."""
ASLEEP_S = 0.3
"""So long a silence of one whose threads all sleep: they wait for each other, or for a port. An honest one was silent
for 0.04 s at the most (tests/bench/bench_heartbeat.py), but when it lays a connection again it may have to wait for a
JACK server that gets over another client's death (0.2 s)."""
STUCK_S = 0.6
"""So long a silence of any other: it may wait for a core or for its memory, or it runs in a circle."""


class Heartbeat:
    """Listens to one child. Belongs to the daemon's event loop.

    Silence is counted in looks, not by the clock: where the daemon itself stood still, it reads what the child said
    meanwhile before it looks again.
    """

    def __init__(self, pid: int) -> None:
        self._pid = pid
        self._looks = 0

    def beat(self) -> None:
        """The child has said something."""
        self._looks = 0

    async def fail(self) -> str:
        """Returns what is wrong, once the child has been silent for too long."""
        while True:
            await asyncio.sleep(LOOK_S)
            self._looks += 1
            silent_s = self._looks * LOOK_S
            if silent_s < STOPPED_S:
                continue
            states = _states(self._pid)
            if states and states <= {"T", "t"}:
                return "is stopped"
            if silent_s >= STUCK_S or (silent_s >= ASLEEP_S and states == {"S"}):
                return "hangs"


def _states(pid: int) -> set[str]:
    """What the system says that the process's threads do; nothing where it does not say (only Linux does)."""
    states: set[str] = set()
    if sys.platform == "linux":
        with suppress(OSError, IndexError):  # it is gone: its socket says so
            for task in Path(f"/proc/{pid}/task").iterdir():
                stat = (task / "stat").read_text("utf-8", "replace")
                states.add(stat.rpartition(")")[2].split()[0])
    return states
