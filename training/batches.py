"""Batches of ids: window after window, padded at the end."""

from dataclasses import dataclass

import numpy as np
import torch

from copilot.codec.vocabulary import Vocabulary
from training.sampler import Sampler
from training.windows import Speller, Words

IGNORED = -100
"""The target of padding."""


@dataclass(frozen=True, slots=True)
class Batch:
    """ids: int64 (windows, time); targets: the ids one step later, IGNORED for padding, same shape.

    words: int64 (windows, time), the word that each target is part of, −1 for padding.
    """

    ids: torch.Tensor
    targets: torch.Tensor
    owners: np.ndarray
    words: tuple[Words, ...]


class BatchMaker:
    """Draws batch after batch. Batch `step` of a seed is always the same."""

    def __init__(self, sampler: Sampler, vocab: Vocabulary, seed: int) -> None:
        self._sampler, self._vocab, self._seed = sampler, vocab, seed
        self._speller = Speller(vocab)

    def batch(self, step: int, windows: int, time: int) -> Batch:
        """`windows` windows of `time` targets each."""
        rng = np.random.default_rng([self._seed, step])
        ids = np.full((windows, time + 1), self._vocab.pad_id, dtype=np.int64)
        owners = np.full((windows, time + 1), -1, dtype=np.int64)
        drawn: list[Words] = []
        for row in range(windows):
            words = self._sampler.draw(rng, time + 1)
            spelt, owner = self._speller.spell(words)
            spelt, owner = spelt[: time + 1], owner[: time + 1]
            ids[row, : len(spelt)], owners[row, : len(spelt)] = spelt, owner
            drawn.append(words)
        targets = np.where(owners >= 0, ids, IGNORED)
        return Batch(
            torch.from_numpy(ids[:, :-1]), torch.from_numpy(targets[:, 1:]), owners[:, 1:], tuple(drawn)
        )
