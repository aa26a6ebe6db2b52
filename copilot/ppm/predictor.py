"""Prediction by partial matching, PPM-C: the baseline that any learnt model of sequences must beat.

J. Cleary, I. Witten: Data compression using adaptive coding and partial string matching, IEEE Trans. Comm. 32
(1984); escape method C and update exclusion after A. Moffat: Implementing the PPM data compression scheme, IEEE
Trans. Comm. 38 (1990).

The longest context that was met before, of at most `order` ids, predicts the next id. Where it counted `kinds`
different ids, `total` times in all, an id that it knows has the probability count / (total + kinds), and kinds /
(total + kinds) is left for an escape to the context that is one id shorter; there, ids that the longer one knew
are left out of `total` (exclusion), since they were not meant. After the empty context, every id of the alphabet
not seen yet is alike. A context that knows the whole alphabet has nothing to escape to. An id is counted from the
longest context down to the first that knew it, no further (update exclusion).
"""

import numpy as np
from numpy.typing import NDArray

from copilot.errors import ParameterError
from copilot.ppm.trie import Trie, forget, new_trie, read, roomy

_ROOM = 1 << 16


class Ppm:
    """Counts of strings of ids below `alphabet`. Not safe to share between threads."""

    def __init__(self, alphabet: int, order: int = 4) -> None:
        if alphabet < 1 or order < 0:
            raise ParameterError(f"PPM of order {order} over {alphabet} ids: give 0 or more over 1 or more")
        self._alphabet, self._orders = alphabet, order + 1
        self._trie: Trie = new_trie(_ROOM)

    def learn(self, ids: NDArray[np.int64]) -> None:
        """Count a sequence: int64 (ids,). Its first id has no context."""
        self._read(ids, len(ids))

    def nats(self, ids: NDArray[np.int64], first: int = 0) -> NDArray[np.float64]:
        """What each id of a sequence costs given those before it: float64 (ids,), 0 before index `first`.

        It learns the sequence as it goes, as PPM does, and forgets it at the end: sequences measured one after
        the other know nothing of each other.
        """
        nats, changed = self._read(ids, first)
        forget(self._trie, changed)
        return nats

    def _read(self, ids: NDArray[np.int64], first: int) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
        if len(ids) and not 0 <= ids.min() <= ids.max() < self._alphabet:
            raise ParameterError(f"ids {ids.min()} to {ids.max()} are outside 0–{self._alphabet - 1}")
        self._trie = roomy(self._trie, self._orders * len(ids))
        nats, changed = read(self._trie, ids, first, self._orders, self._alphabet)
        return nats, changed
