"""Rhythms as text: a group a beat, a sign a place in it, `.` for nothing.

One sign a group is the beat alone, two are eighths, three triplets (the eighths of 6/8 and 12/8), four sixteenths. A
digit is the chance in nine that the place is struck, 9 always; what letters mean is for the player that reads them.
"""

import random
from functools import cache

_PLACES = {1: (0.0,), 2: (0.0, 0.5), 3: (0.0, 0.25, 0.5), 4: (0.0, 0.25, 0.5, 0.75)}
"""Written places; Take's swing of 2/3 makes triplets of the three."""
_ORDERS, _ORDER_WEIGHTS = ("aaaa", "abab", "aaab", "abac"), (2, 3, 3, 3)
_P_SAME = 0.5

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
    """Four bars of `beats`: one drawing of the text or two or three, in an order such as a a a b or a b a c.

    A text of two bars is drawn for each half. Bars of one letter are the same hits.
    """
    if len(text.split()) > beats:
        first = _halves(draw_struck(rng, text), beats)
        return first + (first if rng.random() < _P_SAME else _halves(draw_struck(rng, text), beats))
    order = rng.choices(_ORDERS, _ORDER_WEIGHTS)[0]
    drawn = {letter: draw_struck(rng, text) for letter in sorted(set(order))}
    return tuple(drawn[letter] for letter in order)


def _halves(struck: Struck, beats: float) -> Cell:
    return (
        tuple((beat, sign) for beat, sign in struck if beat < beats),
        tuple((beat - beats, sign) for beat, sign in struck if beat >= beats),
    )
