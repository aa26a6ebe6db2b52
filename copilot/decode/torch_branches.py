"""Continuations of what a TorchDecoder holds, stepped together."""

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from copilot.decode.torch_lanes import Lanes
from copilot.errors import ParameterError


class TorchBranches:
    """Branches of a TorchDecoder: the rows of `lanes`, each over a copy of its first `held` tokens' cache.

    They live until the decoder is appended to or forked again. `adopt(row, tokens)` makes it go on as one of them.
    """

    def __init__(self, lanes: Lanes, n: int, held: int, adopt: Callable[[int, Sequence[int]], None]) -> None:
        self.ids: list[list[int]] = [[] for _ in range(n)]
        self._lanes = lanes
        self._held = held
        self._adopt = adopt

    def append(self, tokens: Sequence[int]) -> NDArray[np.float32]:
        """See Branches. Raises ParameterError and VocabularyError as the decoder's append does."""
        if len(tokens) != len(self.ids):
            raise ParameterError(f"{len(tokens)} tokens for {len(self.ids)} branches: give each one")
        place = self._held + len(self.ids[0])
        taken = self._lanes.checked(tokens, place, steps=1)
        self._lanes.place(taken, [place] * len(taken))
        self._lanes.step(0, len(taken), place + 1)
        for own, token in zip(self.ids, taken, strict=True):
            own.append(token)
        return self._lanes.fetch(0, len(taken))

    def keep(self, branch: int) -> None:
        """See Branches."""
        self._adopt(branch, self.ids[branch])
