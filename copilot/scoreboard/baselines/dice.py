"""Chance that is keyed by the place in the music.

A plan is made anew after each note that is heard, and a note is planned some ten times before it is final. Were
each plan drawn afresh, what becomes final bit by bit would be a patchwork of many plans, denser or thinner than any
of them. Keyed by the place, the same draw is made whenever that place is planned: as long as nothing is heard that
changes the distribution, the plan stands, and where something is, no more of it changes than must.
"""

import struct
from collections.abc import Sequence
from hashlib import blake2b
from typing import TypeVar

T = TypeVar("T")


def unit(seed: int, *place: int) -> float:
    """A number in [0, 1) that seed and place alone decide; about 1 µs."""
    digest = blake2b(struct.pack(f"<{len(place) + 1}q", seed, *place), digest_size=8).digest()
    return int.from_bytes(digest, "little") / 2.0**64 if digest != b"\xff" * 8 else 0.0


def pick(choices: Sequence[T], share: float) -> T:
    """The choice that lies so far (0 up to, not including, 1) along the sequence."""
    return choices[min(int(share * len(choices)), len(choices) - 1)]
