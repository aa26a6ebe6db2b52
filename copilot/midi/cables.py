"""Whether the ports that were opened are still there: RtMidi tells nobody when a synth is unplugged, so we look."""

from collections.abc import Callable, Sequence
from typing import Protocol

from copilot.midi.jackwatch import JackWatch


class Cable(Protocol):
    """What lies between a port and ours. Only one thread may ask."""

    def stands(self) -> bool:
        """Whether what is sent gets over, as of now."""


class ListedCable:
    """By the names that the system lists. RtMidi can't lay it again: once gone it stays gone."""

    def __init__(self, name: str, listed: Callable[[], Sequence[str]]) -> None:
        self._name, self._listed = name, listed
        self._has_gone = False

    def stands(self) -> bool:
        """See Cable."""
        self._has_gone = self._has_gone or self._name not in self._listed()
        return not self._has_gone


class JackCable:
    """A JACK connection, laid again when its far end was away and is back; one that a person cut stays cut."""

    def __init__(self, watch: JackWatch, far: str, ours: str, *, is_heard: bool) -> None:
        """`far`, `ours`: full names of two ports that are connected; `is_heard`: it is from there to us."""
        self._watch, self._far, self._ours, self._is_heard = watch, far, ours, is_heard
        self._client_there = far.rpartition(":")[0]
        self._departures = watch.departures(self._client_there)
        self._was_away = False

    def stands(self) -> bool:
        """See Cable."""
        joined = self._watch.connections(self._far)
        if joined is None:
            self._was_away = True
            return False
        if self._ours not in joined and not self._is_laid_again():
            return False
        self._was_away, self._departures = False, self._watch.departures(self._client_there)
        return True

    def _is_laid_again(self) -> bool:
        was_away = self._was_away or self._departures != self._watch.departures(self._client_there)
        ends = (self._far, self._ours) if self._is_heard else (self._ours, self._far)
        return was_away and self._watch.connect(*ends)
