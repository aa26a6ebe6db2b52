"""The loop over rows that are drawn from nothing, for tests of the loop alone; also a command for torchrun."""

import contextlib
import json
import sys
from pathlib import Path

import msgspec
import numpy as np
import torch
from transformers import Olmo2ForCausalLM

from copilot.errors import ConfigError
from training.config import LoopConfig, ModelConfig
from training.loop.checkpoint import Progress
from training.loop.ranks import Ranks
from training.loop.train import train
from training.model.network import build_model
from training.windows.batches import IGNORED, Batch

VOCAB, WINDOW = 32, 24
CONFIG = LoopConfig(
    steps=6,
    window=WINDOW,
    batch_windows=3,
    micro_windows=1,
    short_share=0.0,
    precision="fp32",
    threads=1,
    optimizer="adamw",
    checkpoint_s=1e9,
    validate_every=1000,
)


class KilledError(Exception):
    """The run ends here, as if it had been killed."""


class Rows:
    """Rows that count upward, of unequal length: something to learn, and uneven padding.

    After `killed_at` steps (0: never) all processes are killed.
    """

    def __init__(self, killed_at: int = 0) -> None:
        self.killed_at = killed_at

    def batch(self, step: int, rows: int, time: int, rank: int = 0, ranks: int = 1) -> Batch:
        if self.killed_at and step == self.killed_at:
            raise KilledError
        ids, targets = [], []
        for row in range(rank, rank + ranks * -(-rows // ranks), ranks):
            rng = np.random.default_rng([step, row])
            line = (rng.integers(VOCAB) + np.arange(time + 1)) % VOCAB
            length = int(rng.integers(4, time)) if row < rows else 0
            ids.append(line[:-1])
            targets.append(np.where(np.arange(time) < length, line[1:], IGNORED))
        shape = (len(ids), time)
        positions = torch.arange(time).repeat(len(ids), 1)
        rows_of_ids, rows_of_targets = (torch.from_numpy(np.stack(arrays)) for arrays in (ids, targets))
        return Batch(rows_of_ids, rows_of_targets, positions, np.full(shape, -1), (), 1)


class Nothing:
    """Measures nothing."""

    def measure(self, model: object) -> dict[str, float]:
        return {}


def tiny_model(seed: int = 0) -> Olmo2ForCausalLM:
    shape = ModelConfig(hidden=16, layers=2, heads=2, kv_heads=1, intermediate=32)
    return build_model(shape, VOCAB, 0, WINDOW, seed)


def with_(config: LoopConfig = CONFIG, **changes: object) -> LoopConfig:
    return msgspec.structs.replace(config, **changes)


def run(
    out_dir: Path,
    config: LoopConfig = CONFIG,
    model: torch.nn.Module | None = None,
    killed_at: int = 0,
    **more: object,
) -> Progress:
    """Train a tiny model."""
    rows = Rows(killed_at)
    return train(model or tiny_model(), rows, Nothing(), config, out_dir, lambda _: None, **more)  # type: ignore[arg-type]


def losses(out_dir: Path) -> list[float]:
    return [json.loads(line)["loss"] for line in (out_dir / "log.jsonl").read_text().splitlines()]


def sharded(out_dir: Path) -> None:
    """FSDP on the CPU, which accelerate does but does not offer: once straight, once killed and gone on with."""
    from accelerate import Accelerator, FullyShardedDataParallelPlugin
    from accelerate.utils import DistributedType

    plugin = FullyShardedDataParallelPlugin(
        fsdp_version=2,
        auto_wrap_policy="transformer_based_wrap",
        transformer_cls_names_to_wrap=["Olmo2DecoderLayer"],
        cpu_ram_efficient_loading=False,
    )
    accelerator = Accelerator(cpu=True, fsdp_plugin=plugin)
    accelerator.state.distributed_type = DistributedType.FSDP
    accelerator.state.fsdp_plugin = plugin
    with contextlib.suppress(ConfigError):
        Ranks(with_(optimizer="muon"), accelerator)
        raise AssertionError("Muon takes whole matrices, and was given shards")
    config = with_(ema=0.9, checkpoint_every=3)
    run(out_dir / "straight", config, accelerator=accelerator)
    accelerator.free_memory()
    with contextlib.suppress(KilledError):
        run(out_dir / "stopped", config, accelerator=accelerator, killed_at=5)
    accelerator.wait_for_everyone()
    accelerator.free_memory()
    run(out_dir / "stopped", config, accelerator=accelerator)
    torch.distributed.destroy_process_group()


if __name__ == "__main__":
    sharded(Path(sys.argv[1]))
