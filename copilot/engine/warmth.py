"""A worker that waits keeps its model warm: what lies still for long is slow at first.

Measured with the shipped model on one core (`copilot bench stalls`): after 10 ms of sleep a token costs 2.1–2.9 times
a warm one, after 30 ms 3.1–3.9 times; with a step each 4 ms meanwhile 1.3–2.3 times. Reading the weights alone gave
1.7 times, and a core that spins 1.6–2. What is heard was in the context after 0.59 ms of work instead of 1.02.
"""

import select
import socket
import time
from collections.abc import Callable
from typing import Protocol

EVERY_S = 0.004
FOR_S = 2.0
MOST_S = 0.001
CROWDED_S = 0.002
REST_S = 5.0


class Readable(Protocol):
    """Waits at most so many seconds; whether something can be read, or the far end is gone."""

    def __call__(self, timeout_s: float) -> bool: ...


class Warmth:
    """Calls `keep_warm` each 4 ms until something can be read, for 2 s at most: a band that plays asks more often.

    Where a turn takes two milliseconds more than its wait, somebody else needs the core, and it rests for 5 s: who
    never sleeps is not let in at once when it must (beside an OSC flood a note then took 10–40 ms to the context,
    else 5).

    A model whose step takes a millisecond at its fastest is left alone for good: it reads its weights from memory
    each time, so that nothing can keep it warm, and a request would have to wait for the step.
    """

    def __init__(
        self,
        readable: Readable,
        keep_warm: Callable[[], object],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._readable = readable
        self._keep_warm = keep_warm
        self._clock = clock
        self._rests_until_s = 0.0
        self._least_s = 0.0  # what a step takes at least; 0 until the first

    def wait(self) -> None:
        """Return as soon as something can be read, or when it is time to fall asleep."""
        began_s = self._clock()
        until_s = began_s + FOR_S
        while (
            self._rests_until_s <= began_s < until_s
            and self._least_s < MOST_S
            and not self._readable(EVERY_S)
        ):
            step_s = self._clock()
            self._keep_warm()
            ended_s = self._clock()
            self._least_s = min(self._least_s or ended_s - step_s, ended_s - step_s)
            if ended_s - began_s >= EVERY_S + CROWDED_S:
                self._rests_until_s = ended_s + REST_S
            began_s = ended_s


def readable(connection: socket.socket) -> Readable:
    """Of a socket."""
    return lambda timeout_s: bool(select.select([connection], [], [], timeout_s)[0])
