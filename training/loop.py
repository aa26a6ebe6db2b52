"""The pretraining loop: resumable with the same command, and always annealed when its budget ends."""

import json
import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from transformers import Olmo2ForCausalLM

from training import checkpoint
from training.batches import BatchMaker
from training.checkpoint import Progress
from training.config import PretrainConfig
from training.gradients import Workers
from training.network import matrices, others
from training.validate import Validator

log = logging.getLogger(__name__)
Report = Callable[[dict[str, float]], None]


@dataclass(frozen=True, slots=True)
class Budget:
    """How much of a run is over, by steps or by the clock."""

    config: PretrainConfig

    def share(self, progress: Progress) -> float:
        """0 at the start, 1 or more at the end."""
        if self.config.steps:
            return progress.step / self.config.steps
        return progress.elapsed_s / (self.config.hours * 3600)


def lr_scale(share: float, config: PretrainConfig) -> float:
    """Warm-up, a plateau, then down to zero: a plateau lets a run be lengthened from its checkpoint."""
    up = min(1.0, (share + 1e-4) / config.warmup_share) if config.warmup_share else 1.0
    down = min(1.0, max(0.0, 1.0 - share) / config.decay_share) if config.decay_share else 1.0
    return min(up, down)


def make_optimizers(model: Olmo2ForCausalLM, config: PretrainConfig) -> list[torch.optim.Optimizer]:
    """Muon for the layers' matrices, AdamW for the rest."""
    muon = torch.optim.Muon(
        matrices(model),
        lr=config.lr_matrix,
        weight_decay=config.weight_decay,
        momentum=0.95,
        adjust_lr_fn="match_rms_adamw",
    )
    adamw = torch.optim.AdamW(others(model), lr=config.lr_other, betas=(0.9, 0.95), weight_decay=0.0)
    return [muon, adamw]


def pretrain(
    model: Olmo2ForCausalLM,
    batches: BatchMaker,
    validator: Validator,
    config: PretrainConfig,
    out_dir: Path,
    report: Report,
    clock: Callable[[], float] = time.monotonic,
) -> Progress:
    """Train until the budget is spent, going on from the newest checkpoint in `out_dir`; returns the progress.

    Writes log.jsonl there, and a checkpoint every `checkpoint_s` and at the end. `report` gets each log line.
    """
    budget, optimizers, progress = Budget(config), make_optimizers(model, config), Progress()
    workers = Workers(model, config.threads, config.bf16)
    resumed = checkpoint.latest(out_dir)
    if resumed is not None:
        progress = checkpoint.load_weights(resumed, model)
        checkpoint.load_optimizers(resumed, optimizers)
    began_s, saved_s = clock() - progress.elapsed_s, clock()

    def note(line: dict[str, float]) -> None:
        with (out_dir / "log.jsonl").open("a", encoding="utf-8") as file:
            file.write(json.dumps(line) + "\n")
        report(line)

    while budget.share(progress) < 1.0:
        share = budget.share(progress)
        _set_lr(optimizers, lr_scale(share, config), config)
        time_ids = window_at(share, config)
        batch = batches.batch(progress.step, config.batch_windows * config.window // time_ids, time_ids)
        loss, seen = workers.backward(batch)
        torch.nn.utils.clip_grad_norm_(model.parameters(), config.clip_norm)
        for optimizer in optimizers:
            optimizer.step()
            optimizer.zero_grad()
        progress = Progress(progress.step + 1, clock() - began_s, progress.tokens + seen)
        is_last = budget.share(progress) >= 1.0
        line = {
            "step": progress.step,
            "share": round(share, 5),
            "loss": round(loss, 4),
            "tokens": progress.tokens,
        }
        line["elapsed_s"] = round(progress.elapsed_s, 1)
        if is_last or progress.step % config.validate_every == 0:
            line |= validator.measure(model)
        note(line)
        if is_last or clock() - saved_s >= config.checkpoint_s:
            checkpoint.save(out_dir, model, optimizers, progress)
            saved_s = clock()
    return progress


def window_at(share: float, config: PretrainConfig) -> int:
    """Targets a window: half length first, for attention takes a third of the time at 1,024."""
    return config.window // 2 if share < config.short_share else config.window


def _set_lr(optimizers: Sequence[torch.optim.Optimizer], scale: float, config: PretrainConfig) -> None:
    for optimizer, peak in zip(optimizers, (config.lr_matrix, config.lr_other), strict=True):
        for group in optimizer.param_groups:
            group["lr"] = peak * scale
