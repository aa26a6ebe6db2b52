"""What a target of the fuzzing is, and how one input is given to it."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

CORPUS = Path(__file__).parent / "corpus"
MOST_S = 0.005
"""What any input may take."""

_LOOK_AGAIN_S = 0.001


@dataclass(slots=True)
class Clock:
    """Wall time, which is read in 50 ns, or the thread's own, a call of the system: most inputs take less."""

    now_s: Callable[[], float] = time.perf_counter


clock = Clock()
"""What inputs are timed by."""


class Took(float):
    """What `read` returns where not all of it counts: seconds, of an event loop's longest turn."""


@dataclass(frozen=True)
class Target:
    """A reader of what strangers send: `read` may raise `errors` and nothing else, whatever its bytes.

    `words` are pieces that mean something there; inputs of up to `most_bytes` are made. CORPUS/NAME holds inputs:
    `seed-*` are well-formed, by our own writers (see seeds.py), any other once broke a reader, and is read for ever.
    """

    name: str
    read: Callable[[bytes], object]
    errors: tuple[type[Exception], ...] = ()
    words: tuple[bytes, ...] = ()
    most_bytes: int = 2048

    @cached_property
    def seeds(self) -> tuple[bytes, ...]:
        """The well-formed inputs."""
        return tuple(path.read_bytes() for path in sorted((CORPUS / self.name).glob("seed-*")))

    @property
    def found(self) -> list[Path]:
        """What once broke a reader."""
        return sorted(path for path in (CORPUS / self.name).glob("*") if not path.name.startswith("seed-"))

    def took_s(self, data: bytes) -> tuple[float, bool]:
        """What one input took, in seconds by `clock`, and whether it was taken. Raises what `read` may not."""
        began_s = clock.now_s()
        try:
            answer = self.read(data)
        except self.errors:
            return clock.now_s() - began_s, False
        return answer if isinstance(answer, Took) else clock.now_s() - began_s, True

    def best_s(self, data: bytes) -> tuple[float, bool]:
        """The same; where that is over 1 ms, the best of four, three of them in this thread's own time."""
        took_s, is_taken = self.took_s(data)
        if took_s >= _LOOK_AGAIN_S:
            clock.now_s = time.thread_time
            try:
                took_s = min(took_s, *(self.took_s(data)[0] for _ in range(3)))
            finally:
                clock.now_s = time.perf_counter
        return took_s, is_taken
