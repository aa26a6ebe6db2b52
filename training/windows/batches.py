"""Batches of ids: rows of windows, one after another where they are short, and padding where nothing fits."""

from dataclasses import dataclass

import numpy as np
import torch

from copilot.codec.bulk import Speller
from copilot.codec.vocabulary import Vocabulary
from training.windows.sampler import Sampler
from training.windows.words import Words

IGNORED = -100
"""The target of padding, of each window's first id, which nothing precedes, and of what is only heard."""

_LEAST_ROOM = 32
"""A shorter rest of a row stays padding: not even a bar of a band fits in."""


@dataclass(frozen=True, slots=True)
class Batch:
    """Some rows of a global batch.

    ids: int64 (rows, time); targets: the ids one step later, IGNORED for padding and for what is only heard, same
    shape. positions: int64 (rows, time), each id's place in its window; they begin again at 0 with every further
    window of a row. owners: int64 (rows, time), the index in `words[row]` of the word that each target is part of, −1
    for IGNORED ones.
    words: each row's words, all its windows' one after another. notes: note-ons of which an id is a target.
    """

    ids: torch.Tensor
    targets: torch.Tensor
    positions: torch.Tensor
    owners: np.ndarray
    words: tuple[Words, ...]
    notes: int

    @property
    def learnt(self) -> int:
        """Targets that count."""
        return int((self.targets != IGNORED).sum())


class BatchMaker:
    """Draws batch after batch. Row `row` of batch `step` of a seed is always the same, whoever draws it.

    With `packing`, a row whose window ends early is filled with further ones.
    """

    def __init__(self, sampler: Sampler, vocab: Vocabulary, seed: int, packing: bool = False) -> None:
        self._sampler, self._vocab, self._seed, self._packing = sampler, vocab, seed, packing
        self._speller = Speller(vocab)

    def batch(self, step: int, rows: int, time: int, rank: int = 0, ranks: int = 1) -> Batch:
        """`rows` rows of `time` targets each; of several ranks, every `ranks`-th of them, from row `rank` on.

        All ranks get equally many: where the rows don't go round, the last ones get a row of padding.
        """
        mine = range(rank, rank + ranks * -(-rows // ranks), ranks)
        drawn = [self._row(step, row if row < rows else None, time) for row in mine]
        ids, targets, positions, owners = (
            np.stack(arrays) for arrays in zip(*(d[:4] for d in drawn), strict=True)
        )
        words = tuple(row[-1] for row in drawn)
        reached = [said[np.unique(owner[owner >= 0])] for said, owner in zip(words, owners, strict=True)]
        notes = sum(int((said >= self._vocab.table.on_0).sum()) for said in reached)
        return Batch(
            torch.from_numpy(ids),
            torch.from_numpy(targets),
            torch.from_numpy(positions),
            owners,
            words,
            notes,
        )

    def _row(
        self, step: int, row: int | None, time: int
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, Words]:
        ids = np.full(time, self._vocab.pad_id, dtype=np.int64)
        targets, owners = np.full(time, IGNORED, dtype=np.int64), np.full(time, -1, dtype=np.int64)
        positions = np.arange(time)
        windows: list[Words] = [np.zeros(0, dtype=np.int64)]
        if row is None:
            return ids, targets, positions, owners, windows[0]
        rng = np.random.default_rng([self._seed, step, row])
        at = 0
        while at == 0 or (self._packing and time - at >= _LEAST_ROOM):
            window = self._sampler.window(rng, time - at + 1)
            words = window.words
            spelt, owner = self._speller.ids(words), self._speller.owners(words)
            spelt, owner = spelt[: time - at + 1], owner[: time - at + 1]
            until = at + len(spelt) - 1
            ids[at:until], targets[at:until] = spelt[:-1], spelt[1:]
            owners[at:until] = owner[1:] + sum(map(len, windows))
            heard = at + np.searchsorted(owner[1:], window.unlearnt)
            targets[at:heard], owners[at:heard] = IGNORED, -1
            positions[at:] = np.arange(time - at)
            windows.append(words)
            at = until
        return ids, targets, positions, owners, np.concatenate(windows)
