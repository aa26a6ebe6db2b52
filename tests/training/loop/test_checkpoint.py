"""Checkpoints are whole or not there, and only safetensors and JSON."""

import json
import resource
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file
from transformers import Olmo2ForCausalLM

from copilot.errors import ConfigError, TrainingError
from tests.training.loop.tiny_loop import CONFIG, KilledError, losses, run, tiny_model, with_
from training.loop import checkpoint, states
from training.loop.optimizers import make_optimizers

EVERY = with_(checkpoint_every=2)


def weights(out_dir: Path) -> dict[str, torch.Tensor]:
    folder = checkpoint.latest(out_dir)
    assert folder is not None
    return {name: tensor.clone() for name, tensor in load_file(folder / "weights.safetensors").items()}


def test_the_two_newest_are_kept_and_hold_only_tensors_and_json(tmp_path: Path) -> None:
    """No pickle is ever written, and each file has its hash."""
    run(tmp_path, EVERY)
    folders = sorted(tmp_path.glob("step-*"))
    assert [folder.name for folder in folders] == ["step-0000004", "step-0000006"]
    files = {path.name for path in folders[-1].iterdir()}
    assert files == {"weights.safetensors", "optimizer.safetensors", "progress.json", "sha256.json"}
    assert json.loads((folders[-1] / "sha256.json").read_text()).keys() == files - {"sha256.json"}


@pytest.mark.parametrize("optimizer", ["muon", "adamw"])
def test_a_killed_run_ends_as_an_undisturbed_one(tmp_path: Path, optimizer: str) -> None:
    """Weights and averages are equal bit for bit, and the log has each step once."""
    config = with_(optimizer=optimizer, ema=0.9, steps=12, checkpoint_every=4)
    run(tmp_path / "straight", config)
    for killed_at in (5, 11):
        with pytest.raises(KilledError):
            run(tmp_path / "killed", config, killed_at=killed_at)
    run(tmp_path / "killed", config)
    for name in ("weights", "averages", "optimizer"):
        straight, killed = (
            load_file(tmp_path / way / "step-0000012" / f"{name}.safetensors")
            for way in ("straight", "killed")
        )
        assert straight.keys() == killed.keys()
        assert all(torch.equal(straight[key], killed[key]) for key in straight)
    assert losses(tmp_path / "killed") == losses(tmp_path / "straight")


@pytest.mark.parametrize("harm", ["cut", "missing", "flipped", "no hashes"])
def test_a_damaged_checkpoint_is_said_and_the_older_used(
    tmp_path: Path, harm: str, caplog: pytest.LogCaptureFixture
) -> None:
    """Cut off, gone or altered: one line, and the run ends as it would have."""
    run(tmp_path, EVERY)
    whole = weights(tmp_path)
    file = tmp_path / "step-0000006" / ("sha256.json" if harm == "no hashes" else "weights.safetensors")
    data = bytearray(file.read_bytes())
    data[-1] ^= 1
    if harm in ("missing", "no hashes"):
        file.unlink()
    else:
        file.write_bytes(data[: len(data) // 2] if harm == "cut" else data)
    run(tmp_path, EVERY)
    assert [record.message.count("\n") for record in caplog.records] == [0]
    assert "step-0000006 is damaged" in caplog.text
    assert "going on from step-0000004" in caplog.text
    again = weights(tmp_path)
    assert all(torch.equal(whole[name], again[name]) for name in whole)


def test_one_that_was_being_written_is_said_and_the_older_used(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """What the power left half-written stands beside, and goes with the next checkpoint."""
    run(tmp_path, EVERY)
    (tmp_path / "step-0000006").rename(tmp_path / ".step-0000006.part")
    run(tmp_path, EVERY)
    assert "step-0000006 was being written when the run ended: going on from step-0000004" in caplog.text
    assert not list(tmp_path.glob(".step-*"))


def test_where_none_is_whole_the_run_does_not_start_over(tmp_path: Path) -> None:
    """Hours of training are not thrown away without a word."""
    run(tmp_path, EVERY)
    for folder in tmp_path.glob("step-*"):
        (folder / "weights.safetensors").unlink()
    with pytest.raises(TrainingError, match=r"no checkpoint is whole .*: remove them to start anew"):
        run(tmp_path, EVERY)


@pytest.mark.parametrize("name", ["pytorch_model.bin", "weights.safetensors"])
def test_a_pickle_is_refused(tmp_path: Path, name: str) -> None:
    """By its name or by its first bytes, whatever it is called."""
    run(tmp_path, EVERY)
    torch.save({"a": torch.zeros(1)}, tmp_path / "step-0000006" / name)
    with pytest.raises(TrainingError, match="is a pickle, which can run code when it is read"):
        run(tmp_path, EVERY)


def test_a_full_disk_is_one_line_and_the_checkpoint_before_it_stays(tmp_path: Path) -> None:
    """Nothing half-written is left, and the same command goes on when there is room."""
    with pytest.raises(KilledError):
        run(tmp_path, EVERY, killed_at=3)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, hard))  # the weights alone are more
    try:
        with pytest.raises(
            TrainingError, match=r"can't be written \(.+\): the checkpoint before it is kept"
        ) as caught:
            run(tmp_path, EVERY)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert "\n" not in str(caught.value)
    assert [path.name for path in tmp_path.iterdir() if "step" in path.name] == ["step-0000002"]
    assert run(tmp_path, EVERY).step == 6


def test_a_full_disk_before_any_checkpoint_says_that_there_is_none(tmp_path: Path) -> None:
    """Nobody looks for a checkpoint that was never written."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, hard))
    try:
        with pytest.raises(
            TrainingError, match=r"can't be written \(.+\): there is no checkpoint yet; make room"
        ):
            run(tmp_path, EVERY)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@pytest.mark.parametrize("changes", [{"optimizer": "muon"}, {"seed": 4}])
def test_another_optimiser_or_seed_is_one_line(tmp_path: Path, changes: dict[str, object]) -> None:
    """A run goes on with those that it was trained with; nothing of it changes, and it then goes on."""
    with pytest.raises(KilledError):
        run(tmp_path, EVERY, killed_at=3)
    before = sorted(path.name for path in tmp_path.iterdir())
    with pytest.raises(
        ConfigError, match=r"was trained with (optimizer|seed) = .* up to step 2, .*put it back"
    ) as caught:
        run(tmp_path, with_(EVERY, **changes))
    assert "\n" not in str(caught.value)
    assert sorted(path.name for path in tmp_path.iterdir()) == before
    assert run(tmp_path, EVERY).step == 6


@pytest.mark.parametrize(("was", "now"), [("adamw", "muon"), ("muon", "adamw")])
def test_another_optimisers_state_is_one_line(tmp_path: Path, was: str, now: str) -> None:
    """A checkpoint that does not say its optimiser is told by what it holds of it."""
    run(tmp_path, with_(EVERY, optimizer=was))
    model = tiny_model()
    optimizers = make_optimizers(model, with_(EVERY, optimizer=now))
    with pytest.raises(TrainingError, match="holds the state of another optimizer: put back"):
        states.restore(tmp_path / "step-0000006", model, optimizers, None)


def test_a_disk_too_full_for_a_log_line_is_one_line_too(tmp_path: Path) -> None:
    """Whatever it is that can't be written, there is no traceback."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (2_000, hard))
    try:
        with pytest.raises(TrainingError, match=r"can't be written \(.+\).*make room") as caught:
            run(tmp_path, with_(steps=60))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert "\n" not in str(caught.value)


def test_a_damaged_checkpoint_goes_when_the_run_has_gone_on(tmp_path: Path) -> None:
    """It takes no whole one's place among the two that are kept."""
    run(tmp_path, EVERY)
    (tmp_path / "step-0000006" / "weights.safetensors").unlink()
    with pytest.raises(KilledError):
        run(tmp_path, with_(checkpoint_every=1), killed_at=5)
    assert [path.name for path in sorted(tmp_path.glob("step-*"))] == ["step-0000004", "step-0000005"]


def test_a_finished_run_is_left_as_it_is(tmp_path: Path) -> None:
    """The same command once more trains nothing and writes nothing."""
    run(tmp_path)
    before = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")}
    assert run(tmp_path).step == 6
    assert before == {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")}


def test_another_vocabulary_or_model_is_one_line(tmp_path: Path) -> None:
    """A checkpoint that doesn't fit is said with both shapes."""
    run(tmp_path)
    model = tiny_model()
    model.resize_token_embeddings(40)
    with pytest.raises(TrainingError, match="is 32 × 16 there and 40 × 16 here"):
        run(tmp_path, model=model)
    with pytest.raises(TrainingError, match="begun with another tokenizer"):
        run(tmp_path / "b", facts={"vocabulary_sha256": "a"})
        run(tmp_path / "b", facts={"vocabulary_sha256": "b"})


def test_frozen_weights_are_neither_moved_nor_kept(tmp_path: Path) -> None:
    """Only what is trained is in a checkpoint, and it goes on from there."""

    def model() -> torch.nn.Module:
        made = tiny_model()
        made.requires_grad_(False)
        made.lm_head.requires_grad_(True)
        return made

    with pytest.raises(KilledError):
        run(tmp_path, EVERY, model(), killed_at=5)
    trained = model()
    run(tmp_path, EVERY, trained)
    assert weights(tmp_path).keys() == {"lm_head.weight"}
    before = tiny_model().state_dict()
    changed = [name for name, weight in trained.state_dict().items() if not torch.equal(weight, before[name])]
    assert changed == ["lm_head.weight"]


def test_tied_matrices_are_kept_once(tmp_path: Path) -> None:
    """An output matrix that is the embedding is one weight, and comes back as one."""
    from training.config import ModelConfig
    from training.model.network import build_model

    def model() -> Olmo2ForCausalLM:
        shape = ModelConfig(hidden=16, layers=1, heads=2, kv_heads=1, intermediate=32, tied=True)
        return build_model(shape, 32, 0, 24, 0)

    run(tmp_path, CONFIG, model())
    again = model()
    checkpoint.load_weights(tmp_path / "step-0000006", again)
    assert "lm_head.weight" not in weights(tmp_path)
    assert torch.equal(again.lm_head.weight, weights(tmp_path)["model.embed_tokens.weight"])


def test_averages_are_what_is_loaded_to_be_exported(tmp_path: Path) -> None:
    """`load_weights` takes the averages unless it is told not to, and they lag behind the weights."""
    run(tmp_path, with_(ema=0.9))
    averaged, last = tiny_model(), tiny_model()
    checkpoint.load_weights(tmp_path / "step-0000006", averaged)
    checkpoint.load_weights(tmp_path / "step-0000006", last, averaged=False)
    start = tiny_model().lm_head.weight
    moved = (last.lm_head.weight - start).norm()
    assert 0 < (averaged.lm_head.weight - start).norm() < moved
