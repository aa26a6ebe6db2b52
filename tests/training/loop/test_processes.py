"""Several processes train as one would: the same losses at the same global batch, sharded or not."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest
import torch
from accelerate.commands.config.config_args import load_config_from_file
from accelerate.utils import DistributedType

from tests.training.loop.tiny_loop import losses, run, tiny_model, with_
from training.config import TrainingConfig
from training.loop import checkpoint
from training.loop.optimizers import layers_of
from training.places import Places
from training.stages import make_tokenizer, run_pretraining

PATIENCE_S = 300
ROOT = Path(__file__).parents[3]


def launched(*command: str) -> None:
    """Run a command that starts two processes, each with one thread, without accelerators."""
    env = {**os.environ, "OMP_NUM_THREADS": "1", "CUDA_VISIBLE_DEVICES": "", "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, "-m", *command],
        cwd=ROOT,
        env=env,
        capture_output=True,
        text=True,
        check=False,
        timeout=PATIENCE_S,
    )
    assert done.returncode == 0, done.stderr[-3000:]


def test_two_processes_have_the_losses_of_one(
    tmp_path: Path, blues_corpus: Path, blues_config: TrainingConfig, to_toml
) -> None:
    """`accelerate launch -m training pretrain` on three rows of unequal length gives one process' losses to 1e-4."""
    loop = msgspec.structs.replace(
        blues_config.pretrain, steps=5, batch_windows=3, window=96, short_share=0.4, precision="fp32", packing=False
    )  # fmt: skip
    config = msgspec.structs.replace(blues_config, pretrain=loop)
    one, two = Places(tmp_path / "one"), Places(tmp_path / "two")
    for places in (one, two):
        shutil.copytree(blues_corpus, places.corpus)
        make_tokenizer(config, places)
    toml = to_toml(config, tmp_path / "tiny.toml")
    launched(
        "accelerate.commands.launch", "--cpu", "--num_processes=2", "--num_machines=1", "--mixed_precision=no",
        "--dynamo_backend=no", "-m", "training", "pretrain", f"--config={toml}", f"--out={two.out_dir}",
    )  # fmt: skip
    run_pretraining(config, one, lambda _: None)
    alone, shared = losses(one.run), losses(two.run)
    assert len(alone) == len(shared) == 5
    assert shared == pytest.approx(alone, abs=1e-4)
    assert alone[-1] != alone[0]


def test_the_configuration_for_shards_is_one_that_accelerate_takes() -> None:
    """JSON, without a key that accelerate doesn't know, for FSDP 2 around OLMo-2's layers."""
    config = load_config_from_file(str(ROOT / "configs" / "accelerate-fsdp.json"))
    assert config.distributed_type == DistributedType.FSDP
    assert config.fsdp_config["fsdp_version"] == 2
    layers = {type(layer).__name__ for layer in layers_of(tiny_model())}
    assert layers == {config.fsdp_config["fsdp_transformer_layer_cls_to_wrap"]}


def test_shards_train_as_one_and_their_checkpoints_are_whole(tmp_path: Path) -> None:
    """FSDP of two: one process' losses; killed and gone on with, the same; a plain model takes its weights."""
    launched(
        "torch.distributed.run", "--nproc-per-node=2", "--standalone", "-m", "tests.training.loop.tiny_loop",
        str(tmp_path),
    )  # fmt: skip
    run(tmp_path / "one", with_(ema=0.9))
    assert losses(tmp_path / "straight") == pytest.approx(losses(tmp_path / "one"), abs=1e-4)
    assert losses(tmp_path / "stopped") == losses(tmp_path / "straight")
    whole = {}
    for averaged in (False, True):
        for way in ("one", "straight", "stopped"):
            whole[way] = tiny_model(seed=1)
            checkpoint.load_weights(tmp_path / way / "step-0000006", whole[way], averaged)
        for name, weight in whole["straight"].state_dict().items():
            torch.testing.assert_close(weight, whole["one"].state_dict()[name], atol=1e-4, rtol=1e-3)
            torch.testing.assert_close(weight, whole["stopped"].state_dict()[name], atol=1e-6, rtol=1e-4)
