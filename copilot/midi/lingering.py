"""What ended lately, and whether its end surely got over. Pure."""

from collections import deque
from collections.abc import Callable, Iterator

LINGER_S = 0.5
"""How long the ledger keeps a note after its note-off was handed over.

JACK takes it from this process's memory only in its next cycle (85 ms with 4,096 frames), and until then it
dies with the process; and a server that gets over another client's death loses what it was given meanwhile.
"""

_CYCLES_S = 0.4
"""What is lost in a late cycle was sent so shortly before it was told of, at the most: one of 4,096 frames takes
85 ms, and an output that sounds early is sent to 0.2 s later. To say again what was not lost does no harm.
"""

_MOST_STUMBLES = 256


class Lingering:
    """Notes by `(channel, pitch)`, pedals by channel. All but `stumble` belongs to who holds the outputs' lock."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._notes: deque[tuple[float, int, int]] = deque()
        self._pedals: dict[int, float] = {}
        self._is_doubtful = False
        self._stumbles: deque[float] = deque(maxlen=_MOST_STUMBLES)

    @property
    def notes(self) -> list[tuple[int, int]]:
        """`(channel, pitch)` of each whose note-off was handed over a moment ago, the oldest first."""
        return [(channel, pitch) for _, channel, pitch in self._notes]

    @property
    def pedals(self) -> list[int]:
        """The channels whose pedals were lifted a moment ago."""
        return list(self._pedals)

    def end_note(self, channel: int, pitch: int) -> None:
        """Its note-off has been handed over."""
        self._notes.append((self._clock(), channel, pitch))

    def lift(self, channel: int) -> None:
        """A pedal's lifting has been handed over."""
        self._pedals[channel] = self._clock()

    def press(self, channel: int) -> None:
        """A pedal is down again."""
        self._pedals.pop(channel, None)

    def doubt(self) -> None:
        """The system may have lost all that it was given lately: each end is to be said again."""
        self._is_doubtful = True

    def stumble(self) -> None:
        """The system may have lost what it was given just now: those ends are to be said again. From any thread."""
        self._stumbles.append(self._clock())

    @property
    def is_doubtful(self) -> bool:
        """Whether something that ended lately may not have got over."""
        return self._is_doubtful or any(at_s > self._clock() - LINGER_S for at_s in list(self._stumbles))

    def past(self) -> Iterator[tuple[int, int | None, bool]]:
        """What ended long enough ago, and is forgotten by this: channel, pitch (None: its pedal), whether to say so
        again.
        """
        until_s = self._clock() - LINGER_S
        while self._notes and self._notes[0][0] <= until_s:
            ended_s, channel, pitch = self._notes.popleft()
            yield channel, pitch, self._was_lost(ended_s)
        for channel, ended_s in [each for each in self._pedals.items() if each[1] <= until_s]:
            del self._pedals[channel]
            yield channel, None, self._was_lost(ended_s)
        self._is_doubtful = self._is_doubtful and bool(self._notes or self._pedals)

    def _was_lost(self, ended_s: float) -> bool:
        """Whether what ended then may not have got over."""
        return self._is_doubtful or any(
            ended_s <= at_s <= ended_s + _CYCLES_S for at_s in list(self._stumbles)
        )
