"""Whether an input still hears. On JACK, RtMidi takes all that follows an unended SysEx for a part of it, for ever.

A sender that is cut off amid a SysEx would leave its input deaf. So one that has heard nothing for a while is sent
the end of a SysEx by ourselves, and a word behind it. One that hears both was not deaf; one that hears the word alone
was until then.
"""

import time
from collections.abc import Callable, Sequence

END = b"\xf7"
WORD = b"\xf4\x63\x70"
"""A status that MIDI leaves undefined, with two bytes that make it ours."""

QUIET_S = 2.0
"""A SysEx that may pass through, 4 KiB, takes 1.3 s over a MIDI cable, and may come in pieces."""


class Earshot:
    """One input's. `takes` belongs to the system's thread, which calls `on_deaf`; `ask` to another."""

    def __init__(self, on_deaf: Callable[[], None], clock: Callable[[], float] = time.monotonic) -> None:
        self._on_deaf, self._clock = on_deaf, clock
        self._heard_s = clock()
        self._is_asked = self._has_heard_end = False

    @property
    def is_quiet(self) -> bool:
        """Whether it has heard nothing for QUIET_S."""
        return self._clock() - self._heard_s > QUIET_S

    def ask(self) -> None:
        """END and WORD are about to be sent to it."""
        if not self._is_asked:  # an answer that is still on its way is one to this question too
            self._has_heard_end, self._is_asked = False, True

    def takes(self, data: Sequence[int]) -> bool:
        """Something came in: whether it is our own question, which nobody else is to hear."""
        self._heard_s = self._clock()
        if not self._is_asked or data[0] < WORD[0]:
            return False
        if bytes(data) == END:
            self._has_heard_end = True
            return True
        if bytes(data) != WORD:
            return False
        self._is_asked = False
        if not self._has_heard_end:
            self._on_deaf()
        return True
