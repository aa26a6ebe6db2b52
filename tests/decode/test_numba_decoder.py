"""What the fast decoder refuses, and that it starts fast."""

import json
import shutil
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from copilot.decode import numba_decoder
from copilot.decode.kernels import olmo2
from copilot.decode.numba_decoder import NumbaDecoder
from copilot.errors import BundleError, ParameterError, VocabularyError

from .conftest import VOCAB, WINDOW, Pair, close, random_ids


def test_the_window_can_be_filled_and_not_overfilled(grouped: Pair) -> None:
    """One token too many is refused with what to do, and leaves everything as it was."""
    decoder, ids = grouped.fast, random_ids(WINDOW)
    decoder.rebase(ids)
    with pytest.raises(ParameterError, match=f"1 tokens after {WINDOW} .* window of {WINDOW}.*flush"):
        decoder.append([1])
    assert decoder.ids == ids
    decoder.rewind(WINDOW - 1)
    assert close(decoder.append(ids[-1:]), grouped.full(ids))
    with pytest.raises(ParameterError):
        decoder.rebase([*ids, 1])
    assert decoder.ids == ids


def test_at_least_one_token(grouped: Pair) -> None:
    """Nothing has no logits."""
    with pytest.raises(ParameterError):
        grouped.fast.append([])
    with pytest.raises(ParameterError):
        grouped.fast.rebase([])


@pytest.mark.parametrize("foreign", [-1, VOCAB, 2**40])
def test_foreign_ids(grouped: Pair, foreign: int) -> None:
    """An id beyond the vocabulary would read foreign memory: it is refused, and nothing is taken in."""
    grouped.fast.rebase([1, 2])
    with pytest.raises(VocabularyError, match=f"0–{VOCAB - 1}"):
        grouped.fast.append([3, foreign])
    assert grouped.fast.ids == [1, 2]


def test_warm_up_leaves_no_trace(grouped: Pair) -> None:
    """Warming up holds nothing afterwards, touches nothing that is held, and has nothing to say once compiled."""
    decoder, said = NumbaDecoder.load(grouped.directory, WINDOW), list[str]()
    decoder.warm_up(said.append)
    assert decoder.ids == []
    assert said == []
    decoder.append([4, 5])
    decoder.warm_up(said.append)
    assert close(decoder.append([6]), grouped.full([4, 5, 6]))


def test_a_first_start_says_that_it_compiles(grouped: Pair, monkeypatch: pytest.MonkeyPatch) -> None:
    """Seconds of silence would look like a hang: lines come while the first step is still under way."""
    said, heard, advance = list[str](), threading.Event(), olmo2.advance

    def say(line: str) -> None:
        said.append(line)
        if len(said) == 3:
            heard.set()

    def first_step(*arguments: Any) -> Any:
        assert heard.wait(10)
        return advance(*arguments)

    monkeypatch.setattr(numba_decoder, "NOTICE_S", 0.0)
    monkeypatch.setattr(numba_decoder, "PROGRESS_S", 0.001)
    monkeypatch.setattr(olmo2, "advance", first_step)
    NumbaDecoder.load(grouped.directory, WINDOW).warm_up(say)
    assert "compiling the decoder, once" in said[0]
    assert "compiling the decoder: 0 s so far" in said[1]


def test_two_decoders_share_nothing(grouped: Pair) -> None:
    """A second decoder over the same model has a cache of its own."""
    other = NumbaDecoder.load(grouped.directory, WINDOW)
    grouped.fast.rebase([1, 2, 3])
    other.append([9, 9])
    assert close(grouped.fast.append([4]), grouped.full([1, 2, 3, 4]))


def test_the_same_ids_give_the_same_bits(grouped: Pair) -> None:
    """No threads, no reordered sums: a repeated run is bit for bit the same."""
    ids = random_ids(90)
    first, second = (NumbaDecoder.load(grouped.directory, WINDOW) for _ in range(2))
    assert np.array_equal(first.append(ids), second.append(ids))
    assert np.array_equal(first.append([3]), second.append([3]))


def test_the_interpreter_is_free_meanwhile(grouped: Pair) -> None:
    """The GIL is released while a prefill computes: another thread goes on."""
    seen, done = [0], threading.Event()

    def count() -> None:
        while not done.is_set():
            seen[0] += 1
            time.sleep(0)  # offers the GIL

    ids, thread = random_ids(WINDOW), threading.Thread(target=count)
    interval_s = sys.getswitchinterval()
    sys.setswitchinterval(60)  # who holds the GIL keeps it, unless it lets go
    try:
        thread.start()
        before, rounds = seen[0], 0
        while seen[0] == before and rounds < 2000:
            grouped.fast.rebase(ids)
            rounds += 1
        during = seen[0] - before
    finally:
        done.set()
        sys.setswitchinterval(interval_s)
        thread.join()
    assert during > 0


def test_loading_needs_no_torch(grouped: Pair) -> None:
    """A worker that plays by this decoder never waits for torch's import."""
    code = (
        "import sys; from pathlib import Path; from copilot.decode.numba_decoder import NumbaDecoder\n"
        f"NumbaDecoder.load(Path({str(grouped.directory)!r}), 32).append([1])\n"
        "print([name for name in ('torch', 'transformers') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.stdout.strip() == "[]", done.stderr


@pytest.mark.parametrize(
    ("key", "value", "said"),
    [
        ("model_type", "llama", "llama"),
        ("hidden_act", "gelu", "gelu"),
        ("attention_bias", True, "attention_bias"),
        ("rope_parameters", {"rope_type": "yarn", "rope_theta": 1e4}, "yarn"),
        ("num_hidden_layers", 3, "layers.2"),
        ("num_key_value_heads", 4, "shape"),
        ("num_key_value_heads", 3, "multiples"),
        ("head_dim", 12, "multiples"),
        ("head_dim", 8, "shape"),
        ("vocab_size", VOCAB + 1, "embed_tokens"),
        ("hidden_size", "wide", "str"),
    ],
)
def test_a_config_that_is_not_the_models(
    grouped: Pair, tmp_path: Path, key: str, value: Any, said: str
) -> None:
    """What can't be run, or would read beyond an array, is one clear error."""
    directory = Path(shutil.copytree(grouped.directory, tmp_path / "model"))
    config = json.loads((directory / "config.json").read_text())
    (directory / "config.json").write_text(json.dumps(config | {key: value}))
    with pytest.raises(BundleError, match=said):
        NumbaDecoder.load(directory, WINDOW)


def test_an_older_config_says_the_same(grouped: Pair, tmp_path: Path) -> None:
    """OLMo-2 was published with rope_theta and rope_scaling beside the rest, and without rope_parameters."""
    directory = Path(shutil.copytree(grouped.directory, tmp_path / "model"))
    config = json.loads((directory / "config.json").read_text())
    config |= {"rope_theta": config.pop("rope_parameters")["rope_theta"], "rope_scaling": None}
    (directory / "config.json").write_text(json.dumps(config))
    ids = random_ids(20)
    assert (NumbaDecoder.load(directory, WINDOW).append(ids) == grouped.fast.rebase(ids)).all()


def test_float16_weights_play(grouped: Pair, tmp_path: Path) -> None:
    """They are widened to float32 as they are read."""
    from transformers import Olmo2ForCausalLM

    Olmo2ForCausalLM.from_pretrained(grouped.directory).half().save_pretrained(tmp_path)
    model = Olmo2ForCausalLM.from_pretrained(tmp_path, dtype=torch.float32)
    ids = random_ids(20)
    with torch.inference_mode():
        full = model(torch.tensor([ids]), use_cache=False).logits[0, -1].numpy()
    assert close(NumbaDecoder.load(tmp_path, WINDOW).append(ids), full)


@pytest.mark.parametrize("name", ["config.json", "model.safetensors"])
@pytest.mark.parametrize("damage", ["missing", "empty", "cut", "noise"])
def test_damaged_files(grouped: Pair, tmp_path: Path, name: str, damage: str) -> None:
    """A missing, truncated or foreign file is one clear error."""
    directory = Path(shutil.copytree(grouped.directory, tmp_path / "model"))
    content = (directory / name).read_bytes()
    if damage == "missing":
        (directory / name).unlink()
    else:
        broken = {"empty": b"", "cut": content[:-9], "noise": bytes(range(255, 0, -1))}[damage]
        (directory / name).write_bytes(broken)
    with pytest.raises(BundleError, match=str(directory)):
        NumbaDecoder.load(directory, WINDOW)
