"""A song on the codec's grid, as arrays: what the corpus keeps and what windows are cut from."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from copilot.codec.words import GridParams
from copilot.music.roles import Role

GRID = GridParams()
"""The grid that songs lie on: the codec's own."""


@dataclass(frozen=True, slots=True)
class Song:
    """One song. Times are ticks of the codec's grid.

    notes: int32 (notes, 5), columns as copilot.music.rows names them, sorted by start; within a part no two notes of
    one pitch overlap. bars: int32 (bars,), the bar lines up to the last note's end. `tempo_bpm` None and `meter` None
    mean unknown. `group` is equal for versions of one piece, which must not be split. `own`: the parts that a copilot
    played; where there are any, it learns to play those.
    """

    source: str
    name: str
    group: str
    genre: str | None
    tempo_bpm: float | None
    meter: str | None
    roles: tuple[Role, ...]
    notes: NDArray[np.int32]
    bars: NDArray[np.int32]
    own: tuple[int, ...] = ()

    @property
    def bar_ticks(self) -> int:
        """What most bars last."""
        return int(np.median(np.diff(self.bars))) if len(self.bars) > 1 else 1
