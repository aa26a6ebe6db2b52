"""The real command, killed at random moments: the weights are those of a run that nothing disturbed."""

import shutil
from pathlib import Path

import msgspec
import pytest
import torch
from safetensors.torch import load_file

from tests.training.kills import lines, run_with_kills
from training.config import TrainingConfig
from training.places import Places
from training.stages import make_tokenizer, run_pretraining

pytestmark = pytest.mark.fault
STEPS = 100


def test_killed_at_random_moments_it_ends_bit_for_bit_the_same(
    tmp_path: Path, blues_corpus: Path, blues_config: TrainingConfig, to_toml
) -> None:
    """SIGKILL whenever it falls, and the same command again; the log has each step once."""
    loop = msgspec.structs.replace(
        blues_config.pretrain, steps=STEPS, window=32, ema=0.9, checkpoint_every=5, checkpoint_s=1e9,
        validate_every=1000, sample_every=0, short_share=0.3,
    )  # fmt: skip
    config = msgspec.structs.replace(blues_config, pretrain=loop)
    killed, straight = Places(tmp_path / "killed"), Places(tmp_path / "straight")
    for places in (killed, straight):
        shutil.copytree(blues_corpus, places.corpus)
        make_tokenizer(config, places)
    toml = to_toml(config, tmp_path / "tiny.toml")
    run_with_kills(["pretrain", f"--config={toml}", f"--out={killed.out_dir}"], killed.run, STEPS)
    run_pretraining(config, straight, lambda _: None)
    for name in ("weights", "averages", "optimizer"):
        file = f"step-{STEPS:07d}/{name}.safetensors"
        one, other = load_file(killed.run / file), load_file(straight.run / file)
        assert one.keys() == other.keys()
        assert all(torch.equal(one[key], other[key]) for key in one)
    assert lines(killed.run) == STEPS
