"""PPM-C over ids: what any learnt model of sequences must beat. The scoreboard and the training measure with it.

predictor.py   the rule, and `Ppm`
trie.py        its compiled counts
"""

from copilot.ppm.predictor import Ppm

__all__ = ["Ppm"]
