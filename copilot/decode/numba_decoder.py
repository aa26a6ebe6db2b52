"""Olmo2 on a CPU by compiled kernels, without torch."""

import logging
import threading
import time
from collections.abc import Callable, Sequence
from typing import Self

import numpy as np

from copilot.decode.checkpoint import Source
from copilot.decode.decoder import Logits
from copilot.decode.kernels import olmo2
from copilot.decode.kernels.cache import Cache, copy_blocks, new_cache, rotary_tables, whole_tokens
from copilot.decode.kernels.lanes import BLOCK
from copilot.decode.kernels.rows import Rows
from copilot.decode.kinds import WeightKind
from copilot.decode.weights import Model, read_model
from copilot.errors import ParameterError, VocabularyError

_log = logging.getLogger(__name__)

NOTICE_S = 1.0
"""A first step that takes this long is being compiled."""

PROGRESS_S = 3.0
"""How often it is said how long that takes already."""


SLICE = 2
"""Tokens that a step may take into the shadow beside its own: at 256 tokens 1, 2 and 4 made it 1.2, 1.5 and 2.6 times
as long (default bundle, bytes). A step of a rollout brings no true token: a shadow that lags has soon caught up.
"""

_NONE, _ALL = np.empty(0, np.int64), slice(None)


class NumbaDecoder:
    """A Decoder over a static cache of `max_tokens`; its logits are transformers' within 1e-4 of their scale.

    The cache has two slots: the live one, and a shadow that takes in what `prepare` announced, beside the live rows
    of each pass over the weights. Computes in the calling thread alone, with the GIL released; BLAS and its threads
    have no part in it. Not safe to share between threads.
    """

    def __init__(self, model: Model, max_tokens: int) -> None:
        self.ids: list[int] = []
        self._shadow: list[int] = []  # what the other slot holds
        self._coming: list[int] = []  # what it is to hold
        self._live = 0
        self._model = model
        self._weights = model.weights
        self._shape = (len(model.weights.q_norm), model.kv_heads, model.head_dim)
        self._in_bytes = model.weights.head.values.dtype == np.int8
        self._cache = new_cache(2, *self._shape, max_tokens, in_bytes=self._in_bytes)
        self._rotary = rotary_tables(max_tokens, model.head_dim, model.rope_theta)
        self._max_tokens = max_tokens
        self._vocab = len(model.weights.embedding)

    @classmethod
    def load(
        cls,
        source: Source,
        max_tokens: int,
        *,
        weights: WeightKind = "float",
        say: Callable[[str], None] = _log.info,
    ) -> Self:
        """Read config.json and model.safetensors, 0.1 s. Raises BundleError for what is no plain OLMo-2.

        `weights`: see weights.choose. int8 and int4 multiply by int8 activations, over an int8 cache, where this
        processor has an instruction for it (see kernels/lanes.py). `say` gets a line where packing took its time.
        """
        return cls(read_model(source, weights, say), max_tokens)

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

    def prepare(self, ids: Sequence[int]) -> None:
        """See Decoder. Raises as append does; no ids are nothing to prepare."""
        known, new = self._announced(ids)
        if known < len(self._shadow):
            del self._shadow[_common(self._shadow, ids) :]
        del self._coming[known:]
        self._coming.extend(new)

    def rebase(self, ids: Sequence[int]) -> Logits:
        """See Decoder. Raises as append does."""
        ids = list(ids)
        known, _ = self._announced(ids) if ids else (0, self._checked(ids, 0))
        held = min(known, len(self._shadow), len(ids) - 1)
        before = self.ids[:]
        self.ids.clear()
        if held:
            self._live, self.ids[:], self._shadow = 1 - self._live, ids[:held], before
        self._coming = []
        return self._take(ids[held:])

    def fork(self, n: int) -> "NumbaBranches":
        """See Decoder."""
        return NumbaBranches(self, n)

    def twin(self) -> "NumbaDecoder":
        """See Decoder. What is compiled is shared, too."""
        return NumbaDecoder(self._model, self._max_tokens)

    def warm_up(self, say: Callable[[str], None] = _log.info) -> None:
        """Run one step and forget it, so that no later one is the first; does nothing once tokens are held.

        Takes 0.2 s, or 15 s (int4: 40 s) where the kernels must be compiled, once per machine and kind of weights:
        then `say` gets a line to show now and then, from another thread. numba keeps what it compiled beside
        kernels/, or in the user's cache folder where that is not writable.
        """
        if self.ids:
            return
        done = threading.Event()
        threading.Thread(target=_tell_until, args=(done, say), daemon=True).start()
        try:
            self.append([0])
        finally:
            done.set()
        self.rewind(0)

    def _announced(self, ids: Sequence[int]) -> tuple[int, list[int]]:
        """How many of these were announced before, and the others, checked: a long window is not checked anew."""
        known = _common(self._coming, ids)
        return known, self._checked(ids[known:], known) if known < len(ids) else []

    def _checked(self, ids: Sequence[int], held: int, each: int | None = None) -> list[int]:
        taken = list(ids)
        count = len(taken) if each is None else each
        if not 1 <= count <= self._max_tokens - held:
            raise ParameterError(
                f"{count} tokens after {held} don't fit a window of {self._max_tokens}: "
                "append at least one, and flush before the window is full"
            )
        lowest, highest = min(taken), max(taken)
        if lowest < 0 or highest >= self._vocab:
            raise VocabularyError(
                f"token ids {lowest}–{highest} are outside 0–{self._vocab - 1}, what the model knows"
            )
        return taken

    def _take(self, ids: list[int]) -> Logits:
        for first in range(0, len(ids), olmo2.CHUNK):
            chunk, held, taken = ids[first : first + olmo2.CHUNK], len(self.ids), len(self._shadow)
            count = len(chunk)
            ahead = self._coming[taken : taken + max(SLICE, count)]
            slots = [self._live] * count + [1 - self._live] * len(ahead)
            positions = [*range(held, held + count), *range(taken, taken + len(ahead))]
            rows = Rows(np.array(chunk + ahead), np.array(slots), np.array(positions), 0, 0)
            wanted = _NONE if first + count < len(ids) else np.array([count - 1])
            logits = olmo2.advance(self._weights, self._rotary, self._cache, self._cache, rows, wanted)
            self.ids.extend(chunk)
            self._shadow.extend(ahead)
        last: Logits = logits[0, : self._vocab]
        return last


def _tell_until(done: threading.Event, say: Callable[[str], None]) -> None:
    """Say that the decoder is being compiled, and how long already, until it is."""
    began_s = time.monotonic()
    if not done.wait(NOTICE_S):
        say("compiling the decoder, once: 15 s, for 4-bit weights 40")
    while not done.wait(PROGRESS_S):
        say(f"compiling the decoder: {time.monotonic() - began_s:.0f} s so far")


class NumbaBranches:
    """Branches over one past, which is read once for all; each has a slot of a small cache for its own tokens.

    The own slots begin at the last whole block of the past: what stands behind it is copied into each.
    """

    def __init__(self, decoder: NumbaDecoder, n: int) -> None:
        if n < 1:
            raise ParameterError(f"{n} branches: ask for at least one")
        self.ids: list[list[int]] = [[] for _ in range(n)]
        self._numbers = np.arange(n)
        self._decoder = decoder
        self._held = len(decoder.ids)
        self._shared = self._held // BLOCK * BLOCK
        self._own = self._room(self._held - self._shared + 1)
        behind = self._held - self._shared
        copy_blocks(decoder._cache, decoder._live, self._shared, self._own, _ALL, 0, behind)

    def append(self, tokens: Sequence[int]) -> Logits:
        """See Branches. Raises ParameterError where they are not one a branch or the window is full."""
        decoder, n = self._decoder, len(self.ids)
        if len(tokens) != n:
            raise ParameterError(f"{len(tokens)} tokens for {n} branches: give one to each")
        length = self._held + len(self.ids[0])
        ids = decoder._checked(tokens, length, each=1)
        at = length - self._shared
        if at >= self._tokens:
            grown = self._room(2 * self._tokens)
            copy_blocks(self._own, _ALL, 0, grown, _ALL, 0, at)
            self._own = grown
        rows = Rows(np.array(ids), self._numbers, np.full(n, at), self._shared, decoder._live)
        logits: Logits = olmo2.advance(
            decoder._weights, decoder._rotary, self._own, decoder._cache, rows, self._numbers
        )
        for mine, token in zip(self.ids, ids, strict=True):
            mine.append(token)
        return logits[:, : decoder._vocab]

    def keep(self, branch: int) -> None:
        """See Branches."""
        decoder, mine = self._decoder, self.ids[branch]
        tokens = self._held - self._shared + len(mine)
        copy_blocks(self._own, branch, 0, decoder._cache, decoder._live, self._shared, tokens)
        decoder.ids.extend(mine)

    def _room(self, tokens: int) -> Cache:
        self._tokens = whole_tokens(tokens)
        decoder = self._decoder
        return new_cache(len(self.ids), *decoder._shape, tokens, in_bytes=decoder._in_bytes)


def _common(ours: list[int], theirs: Sequence[int]) -> int:
    """How many tokens both begin with."""
    shorter = min(len(ours), len(theirs))
    if ours == theirs[:shorter]:  # a window that has only grown: 2 µs for 1,024 tokens
        return shorter
    return next((at for at in range(shorter) if ours[at] != theirs[at]), shorter)
