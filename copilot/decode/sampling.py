"""Logits → one token id."""

# numba types the compiled part, mypy can't.
# mypy: disable-error-code="no-untyped-def, untyped-decorator"

import math

import numpy as np
from numpy.typing import NDArray

from copilot.compiled import compiled


def sample(
    logits: NDArray[np.float32],
    choices: NDArray[np.int64],
    *,
    temperature: float,
    top_p: float,
    rng: np.random.Generator,
) -> int:
    """Draw one of `choices`: softmax at `temperature` over the likeliest of them that make up `top_p`.

    logits: float32 (vocab,); choices: int64, at least one, ascending. Temperature 0 takes the likeliest. A single
    choice leaves the dice alone. 6 µs for 600 choices.
    """
    if len(choices) == 1:
        return int(choices[0])
    if temperature <= 0.0:
        return int(choices[np.argmax(logits[choices])])
    return int(_draw(logits, choices, temperature, top_p, rng.random()))


def likely(
    logits: NDArray[np.float32], choices: NDArray[np.int64], *, temperature: float, top_k: int, min_p: float
) -> NDArray[np.int64]:
    """The choices that are among the `top_k` likeliest (0: all), and `min_p` times as likely as the likeliest at
    `temperature` or more: int64, at least one, ascending.

    min_p is after M. Nguyen et al., "Turning up the heat" (ICLR 2025).
    """
    if top_k == 0 and min_p == 0.0:
        return choices  # asked at every word, and hardly ever set
    scores = logits[choices]
    kept = np.ones(len(choices), np.bool_)
    if 0 < top_k < len(choices):
        kept[np.argsort(-scores, kind="stable")[top_k:]] = False
    if min_p > 0.0:
        kept &= scores >= scores.max() + temperature * math.log(min_p)
    return choices[kept]


Kinds = NDArray[np.uint8]
"""The kind of each id, from 0 on and under MOST_KINDS: uint8 (vocab,)."""

MOST_KINDS = 8


def of_one_kind(
    logits: NDArray[np.float32],
    choices: NDArray[np.int64],
    kinds: Kinds,
    *,
    temperature: float,
    rng: np.random.Generator,
) -> NDArray[np.int64]:
    """Draw a kind by its share of the odds to the power of 1 / temperature; returns the choices that are of it.

    logits, choices: as for `sample`. Choices of a single kind leave the dice alone.
    """
    drawn: NDArray[np.int64] = _of_one_kind(logits, choices, kinds, temperature, rng)
    return drawn


@compiled
def _of_one_kind(logits, choices, kinds, temperature, rng):
    highest = np.float64(logits[choices[0]])
    for choice in choices:
        highest = max(highest, np.float64(logits[choice]))
    masses = np.zeros(MOST_KINDS)
    for choice in choices:
        masses[kinds[choice]] += math.exp(np.float64(logits[choice]) - highest)
    present = np.flatnonzero(masses)
    if len(present) == 1 and kinds[choices].min() == kinds[choices].max():
        return choices
    most = masses.max()
    total = 0.0
    for kind in present:
        masses[kind] = (masses[kind] / most) ** (1.0 / temperature)
        total += masses[kind]
    left = rng.random() * total
    drawn = present[-1]
    for kind in present:
        if left < masses[kind]:
            drawn = kind
            break
        left -= masses[kind]
    found = np.empty(len(choices), np.int64)
    count = 0
    for choice in choices:
        if kinds[choice] == drawn:
            found[count] = choice
            count += 1
    return found[:count]


@compiled
def _draw(logits, choices, temperature, top_p, uniform):
    """The choice at which the running sum of the weights, the largest first, passes `uniform` of what is kept."""
    count = len(choices)
    highest = np.float64(logits[choices[0]])
    for at in range(1, count):
        highest = max(highest, np.float64(logits[choices[at]]))
    weights = np.empty(count)
    total = 0.0
    for at in range(count):
        weights[at] = math.exp((np.float64(logits[choices[at]]) - highest) / temperature)
        total += weights[at]
    # Weights under this, all together, are less than what top_p leaves out: most need not be sorted.
    least = (1.0 - top_p) * total / count
    likely = np.flatnonzero(weights >= least)
    order = likely[np.argsort(-weights[likely], kind="mergesort")]  # stable: of equals the first
    kept = 0
    mass = 0.0
    sums = np.empty(len(order))
    for at in order:
        mass += weights[at]
        sums[kept] = mass
        kept += 1
        if mass >= top_p * total:
            break
    for at in range(kept - 1):
        if sums[at] > uniform * mass:
            return choices[order[at]]
    return choices[order[kept - 1]]
