"""What a score is worth beyond chance."""

from copilot.scoreboard.grid import Floats

_CERTAIN = 1 - 1e-9


def kappa(score: float, nulls: Floats) -> float:
    """κ(x) = clip((x − mean of nulls) / (1 − mean of nulls), 0, 1): 0 is no better than chance, 1 is perfect.

    score: 0–1; nulls: float64 (any number,), the same score of what has lost just what it asks for. Where there is
    nothing to compare with, or chance is perfect too (a single chord throughout can't be followed), it is 0.
    After J. Cohen, "A coefficient of agreement for nominal scales" (Educational and Psychological Measurement
    20, 1960).
    """
    chance = float(nulls.mean()) if nulls.size else 1.0
    if chance >= _CERTAIN:
        return 0.0
    return min(1.0, max(0.0, float((score - chance) / (1 - chance))))
