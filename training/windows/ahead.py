"""Batches drawn ahead of need, by processes of their own: a GPU learns faster than one processor draws."""

import multiprocessing
import os
import signal
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import count
from typing import Protocol, cast

import torch
from torch.utils.data import DataLoader, Dataset, Sampler

from training.windows.batches import Batch, BatchMaker

_MOST = 8
"""Each draws some 800,000 ids a second: two keep a GPU busy with five million weights. More spare it waiting."""

_WAITING = 4
"""Batches that each process has drawn at most: one of 64 windows of 1,024 ids holds 2 MB."""


class Batches(Protocol):
    """Where a training loop gets its batches."""

    def batch(self, step: int, rows: int, time: int, rank: int = 0, ranks: int = 1) -> Batch:
        """This rank's rows of batch `step`: the same whoever draws it, and whenever."""


def processes(wanted: int, device_type: str) -> int:
    """How many draw where the configuration says `wanted`; 0: half the cores beside a GPU, none on a CPU."""
    if wanted or device_type == "cpu":
        return wanted
    return max(1, min(_MOST, (os.cpu_count() or 1) // 2))


class BatchesAhead:
    """What `make` draws, in `workers` processes, in order: batch after batch of one shape.

    Where another than the next is asked for (a run goes on, rows become longer) it begins anew from there. `make`
    runs in each process, started anew and not forked: it must be importable.
    """

    def __init__(self, make: Callable[[], BatchMaker], workers: int) -> None:
        self._make, self._workers = make, workers
        self._next: _Asked | None = None
        self._drawn: Iterator[Batch] = iter(())

    def batch(self, step: int, rows: int, time: int, rank: int = 0, ranks: int = 1) -> Batch:
        """This rank's rows of batch `step`."""
        asked = _Asked(step, rows, time, rank, ranks)
        if asked != self._next:
            self._drawn = iter(self._loader(asked))
        batch = next(self._drawn)
        self._next = asked.after(1)
        return batch

    def _loader(self, first: "_Asked") -> "DataLoader[Batch]":
        return DataLoader(
            cast("Dataset[Batch]", _Draws(self._make)),
            sampler=cast("Sampler[_Asked]", _From(first)),
            batch_size=None,
            num_workers=self._workers,
            prefetch_factor=_WAITING,
            multiprocessing_context=multiprocessing.get_context("spawn"),
            worker_init_fn=_begin,
        )


@dataclass(frozen=True, slots=True)
class _Asked:
    """The arguments of `BatchMaker.batch`."""

    step: int
    rows: int
    time: int
    rank: int
    ranks: int

    def after(self, steps: int) -> "_Asked":
        return _Asked(self.step + steps, self.rows, self.time, self.rank, self.ranks)


class _From:
    """One request after another, without end."""

    def __init__(self, first: _Asked) -> None:
        self._first = first

    def __iter__(self) -> Iterator[_Asked]:
        return map(self._first.after, count())


class _Draws:
    """What a process draws from; it opens the corpus when it is first asked."""

    def __init__(self, make: Callable[[], BatchMaker]) -> None:
        self._make = make
        self._maker: BatchMaker | None = None

    def __getitem__(self, asked: _Asked) -> Batch:
        if self._maker is None:
            self._maker = self._make()
        return self._maker.batch(asked.step, asked.rows, asked.time, asked.rank, asked.ranks)


def _begin(_: int) -> None:
    """Ctrl-C is the training process' matter: it finishes its step, for which it needs these."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    torch.set_num_threads(1)
