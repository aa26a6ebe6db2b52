"""What lies between a port of the rig and one of ours. RtMidi tells nobody when a synth is unplugged, so we look."""

from collections.abc import Callable, Set
from typing import Literal, Protocol, TypeAlias

import rtmidi

from copilot.errors import PortError
from copilot.midi.jackwatch import JackWatch

RtPort: TypeAlias = rtmidi.MidiIn | rtmidi.MidiOut
Plug = Callable[[RtPort | None], None]
"""Is given the port that RtMidi has opened on our side, and None when that is closed."""

Standing = Literal["laid", "relaid", "away", "cut"]
"""Whether what is sent gets over, or does again, but did not for a moment since the last look; or the far end went
away; or a person has taken the cable out."""


class Cable(Protocol):
    """Belongs to one thread, which looks at it often and lays it when its far end is there."""

    def standing(self, listed: Set[str]) -> Standing:
        """How it stands, as of now; `listed` are the ports that are there."""

    def lay(self, far: str) -> bool:
        """Connect with a port; False where that can't be."""


class ListedCable:
    """By the names that the system lists. RtMidi's port of ours goes with the far end, and is opened anew with it."""

    def __init__(self, open_port: Callable[[str], RtPort], plug: Plug) -> None:
        self._open_port, self._plug = open_port, plug
        self._port: RtPort | None = None
        self._far = ""

    def standing(self, listed: Set[str]) -> Standing:
        """See Cable."""
        if self._port is not None and self._far not in listed:
            self._plug(None)
            self._port.delete()
            self._port = None
        return "away" if self._port is None else "laid"

    def lay(self, far: str) -> bool:
        """See Cable."""
        try:
            self._port = self._open_port(far)
        except PortError:
            return False
        self._far = far
        self._plug(self._port)
        return True

    def unplugged(self) -> RtPort | None:
        """Take the cable out for good; the port that is to be closed then."""
        port, self._port = self._port, None
        return port


class JackCable:
    """A JACK connection from or to a port of ours that stays. One that a person cut stays cut."""

    def __init__(self, watch: JackWatch, ours: str, *, is_heard: bool) -> None:
        """`ours`: our port's full name; `is_heard`: the connection comes to us."""
        self._watch, self._ours, self._is_heard = watch, ours, is_heard
        self._far = ""
        self._departures = self._cuts = 0

    def standing(self, listed: Set[str]) -> Standing:
        """See Cable."""
        joined = self._watch.connections(self._far) if self._far in listed else None
        if joined is None:
            return "away"
        if self._ours not in joined:
            return "away" if self._departures != self._departed() else "cut"
        self._departures = self._departed()
        cuts, self._cuts = self._cuts, self._watch.cuts(*self._ends(self._far))
        return "laid" if cuts == self._cuts else "relaid"

    def lay(self, far: str) -> bool:
        """See Cable."""
        self._far = far
        self._departures, self._cuts = self._departed(), self._watch.cuts(*self._ends(far))
        return self._watch.connect(*self._ends(far))

    def _ends(self, far: str) -> tuple[str, str]:
        return (far, self._ours) if self._is_heard else (self._ours, far)

    def _departed(self) -> int:
        return self._watch.departures(self._far.rpartition(":")[0])
