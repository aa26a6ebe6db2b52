"""The pieces of a drum kit that stand for one another."""

import numpy as np

from copilot.scoreboard.grid import Ints

GROUPS: dict[str, tuple[int, ...]] = {
    "kick": (35, 36),
    "snare": (37, 38, 39, 40),
    "hi-hat": (42, 44, 46),
    "toms": (41, 43, 45, 47, 48, 50),
    "ride": (51, 53, 59),
    "crash": (49, 52, 55, 57),
}
"""By General MIDI's percussion map; every other key is in a seventh group, percussion."""
GROUP_COUNT = len(GROUPS) + 1


def _table() -> Ints:
    table = np.full(128, len(GROUPS), dtype=np.int64)
    for number, keys in enumerate(GROUPS.values()):
        table[list(keys)] = number
    return table


_GROUP_OF = _table()


def kit_group(pitch: Ints) -> Ints:
    """The group of each key, 0–6."""
    return _GROUP_OF[pitch]
