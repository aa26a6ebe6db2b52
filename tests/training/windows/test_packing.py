"""Rows of several windows: each window is learnt as if it stood alone, and rows are the same whoever draws them."""

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import torch

from copilot.codec.vocabulary import Vocabulary, train_tokenizer
from copilot.codec.words import GridParams, WordTable
from training.config import LoopConfig, ModelConfig
from training.corpus import Corpus
from training.loop.learner import Learner
from training.loop.ranks import Ranks
from training.model.network import build_model
from training.windows.batches import IGNORED, Batch, BatchMaker
from training.windows.sampler import Sampler
from training.windows.words import Window

TABLE = WordTable(GridParams())
VOCAB = Vocabulary(train_tokenizer([" ".join(TABLE.texts[TABLE.meta_end :]) + " "], TABLE, 6000), TABLE)
TIME = 400


class TwoBars(Sampler):
    """Windows of two bars: far less than a row."""

    def window(self, rng: np.random.Generator, max_words: int) -> Window:
        words = super().window(rng, max_words).words
        lines = np.flatnonzero(words == TABLE.bar)
        return Window(words[: int(lines[2])] if len(lines) > 2 else words)


@pytest.fixture(scope="module")
def short(blues_corpus: Path) -> Sampler:
    return TwoBars(Corpus.open(blues_corpus).training(), {"styles.blues": 1.0}, TABLE)


@pytest.fixture(scope="module")
def packed(short: Sampler) -> BatchMaker:
    return BatchMaker(short, VOCAB, 1, packing=True)


def windows_of(positions: torch.Tensor) -> list[slice]:
    """Where each window of a row stands."""
    starts = [*np.flatnonzero(positions.numpy() == 0).tolist(), len(positions)]
    return [slice(a, b) for a, b in pairwise(starts)]


def test_a_packed_row_gives_each_window_the_logits_that_it_has_alone(packed: BatchMaker) -> None:
    """No attention crosses from one window into the next, and each begins at position 0."""
    model = build_model(ModelConfig(hidden=64, layers=2, heads=2, kv_heads=1), VOCAB.size, 0, TIME, 0).eval()
    batch = packed.batch(0, 3, TIME)
    with torch.no_grad():
        together = model(input_ids=batch.ids, position_ids=batch.positions, use_cache=False).logits
        across = model(input_ids=batch.ids, use_cache=False).logits
        for row in range(3):
            windows = windows_of(batch.positions[row])
            assert len(windows) > 1
            for window in windows:
                alone = model(input_ids=batch.ids[row : row + 1, window], use_cache=False).logits[0]
                torch.testing.assert_close(together[row, window], alone, atol=1e-5, rtol=1e-4)
            assert not torch.allclose(across[row, windows[1]], together[row, windows[1]], atol=1e-3)


@pytest.mark.parametrize("micro_windows", [0, 1])
def test_packing_changes_neither_loss_nor_gradient(packed: BatchMaker, micro_windows: int) -> None:
    """A batch of packed rows teaches what its windows would, each in a row of its own, however it is split."""
    config = LoopConfig(precision="fp32", micro_windows=micro_windows)
    batch = packed.batch(0, 2, TIME)

    def fresh() -> Learner:
        shape = ModelConfig(hidden=32, layers=1, heads=2, kv_heads=1, intermediate=64)
        return Learner(build_model(shape, VOCAB.size, 0, TIME, 0), config, Ranks(config))

    learner, alone = fresh(), fresh()
    nats, total = learner.backward(batch, batch.learnt), 0.0
    for row in range(2):
        for window in windows_of(batch.positions[row]):
            ids, targets, positions = (
                x[row : row + 1, window] for x in (batch.ids, batch.targets, batch.positions)
            )
            total += alone.backward(Batch(ids, targets, positions, batch.owners, (), 0), batch.learnt)
    assert nats == pytest.approx(total, rel=1e-5)
    for one, other in zip(learner.bare.parameters(), alone.bare.parameters(), strict=True):
        torch.testing.assert_close(one.grad, other.grad, atol=1e-6, rtol=1e-3)


def test_a_row_is_filled_and_each_target_follows_its_id(packed: BatchMaker) -> None:
    """Within a window the target is the next id; the last of a window has none; little is left as padding."""
    batch = packed.batch(3, 2, TIME)
    for row in range(2):
        for window in windows_of(batch.positions[row]):
            ids, targets = batch.ids[row, window], batch.targets[row, window]
            learnt = targets != IGNORED
            assert torch.equal(targets[:-1][learnt[:-1] & learnt[1:]], ids[1:][learnt[:-1] & learnt[1:]])
        assert int((batch.targets[row] == IGNORED).sum()) < 40
    assert batch.notes > 0


def test_rows_are_the_same_however_many_processes_draw_them(packed: BatchMaker) -> None:
    """Five rows for two: the first draws rows 0, 2, 4, the second 1, 3 and one that teaches nothing."""
    whole = packed.batch(7, 5, TIME)
    first, second = packed.batch(7, 5, TIME, 0, 2), packed.batch(7, 5, TIME, 1, 2)
    assert torch.equal(first.ids, whole.ids[[0, 2, 4]])
    assert torch.equal(second.ids[:2], whole.ids[[1, 3]])
    assert second.ids.shape == first.ids.shape
    assert bool((second.targets[2] == IGNORED).all())
    assert first.notes + second.notes == whole.notes
    assert first.learnt + second.learnt == whole.learnt


def test_without_packing_a_row_is_one_window(short: Sampler) -> None:
    """What its window leaves is padding, and positions run on."""
    maker = BatchMaker(short, VOCAB, 1)
    batch = maker.batch(0, 2, TIME)
    assert torch.equal(batch.positions, torch.arange(TIME).repeat(2, 1))
    assert int((batch.targets == IGNORED).sum()) > TIME // 2
