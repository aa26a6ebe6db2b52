"""Ids a second of the training loop, beside the same model's bare forward and backward pass. Prints a table.

    python tests/bench/bench_training.py [ROUNDS]

The embedded default's shape (4.9 M weights), rows of 1,024 ids, bf16 autocast, on as many threads as torch takes. The
limit is torch alone on one row at a time: no optimiser, no windows drawn, no log. Both take turns and are given by
their median; a busy machine moves all figures, the ratio least.
"""

import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Literal

import numpy as np

from copilot.codec.vocabulary import Vocabulary, train_tokenizer
from copilot.codec.words import GridParams, WordTable
from training.config import CorpusConfig, LoopConfig, ModelConfig
from training.corpus import Corpus
from training.corpus.build import build
from training.corpus.report import CorpusProgress
from training.corpus.workers import LocalWorkers
from training.loop.train import train
from training.model.network import build_model
from training.windows.batches import BatchMaker
from training.windows.sampler import Sampler

ROWS, TIME, STEPS = 6, 1024, 2
TABLE = WordTable(GridParams())
VOCAB = Vocabulary(train_tokenizer([" ".join(TABLE.texts[TABLE.meta_end :]) + " "], TABLE, 1536), TABLE)


class Nothing:
    """Measures nothing."""

    def measure(self, model: object) -> dict[str, float]:
        return {}


def maker(folder: Path) -> BatchMaker:
    """Packed rows of generated blues, whose corpus is made in `folder`."""
    config = CorpusConfig(weights={"styles.blues": 1.0}, blues_songs=8)
    build(config, folder, folder, TABLE.params, LocalWorkers(1), CorpusProgress(lambda _: None))
    songs = Corpus.open(folder).all_songs()
    return BatchMaker(Sampler(songs, {"styles.blues": 1.0}, TABLE), VOCAB, 0, packing=True)


def bare(batches: BatchMaker) -> float:
    """Seconds a step of torch alone."""
    import torch  # here: `training` tells threads how to wait, and must be imported first
    import torch.nn.functional as F  # noqa: N812

    model, batch = build_model(ModelConfig(), VOCAB.size, 0, TIME, 0), batches.batch(0, ROWS, TIME)
    ends = [time.perf_counter()]
    for _ in range(STEPS + 1):
        for row in range(ROWS):
            with torch.autocast("cpu", torch.bfloat16):
                logits = model(input_ids=batch.ids[row : row + 1], use_cache=False).logits
            F.cross_entropy(logits[0].float(), batch.targets[row]).backward()
        ends.append(time.perf_counter())
    return float(np.median(np.diff(ends)[1:]))


def looped(batches: BatchMaker, micro_windows: int, optimizer: Literal["muon", "adamw"]) -> float:
    """Seconds a step of the loop, its first one left out."""
    ends: list[float] = []
    config = LoopConfig(
        steps=STEPS + 1, window=TIME, batch_windows=ROWS, short_share=0.0, micro_windows=micro_windows,
        optimizer=optimizer, checkpoint_s=1e9,
    )  # fmt: skip
    model = build_model(ModelConfig(), VOCAB.size, 0, TIME, 0)
    with tempfile.TemporaryDirectory() as name:
        train(model, batches, Nothing(), config, Path(name), lambda _: ends.append(time.perf_counter()))
    return float(np.median(np.diff(ends)))


def main() -> None:
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 3
    with tempfile.TemporaryDirectory() as folder:
        batches = maker(Path(folder))
        ways: dict[str, Callable[[], float]] = {
            "torch alone, a row at a time": lambda: bare(batches),
            "the loop, Muon, a row at a time": lambda: looped(batches, 1, "muon"),
            "the loop, Muon, six rows at a time": lambda: looped(batches, 0, "muon"),
            "the loop, AdamW, a row at a time": lambda: looped(batches, 1, "adamw"),
        }
        seconds: dict[str, list[float]] = {name: [] for name in ways}
        for _ in range(rounds):
            for name, way in ways.items():
                seconds[name].append(way())
    limit = np.median(seconds["torch alone, a row at a time"])
    print(f"{'':<36}{'ids/s':>8}{'of torch alone':>18}")
    for name, spent in seconds.items():
        print(f"{name:<36}{ROWS * TIME / np.median(spent):>8,.0f}{limit / np.median(spent):>17.0%}")


if __name__ == "__main__":
    main()
