"""Rhythms as text: a group a beat, a sign a place in it, `.` for nothing.

One sign a group is the beat alone, two are eighths, three triplets (the eighths of 6/8 and 12/8), four sixteenths. A
digit is the chance in nine that the place is struck, 9 always; what letters mean is for the player that reads them.
"""

import random
from functools import cache

_PLACES = {1: (0.0,), 2: (0.0, 0.5), 3: (0.0, 0.25, 0.5), 4: (0.0, 0.25, 0.5, 0.75)}
"""Written places; Take's swing of 2/3 makes triplets of the three."""
_P_SAME = 0.45

Struck = tuple[tuple[float, str], ...]
"""(beat within a bar, sign), rising."""
Cell = tuple[Struck, ...]
"""Bars that are played in turns."""


@cache
def places(text: str) -> Struck:
    """All places of a text that are not empty, with their signs."""
    return tuple(
        (beat + place, sign)
        for beat, group in enumerate(text.split())
        for place, sign in zip(_PLACES[len(group)], group, strict=True)
        if sign != "."
    )


def draw_struck(rng: random.Random, text: str) -> Struck:
    """What is struck of a text: letters always, digits by their chance."""
    return tuple(
        (beat, sign)
        for beat, sign in places(text)
        if not sign.isdigit() or sign == "9" or rng.random() * 9 < int(sign)
    )


def draw_cell(rng: random.Random, text: str, beats: float) -> Cell:
    """Two bars of `beats`: a text of one bar is drawn twice, or both are the same; a longer one is cut into bars."""
    length = len(text.split())
    if length > beats:
        struck = draw_struck(rng, text)
        bars = int(length // beats)
        return tuple(
            tuple(
                (beat - bar * beats, sign) for beat, sign in struck if bar * beats <= beat < (bar + 1) * beats
            )
            for bar in range(bars)
        )
    first = draw_struck(rng, text)
    return (first, first if rng.random() < _P_SAME else draw_struck(rng, text))
