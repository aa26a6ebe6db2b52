"""What a run writes, what it takes, and how it ends before its time."""

import json
import os
import signal
from pathlib import Path
from typing import Any

import pytest
import torch
from accelerate import Accelerator
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from transformers import Olmo2ForCausalLM

from copilot.errors import ConfigError, StoppedError, TrainingError
from tests.training.loop.tiny_loop import CONFIG, Rows, losses, run, tiny_model, with_
from training.loop.learner import Learner
from training.loop.optimizers import layers_of
from training.loop.ranks import Ranks
from training.loop.runlog import RunLog
from training.loop.train import train


def gradients(**changes: Any) -> tuple[float, list[torch.Tensor]]:
    """A batch's nats and gradient."""
    config = with_(**changes)
    learner, batch = Learner(tiny_model(), config, Ranks(config)), Rows().batch(0, 3, 24)
    nats = learner.backward(batch, batch.learnt)
    return nats, [weight.grad for weight in learner.bare.parameters() if weight.grad is not None]


@pytest.mark.parametrize(
    "changes", [{"micro_windows": 0}, {"micro_windows": 2}, {"gradient_checkpointing": True}]
)
def test_how_a_batch_is_gone_through_changes_nothing(changes: dict[str, Any]) -> None:
    """All rows at once, two at a time, or recomputed to save memory: the same loss and gradient."""
    nats, expected = gradients()
    other, found = gradients(**changes)
    assert other == pytest.approx(nats, rel=1e-6)
    for one, another in zip(expected, found, strict=True):
        torch.testing.assert_close(one, another, atol=1e-6, rtol=1e-4)


def test_a_compiled_model_is_compiled_layer_by_layer() -> None:
    """All layers share one graph, and what several processes wrap around the model stays outside of it."""
    config = with_(compile=True)
    learner = Learner(tiny_model(), config, Ranks(config))
    assert all(layer._compiled_call_impl is not None for layer in layers_of(learner.bare))
    assert learner.bare._compiled_call_impl is None


def test_smoothing_changes_what_is_learnt_and_not_what_is_said(tmp_path: Path) -> None:
    """The log says nats without smoothing; with all of it, nothing is learnt of the targets."""
    plain, smooth = gradients(), gradients(label_smoothing=0.3)
    assert smooth[0] == pytest.approx(plain[0], rel=1e-6)
    assert not torch.allclose(plain[1][-1], smooth[1][-1])


def test_bf16_is_near_fp32() -> None:
    """Autocast computes the same loss to a percent."""
    assert gradients(precision="bf16")[0] == pytest.approx(gradients()[0], rel=1e-2)


@pytest.mark.parametrize(
    "changes", [{}, {"optimizer": "muon", "lr": 0.01}, {"schedule": "cosine"}, {"ema": 0.5}]
)
def test_it_learns(tmp_path: Path, changes: dict[str, Any]) -> None:
    """Rows that count upward become easier, with either optimiser and schedule."""
    run(tmp_path, with_(steps=30, **{"lr": 0.05, **changes}))
    first, *_, last = losses(tmp_path)
    assert last < 0.8 * first


def test_a_run_says_each_step_in_a_log_and_on_a_board(tmp_path: Path) -> None:
    """Loss, bits a note, ids a second, memory, gradient norm, clip and rate; run.json holds what it was made of."""
    run(tmp_path, facts={"corpus_sha256": "c0"})
    lines = [json.loads(line) for line in (tmp_path / "log.jsonl").read_text().splitlines()]
    said = {
        "loss",
        "bits_per_note",
        "tokens_s",
        "memory_mib",
        "grad_norm",
        "clip",
        "lr",
        "elapsed_s",
        "share",
    }
    assert all(said <= line.keys() for line in lines)
    assert lines[0]["grad_norm"] > 0
    board = EventAccumulator(str(tmp_path / "tensorboard")).Reload()
    assert said <= set(board.Tags()["scalars"])
    assert [event.value for event in board.Scalars("loss")] == pytest.approx([line["loss"] for line in lines])
    record = json.loads((tmp_path / "run.json").read_text())
    assert record["corpus_sha256"] == "c0"
    assert record["steps"] == 6
    assert record["figures"]["loss"] == lines[-1]["loss"]
    assert {"torch", "accelerate", "transformers"} <= record["versions"].keys()


def test_a_log_goes_on_where_its_checkpoint_was(tmp_path: Path) -> None:
    """Lines of later steps, and one that the power cut off, are forgotten."""
    with RunLog(tmp_path, 0, lambda _: None, writes=True) as log:
        for step in (1, 2, 3, 4):
            log.add({"step": step, "loss": 9.0})
    (tmp_path / "log.jsonl").write_text('{"step": 1}\n{"step": 2}\n{"step": 3}\n{"st')
    with RunLog(tmp_path, 2, lambda _: None, writes=True) as log:
        log.add({"step": 3, "loss": 1.5})
    assert (tmp_path / "log.jsonl").read_text() == '{"step": 1}\n{"step": 2}\n{"step": 3, "loss": 1.5}\n'
    board = EventAccumulator(str(tmp_path / "tensorboard")).Reload()
    assert [(event.step, event.value) for event in board.Scalars("loss")] == [(1, 9.0), (2, 9.0), (3, 1.5)]


def test_measures_and_sketches_come_when_they_are_due(tmp_path: Path) -> None:
    """The validator every so many steps and at the end, of the averages; the sketch into samples/."""
    seen: list[tuple[bool, float]] = []

    class Validator:
        def measure(self, model: Olmo2ForCausalLM) -> dict[str, float]:
            seen.append((model.training, float(model.lm_head.weight.detach().norm())))
            return {"val_nats": 1.0}

    def sketch(model: torch.nn.Module, path: Path) -> None:
        path.parent.mkdir(exist_ok=True)
        path.write_text("")

    model = tiny_model()
    config = with_(validate_every=4, sample_every=3, ema=0.99, lr=0.05)
    train(model, Rows(), Validator(), config, tmp_path, lambda _: None, sketch=sketch)
    lines = [json.loads(line) for line in (tmp_path / "log.jsonl").read_text().splitlines()]
    assert [line["step"] for line in lines if "val_nats" in line] == [4, 6]
    assert [path.name for path in sorted((tmp_path / "samples").iterdir())] == [
        "step-0000003.mid", "step-0000006.mid",
    ]  # fmt: skip
    assert not any(training for training, _ in seen)
    assert model.training
    assert seen[-1][1] != pytest.approx(float(model.lm_head.weight.detach().norm()), abs=1e-6)


def test_a_run_that_diverges_keeps_its_last_good_checkpoint(tmp_path: Path) -> None:
    """A rate that is far too high ends in one line, exit status 2, and what was good is still there."""
    run(tmp_path, with_(steps=3))
    config = with_(steps=400, lr=1e4, warmup_share=0.0, spike_patience=5, checkpoint_every=1)
    with pytest.raises(TrainingError, match=r"diverged.*is kept: lower lr") as caught:
        run(tmp_path, config)
    assert "\n" not in str(caught.value)
    kept = sorted(tmp_path.glob("step-*"))
    assert kept
    stopped = max(json.loads(line)["step"] for line in (tmp_path / "log.jsonl").read_text().splitlines())
    assert int(kept[-1].name[5:]) <= stopped


def test_no_number_is_ever_saved(tmp_path: Path) -> None:
    """Weights that became nan before a step was learnt from stop the run before they are written."""
    model = tiny_model()
    with torch.no_grad():
        model.lm_head.weight[0, 0] = torch.nan
    with pytest.raises(TrainingError, match=r"step 1: the loss is nan .* there is no checkpoint yet"):
        run(tmp_path, model=model)
    assert not list(tmp_path.glob("step-*"))


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_asked_to_stop_it_ends_at_the_next_step_with_a_checkpoint(tmp_path: Path, number: int) -> None:
    """Ctrl-C and SIGTERM: nothing is lost, and the same command ends as if nothing had been."""

    def report(line: dict[str, float]) -> None:
        if line["step"] == 3:
            os.kill(os.getpid(), number)

    class Nothing:
        def measure(self, model: object) -> dict[str, float]:
            return {}

    before = signal.getsignal(number)
    with pytest.raises(StoppedError, match=r"stopped at step 4: the checkpoint of step 4 is kept"):
        train(tiny_model(), Rows(), Nothing(), CONFIG, tmp_path, report)
    assert signal.getsignal(number) is before
    run(tmp_path)
    run(tmp_path / "straight")
    assert losses(tmp_path) == losses(tmp_path / "straight")


def test_processes_that_did_not_find_each_other_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two lone runs must not write into one folder."""
    monkeypatch.setenv("WORLD_SIZE", "2")
    with pytest.raises(ConfigError, match="2 processes were started and 1 of them"):
        Ranks(CONFIG, Accelerator(cpu=True))
