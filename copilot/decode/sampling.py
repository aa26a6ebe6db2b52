"""Logits → one token id."""

import numpy as np
from numpy.typing import NDArray


def sample(
    logits: NDArray[np.float32],
    allowed: NDArray[np.bool_],
    *,
    temperature: float,
    top_p: float,
    rng: np.random.Generator,
) -> int:
    """Draw an allowed id: softmax at `temperature` over the likeliest ids that make up `top_p`.

    logits: float32 (vocab,); allowed: bool (vocab,), at least one true. Temperature 0 takes the likeliest.
    """
    ids = np.flatnonzero(allowed)
    if len(ids) == 1:
        return int(ids[0])
    scores = logits[ids].astype(np.float64)
    if temperature <= 0.0:
        return int(ids[np.argmax(scores)])
    weights = np.exp((scores - scores.max()) / temperature)
    order = np.argsort(-weights, kind="stable")
    cumulative = np.cumsum(weights[order])
    kept = 1 + int(np.searchsorted(cumulative, top_p * cumulative[-1]))
    kept = min(kept, len(order))
    draw = rng.random() * cumulative[kept - 1]
    return int(ids[order[min(kept - 1, int(np.searchsorted(cumulative[:kept], draw, side="right")))]])
