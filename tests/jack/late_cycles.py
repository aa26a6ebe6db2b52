"""Tests on real ports, once more where the server itself was late: it loses what it was sent in such a cycle."""

import atexit
import os
from functools import cache

import pytest

from copilot.midi.jackclient import connect_jack


class LateCycles:
    """How many cycles of the server came late, as it tells every client."""

    def __init__(self) -> None:
        self._count = self._before = 0
        self._client = connect_jack("test-late-cycles", is_there=True)
        if self._client is not None:
            self._client.set_xrun_callback(self._counted)
            self._client.activate()
            atexit.register(self._client.close)

    @property
    def server_answers(self) -> bool:
        """Whether there is a server to play on."""
        return self._client is not None

    def begin(self) -> None:
        """A test begins."""
        self._before = self._count

    def have_come(self) -> bool:
        """Whether any came since the test began."""
        return self._count > self._before

    def _counted(self, _late_us: float) -> None:
        self._count += 1


@cache
def late_cycles() -> LateCycles:
    """Those of this process' server."""
    return LateCycles()


def repeat_if_late(item: pytest.Item) -> None:
    """A test that fails is run once more where JACK was late amid it, and is told as a rerun; else it has failed.

    Not in a long run of the faults: its tables count all.
    """
    if "COPILOT_FAULT_TIMES" not in os.environ:
        item.add_marker(pytest.mark.flaky(reruns=1, condition=lambda: late_cycles().have_come()))
