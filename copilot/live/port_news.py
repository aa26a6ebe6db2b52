"""What the MIDI process tells of its ports: how they stand, what it counts, and the lines for a person."""

import logging
from collections.abc import Callable, Sequence

import msgspec

from copilot.live.status import Status
from copilot.midi.messages import Loop, Lost, Port, Ready, Stats

log = logging.getLogger(__name__)


class PortNews:
    """`say` tells whoever watches a line; the log has it too."""

    def __init__(self, awaited: Ready, say: Callable[[str], None]) -> None:
        """`awaited`: how it stands before there is a MIDI process."""
        self.ready = awaited
        self.ports: Sequence[Port] = awaited.ports
        self.stats: Stats | None = None
        self._say_only = say

    def _say(self, line: str) -> None:
        log.warning("%s", line)
        self._say_only(line)

    def opened(self, ready: Ready) -> None:
        """The first MIDI process has opened what was there."""
        self.ready, self.ports = ready, ready.ports

    def opened_again(self, ready: Ready) -> None:
        """Another one has."""
        self.ready = ready
        self.changed(ready.ports)

    def changed(self, ports: Sequence[Port]) -> None:
        """Some have come or gone."""
        before, self.ports = self.ports, ports
        for port, then in zip(ports, before, strict=False):
            if port.state == "connected" and then.state in ("gone", "awaited"):
                self._say(f"the MIDI {port.direction}put {port.name!r} is there")

    def lost(self, message: Lost) -> None:
        """One is gone, or all of them."""
        if message.is_system:
            self.ports = [msgspec.structs.replace(port, state="gone") for port in self.ports]
            self._say(f"{message.reason}: its ports are taken up again when it is back")
        else:
            self._say(message.reason)

    def counted(self, stats: Stats) -> None:
        """Its counts so far."""
        known = {_way(loop) for loop in (self.stats.loops if self.stats else ())}
        self.stats = stats
        for loop in stats.loops:
            if _way(loop) not in known:
                self._say(f"{self._heard_again(loop)}: that is cut")

    def _heard_again(self, loop: Loop) -> str:
        """Which input hears what is sent, and how."""
        name = self.ready.inputs[loop.port]
        higher = "higher" if loop.semitones > 0 else "lower"
        shifted = f" and {abs(loop.semitones)} semitones {higher}" if loop.semitones else ""
        return f"feedback: {name!r} hears what we send again, {loop.lag_ms:.0f} ms later{shifted}"

    def status(self) -> Status:
        """For the remotes."""
        ports = [msgspec.structs.asdict(port) for port in self.ports]
        status: Status = {"timing": self.ready.timing, "ports": ports}
        if self.stats is not None:
            status["late_p99_ms"] = round(self.stats.late_p99_ms, 3)
            status["midi_queue_drops"] = self.stats.queue_drops
            status["midi_long_sysex"] = self.stats.filtered.get("long_sysex", 0)
            status["midi_send_failures"] = self.stats.send_failures
            status["midi_xruns"] = self.stats.xruns
            status["midi_echoes"] = self.stats.filtered.get("echo", 0)
            status["midi_feedback"] = self.stats.filtered.get("feedback", 0)
            status["feedback"] = [f"{self._heard_again(loop)}: {loop.cut} cut" for loop in self.stats.loops]
        return status


def _way(loop: Loop) -> tuple[int, int, float]:
    """What tells one loop from another."""
    return loop.port, loop.semitones, loop.lag_ms
