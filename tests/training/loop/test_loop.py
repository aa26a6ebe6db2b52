"""The loop learns, stops on its budget, and resumes as if it had never stopped."""

import json
import shutil
from pathlib import Path

import msgspec
import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from training.config import LoopConfig, TrainingConfig
from training.loop import checkpoint
from training.loop.schedule import lr_scale, rows_at
from training.loop.train import train
from training.model.network import build_model
from training.places import Places
from training.stages import make_tokenizer, run_pretraining
from training.windows.batches import Batch


@pytest.fixture
def places(tmp_path: Path, blues_corpus: Path, blues_config: TrainingConfig) -> Places:
    """A run with a corpus and a tokenizer."""
    made = Places(tmp_path)
    shutil.copytree(blues_corpus, made.corpus)
    make_tokenizer(blues_config, made)
    return made


def with_loop(config: TrainingConfig, **changes: object) -> TrainingConfig:
    return msgspec.structs.replace(config, pretrain=msgspec.structs.replace(config.pretrain, **changes))


def weights_of(places: Places) -> dict[str, torch.Tensor]:
    folder = checkpoint.latest(places.run)
    assert folder is not None
    return load_file(folder / "weights.safetensors")


def test_a_resumed_run_ends_with_the_weights_of_an_undisturbed_one(
    places: Places, blues_config: TrainingConfig, blues_corpus: Path
) -> None:
    """Stopped after any step and started again with the same command, a run ends bit for bit the same."""
    config = with_loop(blues_config, checkpoint_s=0.0)

    class StoppedError(Exception):
        pass

    def stop_after_two(line: dict[str, float]) -> None:
        if line["step"] == 3:
            raise StoppedError

    with pytest.raises(StoppedError):
        run_pretraining(config, places, stop_after_two)
    progress = run_pretraining(config, places, lambda _: None)
    undisturbed = Places(places.out_dir / "other")
    shutil.copytree(blues_corpus, undisturbed.corpus)
    make_tokenizer(config, undisturbed)
    run_pretraining(config, undisturbed, lambda _: None)
    resumed, straight = weights_of(places), weights_of(undisturbed)
    assert progress.step == 4
    assert all(torch.equal(resumed[name], straight[name]) for name in straight)


def test_only_two_checkpoints_are_kept_and_the_log_has_a_line_a_step(
    places: Places, blues_config: TrainingConfig
) -> None:
    """Old checkpoints go; the log holds each step's loss and the last line's measurements."""
    run_pretraining(with_loop(blues_config, checkpoint_s=0.0), places, lambda _: None)
    assert [folder.name for folder in sorted(places.run.glob("step-*"))] == ["step-0000003", "step-0000004"]
    lines = [json.loads(line) for line in (places.run / "log.jsonl").read_text().splitlines()]
    assert [line["step"] for line in lines] == [1, 2, 3, 4]
    assert {"val_nats", "val_bits_per_note", "val_own_bits_per_note"} <= lines[-1].keys()


def test_a_run_by_the_clock_ends_when_its_hours_are_over(
    places: Places, blues_config: TrainingConfig
) -> None:
    """With `steps` 0 the clock decides, and the last checkpoint is written."""
    times = iter(range(0, 10_000, 600))
    config = with_loop(blues_config, steps=0, hours=0.5, checkpoint_s=1e9)

    class NothingToMeasure:
        def measure(self, model: object) -> dict[str, float]:
            return {}

    class TwoIds:
        def batch(self, step: int, rows: int, time: int, rank: int = 0, ranks: int = 1) -> Batch:
            ids = torch.ones((rows, time), dtype=torch.int64)
            return Batch(ids, ids, torch.arange(time).repeat(rows, 1), np.zeros((rows, time)), (), 0)

    model = build_model(config.model, 8, 0, 64, 0)
    places.run.mkdir()
    progress = train(
        model,
        TwoIds(),
        NothingToMeasure(),
        config.pretrain,
        places.run,
        lambda _: None,
        clock=lambda: float(next(times)),
    )
    assert progress.elapsed_s >= 1800
    assert checkpoint.latest(places.run) is not None


def test_the_learning_rate_warms_up_stays_and_falls_to_nothing() -> None:
    """It is never above its peak, at the peak in the middle, and 0 at the end."""
    config = LoopConfig(warmup_share=0.1, decay_share=0.4)
    scales = [lr_scale(step / 100, config) for step in range(101)]
    assert scales[0] < 0.01
    assert scales[30] == 1.0
    assert scales[-1] == 0.0
    assert max(scales) == 1.0
    assert scales[60:] == sorted(scales[60:], reverse=True)


def test_rows_are_short_first_and_whole_later() -> None:
    """Half the window, and twice as many, until `short_share`; then all of it."""
    config = LoopConfig(window=1024, batch_windows=6, short_share=0.5)
    assert [rows_at(share, config) for share in (0.0, 0.49, 0.5, 1.0)] == [(12, 512)] * 2 + [(6, 1024)] * 2
