"""Decoders without weights, and an engine over them."""

from collections.abc import Sequence
from copy import copy

import numpy as np

from copilot.codec.grid import GridCodec
from copilot.decode.decoder import Branches, Logits
from copilot.engine.base import PlannedNote
from copilot.engine.token import TokenEngine
from copilot.errors import ParameterError
from tests.codec.vocabularies import LARGE, codec


class HashDecoder:
    """Logits that are a hash of the last 64 ids held: deterministic, and as hard to please as a real model.

    Refuses, as a real cache does, to hold more than `max_tokens`.
    """

    def __init__(self, vocab_size: int, max_tokens: int) -> None:
        self.ids: list[int] = []
        self.most_held = 0
        self.twins = 0
        self.prepared: list[int] = []
        self._noise = np.random.default_rng(1).normal(0.0, 2.0, 2 * vocab_size).astype(np.float32)
        self._vocab_size = vocab_size
        self._max_tokens = max_tokens

    def append(self, ids: Sequence[int]) -> Logits:
        """See Decoder."""
        if not ids:
            raise ParameterError("append at least one token")
        if len(self.ids) + len(ids) > self._max_tokens:
            raise ParameterError(f"{len(self.ids)} + {len(ids)} tokens are over {self._max_tokens}")
        self.ids.extend(ids)
        self.most_held = max(self.most_held, len(self.ids))
        shift = hash(tuple(self.ids[-64:])) % self._vocab_size
        return self._noise[shift : shift + self._vocab_size]

    def mark(self) -> int:
        """See Decoder."""
        return len(self.ids)

    def rewind(self, mark: int) -> None:
        """See Decoder."""
        del self.ids[mark:]

    def prepare(self, ids: Sequence[int]) -> None:
        """See Decoder."""
        self.prepared = list(ids)

    def rebase(self, ids: Sequence[int]) -> Logits:
        """See Decoder."""
        self.ids.clear()
        return self.append(ids)

    def fork(self, n: int) -> Branches:
        """See Decoder. Nobody asks for branches here."""
        raise NotImplementedError

    def twin(self) -> "HashDecoder":
        """See Decoder."""
        self.twins += 1
        twin = copy(self)
        twin.ids, twin.prepared = [], []
        return twin


class FavouringDecoder(HashDecoder):
    """A hash, but time words are likelier: as sparse as music, so that a proposal reaches its horizon."""

    def __init__(self, grid: GridCodec, max_tokens: int) -> None:
        super().__init__(grid.vocab.size, max_tokens)
        table = grid.vocab.table
        self._bonus = np.zeros(grid.vocab.size, np.float32)
        for word in range(table.anchor_0, table.velocity_0):
            self._bonus[grid.vocab.ids[word][0]] = 6.0

    def append(self, ids: Sequence[int]) -> Logits:
        """See Decoder."""
        logits: Logits = super().append(ids) + self._bonus
        return logits


def make_engine(
    window_tokens: int = 512, seed: int = 0, entries: int = LARGE, *, dense: bool = False
) -> tuple[TokenEngine, HashDecoder]:
    """An engine and its decoder. Its clock stands still, so that proposals compare equal."""
    grid = codec(entries)
    decoder = HashDecoder(grid.vocab.size, window_tokens) if dense else FavouringDecoder(grid, window_tokens)
    engine = TokenEngine(grid, decoder, window_tokens=window_tokens, seed=seed, clock=lambda: 0.0)
    return engine, decoder


def overlaps(notes: Sequence[PlannedNote]) -> bool:
    """Whether two notes sound on one pitch at once."""
    ends: dict[int, float] = {}
    for note in sorted(notes, key=lambda note: note.start_beats):
        if note.start_beats < ends.get(note.pitch, -1.0) - 1e-9:
            return True
        ends[note.pitch] = max(note.end_beats, ends.get(note.pitch, -1.0))
    return False
