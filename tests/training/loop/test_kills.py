"""The real command, killed at random moments: the weights are those of a run that nothing disturbed."""

import os
import random
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import msgspec
import pytest
import torch
from safetensors.torch import load_file

from training.config import TrainingConfig
from training.places import Places
from training.stages import make_tokenizer, run_pretraining

pytestmark = pytest.mark.fault
ROOT = Path(__file__).parents[3]
STEPS, PATIENCE_S = 100, 120
KILLS = int(os.environ.get("COPILOT_TRAIN_KILLS", "2"))
"""Each costs four seconds, until torch is loaded again."""


def lines(places: Places) -> int:
    log = places.run / "log.jsonl"
    return log.read_bytes().count(b"\n") if log.exists() else 0


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
    seed = random.randrange(2**32)
    rng = random.Random(seed)
    print(f"seed {seed}")  # shown where the test fails
    command = [sys.executable, "-m", "training", "pretrain", f"--config={toml}", f"--out={killed.out_dir}"]
    env = {**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
    for number in (*[signal.SIGKILL] * KILLS, None):
        child = subprocess.Popen(command, cwd=ROOT, env=env, stderr=subprocess.PIPE, text=True)
        if number is not None:
            wanted = lines(killed) + rng.randrange(1, STEPS // (KILLS + 1))
            until = time.monotonic() + PATIENCE_S
            while lines(killed) < wanted and child.poll() is None and time.monotonic() < until:
                time.sleep(0.002)
            child.send_signal(number)
        _, said = child.communicate(timeout=PATIENCE_S)
        assert child.returncode == (-number if number else 0), said
    run_pretraining(config, straight, lambda _: None)
    for name in ("weights", "averages", "optimizer"):
        file = f"step-{STEPS:07d}/{name}.safetensors"
        one, other = load_file(killed.run / file), load_file(straight.run / file)
        assert one.keys() == other.keys()
        assert all(torch.equal(one[key], other[key]) for key in one)
    assert lines(killed) == STEPS
