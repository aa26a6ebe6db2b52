"""Olmo2 on a CPU by compiled kernels, without torch."""

import logging
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Self

import numpy as np
from numpy.typing import NDArray

from copilot.decode.decoder import Logits
from copilot.decode.kernels import olmo2
from copilot.decode.kernels.attention import Cache
from copilot.decode.weights import Choice, Model, read_model
from copilot.errors import ParameterError, VocabularyError

_log = logging.getLogger(__name__)

NOTICE_S = 1.0
"""A first step that takes this long is being compiled."""


class NumbaDecoder:
    """A Decoder over a static cache of `max_tokens`; its logits are transformers' within 1e-4 of their scale.

    Computes in the calling thread alone, with the GIL released; BLAS and its threads have no part in it. Not safe
    to share between threads.
    """

    def __init__(self, model: Model, max_tokens: int) -> None:
        shape = (len(model.weights.q_norm), model.kv_heads, model.head_dim, max_tokens)
        kind = np.float32 if model.kind == "float" else np.int16
        self.ids: list[int] = []
        self._weights = model.weights
        self._cache = Cache(
            np.full(shape, 0, kind),  # not zeros: those fault page by page later
            np.full(shape, 0, kind),
            *_rotary_tables(max_tokens, model.head_dim, model.rope_theta),
        )
        self._max_tokens = max_tokens
        self._vocab = len(model.weights.embedding)

    @classmethod
    def load(
        cls,
        directory: Path,
        max_tokens: int,
        *,
        weights: Choice = "float",
        say: Callable[[str], None] = _log.info,
    ) -> Self:
        """Read config.json and model.safetensors, 0.1 s. Raises BundleError for what is no plain OLMo-2.

        `weights`: see weights.choose. int8 and int4 multiply by int8 activations, over a cache of 16-bit floats.
        `say` gets a line where packing took its time.
        """
        return cls(read_model(directory, weights, say), max_tokens)

    def append(self, ids: Sequence[int]) -> Logits:
        """See Decoder. Raises ParameterError for too many ids or none, VocabularyError for a foreign one.

        Nothing is taken in where it raises.
        """
        return self._take(self._checked(ids, len(self.ids)))

    def mark(self) -> int:
        """See Decoder."""
        return len(self.ids)

    def rewind(self, mark: int) -> None:
        """See Decoder."""
        del self.ids[mark:]  # what the cache holds beyond its length is never read

    def rebase(self, ids: Sequence[int]) -> Logits:
        """See Decoder. Raises as append does."""
        taken = self._checked(ids, 0)
        self.ids.clear()
        return self._take(taken)

    def warm_up(self, say: Callable[[str], None] = _log.info) -> None:
        """Run one step and forget it, so that no later one is the first; does nothing once tokens are held.

        Takes 0.2 s, or 10 s where the kernels must be compiled, once per machine and kind of weights: then `say`
        gets a line to show, from another thread. numba keeps what it compiled beside kernels/, or in the user's
        cache folder where that is not writable.
        """
        if self.ids:
            return
        notice = threading.Timer(NOTICE_S, say, ["compiling the decoder, once: about 10 s"])
        notice.daemon = True
        notice.start()
        try:
            self.append([0])
        finally:
            notice.cancel()
        self.rewind(0)

    def _checked(self, ids: Sequence[int], held: int) -> NDArray[np.int64]:
        taken = np.array(ids, np.int64)
        if not 1 <= len(taken) <= self._max_tokens - held:
            raise ParameterError(
                f"{len(taken)} tokens after {held} don't fit a window of {self._max_tokens}: "
                "append at least one, and flush before the window is full"
            )
        if taken.min() < 0 or taken.max() >= self._vocab:
            raise VocabularyError(
                f"token ids {taken.min()}–{taken.max()} are outside 0–{self._vocab - 1}, what the model knows"
            )
        return taken

    def _take(self, ids: NDArray[np.int64]) -> Logits:
        for chunk in np.split(ids, range(olmo2.CHUNK, len(ids), olmo2.CHUNK)):
            logits: Logits = olmo2.advance(self._weights, self._cache, chunk, len(self.ids))
            self.ids.extend(chunk.tolist())
        return logits


def _rotary_tables(positions: int, dim: int, theta: float) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Cosines and sines, float32 (positions, dim / 2), rounded where transformers rounds them."""
    frequencies = 1 / theta ** (np.arange(0, dim, 2, dtype=np.float32) / np.float32(dim))
    angles = np.arange(positions, dtype=np.float32)[:, None] * frequencies.astype(np.float32)
    return np.cos(angles), np.sin(angles)
