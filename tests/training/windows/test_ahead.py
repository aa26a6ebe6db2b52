"""Batches drawn ahead, by processes of their own."""

from functools import partial
from pathlib import Path

import pytest
import torch

from copilot.codec.vocabulary import Vocabulary, train_tokenizer
from copilot.codec.words import GridParams, WordTable
from training.corpus import Corpus
from training.windows.ahead import BatchesAhead, processes
from training.windows.batches import BatchMaker
from training.windows.sampler import Sampler

ROWS, TIME = 3, 128


def blues_batches(corpus: Path) -> BatchMaker:
    """What a process with nothing but a path draws from."""
    table = WordTable(GridParams())
    vocab = Vocabulary(train_tokenizer([" ".join(table.texts[table.meta_end :]) + " "], table, 6000), table)
    return BatchMaker(Sampler(Corpus.open(corpus).training(), {"styles.blues": 1.0}, table), vocab, 5)


def test_what_is_drawn_ahead_is_what_would_be_drawn(blues_corpus: Path) -> None:
    """Batch k is the same from several processes as from this one: in a row, anew from ahead, in another shape."""
    maker = blues_batches(blues_corpus)
    ahead = BatchesAhead(partial(blues_batches, blues_corpus), 2)
    for step, rows in [(0, ROWS), (1, ROWS), (2, ROWS), (7, ROWS), (8, 2 * ROWS), (9, 2 * ROWS)]:
        ours, theirs = ahead.batch(step, rows, TIME), maker.batch(step, rows, TIME)
        assert torch.equal(ours.ids, theirs.ids)
        assert torch.equal(ours.targets, theirs.targets)
        assert torch.equal(ours.positions, theirs.positions)
        assert (ours.notes, ours.learnt) == (theirs.notes, theirs.learnt)


def test_an_error_of_the_drawing_is_raised_where_it_is_asked(tmp_path: Path) -> None:
    """A corpus that is gone ends the run, and not the process that drew alone."""
    with pytest.raises(Exception, match="has no corpus"):
        BatchesAhead(partial(blues_batches, tmp_path), 1).batch(0, ROWS, TIME)


def test_a_cpu_draws_between_its_steps_and_a_gpu_beside_them(monkeypatch: pytest.MonkeyPatch) -> None:
    """No process of two cores is to be spared; a GPU would wait."""
    monkeypatch.setattr("os.cpu_count", lambda: 16)
    assert [processes(0, "cpu"), processes(2, "cpu"), processes(0, "cuda"), processes(3, "cuda")] == [
        0,
        2,
        8,
        3,
    ]
