"""Where a worker runs: it stands back behind the MIDI process and the daemon, and a model behind its cover."""

import os
from typing import Literal, get_args

Place = Literal["alone", "covered", "cover"]
"""What a worker is: the only one, the model that has a cover, or that."""

PLACES: tuple[Place, ...] = get_args(Place)
_NICENESS: dict[Place, int] = {"alone": 5, "covered": 10, "cover": 5}


def cores_of(place: Place, cores: list[int]) -> list[int]:
    """Of the cores that there are, in order: the worker's.

    The first is not for models where there is another. With four, the last is the cover's own: a model that keeps
    the others busy can't make it late. On two or three they share, and the system lets the cover go first.
    """
    rest = cores[1:] or cores
    if len(cores) < 4 or place == "alone":
        return rest
    return rest[-1:] if place == "cover" else rest[:-1]


def stand_back(place: Place) -> None:
    """Take one's place."""
    if hasattr(os, "nice"):
        os.nice(_NICENESS[place])
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, cores_of(place, sorted(os.sched_getaffinity(0))))
