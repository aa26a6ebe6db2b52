"""Whether an input still hears. On JACK, RtMidi takes all that follows an unended SysEx for a part of it, for ever.

A sender that is cut off amid a SysEx would leave its input deaf. So one that has heard nothing for a while is sent a
word by ourselves, again and again until it is heard. Amid a SysEx that comes in pieces it is not, but that is over
soon; an input that goes on not hearing it is deaf, and is sent the end of a SysEx.
"""

import time
from collections.abc import Callable, Sequence

END = b"\xf7"
WORD = b"\xf4\x63\x70"
"""A status that MIDI leaves undefined, with two bytes that make it ours."""

QUIET_S, QUIET_WITH_SYSEX_S = 5.0, 30.0
"""After so long a silence it is asked. Our word amid a SysEx in pieces that is to be heard breaks that."""

ASKS_EVERY_S = 0.5
MOST_UNHEARD = 4
"""So often it is asked in vain before it is ended: a SysEx of 4 KiB takes 1.3 s over a MIDI cable."""

_MOST_ENDS = 5
"""In vain: then nothing of ours comes to it at all."""


class Earshot:
    """One input's. `takes` belongs to the system's thread, which calls `on_deaf`; all else to another.

    What one is sent comes to all that are asked: an END may end what another is just hearing, which is dropped then.
    """

    def __init__(
        self,
        on_deaf: Callable[[], None],
        *,
        quiet_s: float = QUIET_S,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._on_deaf, self._clock, self._quiet_s = on_deaf, clock, quiet_s
        self._heard_s = self._asked_s = clock()
        self._unheard = self._ends = 0
        self._may_be_ended = self._was_ended = False

    @property
    def is_open(self) -> bool:
        """Whether what we ask is to come to it."""
        is_quiet = self._clock() - self._heard_s >= self._quiet_s
        return (is_quiet or self._unheard > 0 or self._was_ended) and self._ends <= _MOST_ENDS

    @property
    def wants_word(self) -> bool:
        """Whether it is to be asked now."""
        return self.is_open and self._clock() - self._asked_s >= ASKS_EVERY_S

    @property
    def wants_end(self) -> bool:
        """Whether it is to be ended before it is asked the next time."""
        return self._unheard >= MOST_UNHEARD

    def send_end(self, *, wanted: bool) -> None:
        """END is about to come to it, since this one is deaf, or another."""
        self._may_be_ended = True
        if wanted:
            self._was_ended, self._unheard = True, 0
            self._ends += 1

    def send_word(self) -> None:
        """WORD is about to come to it."""
        self._unheard += 1
        self._asked_s = self._clock()

    def takes(self, data: Sequence[int]) -> bool:
        """Something came in: whether it is our own, or was ended by us, which nobody else is to hear."""
        self._heard_s = self._clock()
        self._unheard = self._ends = 0
        if data[0] == WORD[0] and bytes(data) == WORD:
            was_deaf, self._was_ended = self._was_ended, False
            self._may_be_ended = False
            if was_deaf:
                self._on_deaf()
            return True
        if self._may_be_ended and data[-1] == END[0]:
            self._may_be_ended = False
            return True
        return False
