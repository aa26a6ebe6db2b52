"""The training loop, of both phases: plain, on accelerate, the same bit for bit however often it was stopped."""

import logging
import math
import time
from collections.abc import Callable, Mapping
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import torch
from accelerate import Accelerator

from copilot.errors import ConfigError, StoppedError, TrainingError
from copilot.files import make_folder
from training.config import LoopConfig
from training.loop import checkpoint, states
from training.loop.checkpoint import Progress
from training.loop.ema import Averages
from training.loop.guard import Guard
from training.loop.interrupts import Interrupts
from training.loop.learner import Learner
from training.loop.ranks import Ranks
from training.loop.record import check_record, write_record
from training.loop.runlog import Report, RunLog
from training.loop.schedule import Budget, lr_scale, rows_at
from training.windows.ahead import Batches

_log = logging.getLogger(__name__)
Figures = dict[str, float]
Sketch = Callable[[torch.nn.Module, Path], None]
"""Writes what a model makes of a held-out beginning to a MIDI file."""


class Measures(Protocol):
    """What tells how good a model is."""

    def measure(self, model: Any) -> Figures:
        """Figures for the log, by name."""


def train(
    model: torch.nn.Module,
    batches: Batches,
    validator: Measures,
    config: LoopConfig,
    out_dir: Path,
    report: Report,
    *,
    sketch: Sketch | None = None,
    facts: Mapping[str, object] | None = None,
    accelerator: Accelerator | None = None,
    clock: Callable[[], float] = time.monotonic,
) -> Progress:
    """Train until the budget is spent, going on from the newest checkpoint in `out_dir`; returns the progress.

    model: a causal language model of transformers, or peft around one. Its weights with `requires_grad` are
    trained, in place and in the dtype that they have, and they alone are in checkpoints (`checkpoint.load_weights`
    puts them into such a model again): the others must be the same each time.
    batches: draws row r of global batch k, the same whoever asks. validator: measures every `validate_every` steps
    and at the end, in every process. sketch: writes samples/step-….mid every `sample_every` steps.
    out_dir: gets the checkpoints, log.jsonl, tensorboard/, samples/ and run.json, which holds `facts`
    (configuration, hashes) beside what the loop knows itself. For several machines it must be a shared folder.
    report: gets each line of the log, in the main process. accelerator: None makes one.

    Raises TrainingError where the run diverged, or a checkpoint can't be used or written; StoppedError after Ctrl-C
    or SIGTERM, with a checkpoint; ConfigError where the processes can't do what `config` asks for, or the run was
    begun with another optimiser or seed.
    """
    ranks = Ranks(config, accelerator)
    make_folder(out_dir)
    facts = facts or {}
    check_record(out_dir, facts)
    found = checkpoint.latest(out_dir, _log.warning if ranks.is_main else lambda _: None)
    progress = checkpoint.load_weights(found, model, averaged=False) if found else Progress()
    _check_goes_on(out_dir, progress, config)
    budget = Budget(config)
    if budget.share(progress) >= 1.0:
        return progress
    learner = Learner(model, config, ranks)
    averages = Averages(learner.bare, config.ema) if config.ema else None
    if found:
        states.restore(found, learner.bare, learner.optimizers, averages)
    guard = Guard(config, progress.losses, progress.norms)
    keeper = _Keeper(out_dir, ranks, learner, averages, facts, progress if found else None)
    gauge = _Gauge(out_dir, learner.bare, averages, validator, sketch, config)
    began_s = clock() - progress.elapsed_s
    try:
        with Interrupts() as interrupts, RunLog(out_dir, progress.step, report, ranks.is_main) as log:
            keeper.record(progress, {})
            while (share := budget.share(progress)) < 1.0:
                _seed_dropout(config, progress, ranks)
                rows, time_ids = rows_at(share, config)
                batch = batches.batch(progress.step, rows, time_ids, ranks.index, ranks.count)
                learnt, notes = ranks.sum(batch.learnt, batch.notes)
                nats, limit, scale = learner.backward(batch, learnt), guard.clip, lr_scale(share, config)
                norm = learner.clip(limit)
                now_s = clock() - began_s if ranks.is_main else 0.0  # the main process' clock is everybody's
                nats, elapsed_s, asked = ranks.sum(nats, now_s, interrupts.asked)
                guard.check(progress.step + 1, nats / learnt, norm, keeper.says)
                learner.move(scale)
                step, tokens = progress.step + 1, progress.tokens + int(learnt)
                step_s = max(1e-9, elapsed_s - progress.elapsed_s)
                progress = Progress(
                    step, elapsed_s, tokens, guard.losses, guard.norms, config.optimizer, config.seed
                )
                if averages:
                    averages.update(step)
                line = {
                    "step": step,
                    "share": round(share, 5),
                    "loss": round(nats / learnt, 4),
                    "bits_per_note": round(nats / math.log(2) / max(1.0, notes), 4),
                    "tokens": tokens,
                    "tokens_s": round(learnt / step_s, 1),
                    "elapsed_s": round(elapsed_s, 1),
                    "grad_norm": round(norm, 5),
                    "clip": round(limit, 5),
                    "lr": round(scale * config.lr, 9),
                    "memory_mib": ranks.memory_mib(),
                }
                is_last = budget.share(progress) >= 1.0
                figures = gauge.measure(step, is_last)
                if figures or is_last or step % config.log_every == 0:
                    log.add(line | figures)
                if is_last or (not guard.is_spiking and (asked or keeper.is_due(progress, config))):
                    keeper.save(progress, line | figures)
                if asked:
                    raise StoppedError(
                        f"stopped at step {step:,}: {keeper.says}; the same command goes on from there"
                    )
    except OSError as error:
        raise TrainingError(
            f"{error.filename or out_dir}: can't be written ({error.strerror or error}): {keeper.says}; make room "
            "and give the same command again"
        ) from None
    return progress


def _check_goes_on(out_dir: Path, progress: Progress, config: LoopConfig) -> None:
    """One optimiser's state means nothing to another, and another seed draws other batches from the same step on."""
    for key in ("optimizer", "seed"):
        was, now = getattr(progress, key), getattr(config, key)
        if was not in (None, now):
            raise ConfigError(
                f"{out_dir}: was trained with {key} = {was!r} up to step {progress.step:,}, this is {now!r}: "
                "put it back, or give another --out"
            )


def _seed_dropout(config: LoopConfig, progress: Progress, ranks: Ranks) -> None:
    """Make what a step draws depend on the step and the process alone, not on the steps before it."""
    torch.manual_seed((config.seed * 1_000_003 + progress.step) * ranks.count + ranks.index)


@dataclass(slots=True)
class _Keeper:
    """Saves checkpoints, and knows which is the last."""

    out_dir: Path
    ranks: Ranks
    learner: Learner
    averages: Averages | None
    facts: Mapping[str, object]
    kept: Progress | None

    @property
    def says(self) -> str:
        """Where the run can go back to, for people."""
        if self.kept is None:
            return "there is no checkpoint yet"
        return f"the checkpoint of step {self.kept.step:,} is kept"

    def is_due(self, progress: Progress, config: LoopConfig) -> bool:
        """Whether it is time for the next checkpoint; the same in all processes."""
        since_s = progress.elapsed_s - (self.kept.elapsed_s if self.kept else 0.0)
        by_step = config.checkpoint_every and progress.step % config.checkpoint_every == 0
        return bool(by_step) or since_s >= config.checkpoint_s

    def record(self, progress: Progress, figures: Figures) -> None:
        """Write run.json."""
        if self.ranks.is_main:
            write_record(self.out_dir, self.facts, self.learner.bare, self.ranks, progress, figures)

    def save(self, progress: Progress, figures: Figures) -> None:
        """Write a checkpoint and run.json, all processes together."""
        files = states.gather(self.learner.bare, self.learner.optimizers, self.averages, self.ranks.is_main)
        if self.ranks.is_main:
            checkpoint.save(self.out_dir, progress, files)
        self.ranks.wait()
        self.kept = progress
        self.record(progress, figures)


@dataclass(frozen=True, slots=True)
class _Gauge:
    """Measures the model and has it play, where a step is one for that."""

    out_dir: Path
    model: torch.nn.Module
    averages: Averages | None
    validator: Measures
    sketch: Sketch | None
    config: LoopConfig

    def measure(self, step: int, is_last: bool) -> Figures:
        """The validator's figures; none where they are not due."""
        is_measured = is_last or step % self.config.validate_every == 0
        is_sketched = self.sketch and self.config.sample_every and step % self.config.sample_every == 0
        if not (is_measured or is_sketched):
            return {}
        self.model.eval()
        with self.averages.in_place() if self.averages else nullcontext():
            figures = self.validator.measure(self.model) if is_measured else {}
            if self.sketch and is_sketched:
                self.sketch(self.model, self.out_dir / "samples" / f"step-{step:07d}.mid")
        self.model.train()
        return figures
