"""Whether a child process that says something many times a second has fallen silent for good."""

import asyncio
from dataclasses import dataclass

from copilot.live.vitals import Vitals, vitals_of

LOOK_S = 0.02
STOPPED_S = 0.06
"""So long a silence is enough where the system says that the process is stopped."""
ASLEEP_S = 0.5
"""So long a silence of one whose threads all sleep: they wait for each other, or for a port. An honest one may have
to wait for a JACK server that gets over another client's death (0.2 s)."""
CIRCLING_S = 0.3
"""So much of a core's time since it last said something, ten times what it speaks at: it runs in a circle."""
STARVED_S = 5.0
"""So long a silence of one that gets no core, or waits for its memory: another one would not get on better."""


@dataclass(slots=True)
class Silence:
    """What to make of a silence, by its length and what the system says meanwhile. Pure."""

    _began_cpu_s: float | None = None

    def verdict(self, silent_s: float, vitals: Vitals | None) -> str:
        """What is wrong, for a person; empty while nothing is. To be asked again and again, with one silence."""
        if vitals is not None and vitals.is_stopped:
            return "is stopped"
        if vitals is not None and self._began_cpu_s is None:
            self._began_cpu_s = vitals.cpu_s
        is_asleep = vitals is not None and vitals.is_asleep and silent_s >= ASLEEP_S
        is_circling = (
            vitals is not None
            and self._began_cpu_s is not None
            and vitals.cpu_s - self._began_cpu_s >= CIRCLING_S
        )
        return "hangs" if is_asleep or is_circling or silent_s >= STARVED_S else ""


class Heartbeat:
    """Listens to one child. Belongs to the daemon's event loop.

    Silence is counted in looks, not by the clock: where the daemon itself stood still, it reads what the child said
    meanwhile before it looks again.
    """

    def __init__(self, pid: int) -> None:
        self._pid = pid
        self._looks = 0
        self._silence = Silence()

    def beat(self) -> None:
        """The child has said something."""
        if self._looks * LOOK_S >= STOPPED_S:
            self._silence = Silence()
        self._looks = 0

    async def fail(self) -> str:
        """Returns what is wrong, once the child has been silent for too long."""
        while True:
            await asyncio.sleep(LOOK_S)
            self._looks += 1
            silent_s = self._looks * LOOK_S
            if silent_s >= STOPPED_S and (wrong := self._silence.verdict(silent_s, vitals_of(self._pid))):
                return wrong
