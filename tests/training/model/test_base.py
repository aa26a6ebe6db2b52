"""What a model may begin with, and the one line for what it may not."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from copilot.errors import ConfigError
from training.model.base import UNKNOWN_LICENSE, find_base, load_olmo2

from .olmo2 import ENGLISH, write_olmo2


@pytest.fixture
def olmo2(tmp_path: Path) -> Path:
    return write_olmo2(tmp_path / "OLMo-2-small")


def change_config(directory: Path, **values: object) -> None:
    file = directory / "config.json"
    file.write_text(json.dumps(json.loads(file.read_text()) | values))


def test_a_folder_is_found_with_its_name_and_licence(olmo2: Path) -> None:
    """The licence stands in the model card; a folder has no commit of the hub's."""
    base = find_base(str(olmo2))
    assert (base.directory, base.name, base.license, base.revision) == (
        olmo2,
        "OLMo-2-small",
        "apache-2.0",
        "",
    )


def test_the_licence_can_be_given_and_is_never_made_up(olmo2: Path) -> None:
    """What the user says wins; without a card and a word of theirs it is unknown."""
    assert find_base(str(olmo2), "MIT").license == "MIT"
    (olmo2 / "README.md").unlink()
    assert find_base(str(olmo2)).license == UNKNOWN_LICENSE


def test_it_loads_as_transformers_wrote_it(olmo2: Path) -> None:
    """The same weights, in the width asked for, and ready to train."""
    model = load_olmo2(olmo2, torch.bfloat16)
    saved = load_file(olmo2 / "model.safetensors")
    assert model.training
    assert all(torch.equal(weight, saved[name].bfloat16()) for name, weight in model.state_dict().items())


def test_shards_load_as_one(tmp_path: Path, olmo2: Path) -> None:
    """Big models come in several files and an index."""
    model = load_olmo2(olmo2, torch.float32)
    model.save_pretrained(tmp_path / "shards", max_shard_size="50KB")
    assert not (tmp_path / "shards" / "model.safetensors").exists()
    again = load_olmo2(find_base(str(tmp_path / "shards")).directory, torch.float32)
    assert all(torch.equal(weight, again.state_dict()[name]) for name, weight in model.state_dict().items())


def spoil_nothing_there(directory: Path) -> None:
    for path in directory.iterdir():
        path.unlink()


def spoil_pickle(directory: Path) -> None:
    (directory / "model.safetensors").rename(directory / "pytorch_model.bin")


def spoil_no_weights(directory: Path) -> None:
    (directory / "model.safetensors").unlink()


def spoil_other_model(directory: Path) -> None:
    change_config(directory, model_type="llama")


def spoil_remote_code(directory: Path) -> None:
    change_config(directory, auto_map={"AutoModelForCausalLM": "evil.Model"})


def spoil_rope(directory: Path) -> None:
    change_config(directory, rope_parameters={"rope_type": "yarn", "rope_theta": 500_000.0, "factor": 4.0})


def spoil_bias(directory: Path) -> None:
    change_config(directory, attention_bias=True)


def spoil_json(directory: Path) -> None:
    (directory / "config.json").write_text("{")


def spoil_cut_off(directory: Path) -> None:
    file = directory / "model.safetensors"
    file.write_bytes(file.read_bytes()[:-1000])


def spoil_lacking(directory: Path) -> None:
    tensors = load_file(directory / "model.safetensors")
    del tensors["model.layers.1.mlp.up_proj.weight"]
    save_file(tensors, directory / "model.safetensors", {"format": "pt"})


def spoil_shape(directory: Path) -> None:
    tensors = load_file(directory / "model.safetensors")
    tensors["lm_head.weight"] = torch.zeros(ENGLISH + 1, 64)
    save_file(tensors, directory / "model.safetensors", {"format": "pt"})


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (spoil_nothing_there, "has no readable config.json"),
        (spoil_pickle, "has only pytorch_model.bin, a pickle, .* convert it to model.safetensors"),
        (spoil_no_weights, "has no model.safetensors: download the weights too"),
        (spoil_other_model, "is a 'llama' model, only 'olmo2' can be played"),
        (spoil_remote_code, "asks for code of its own .*: remove it"),
        (spoil_rope, "'rope_type': 'yarn'.* can't be played"),
        (spoil_bias, "'attention_bias': True.* can't be played"),
        (spoil_json, "config.json is no JSON"),
        (spoil_cut_off, "can't be loaded .*: download it again"),
        (spoil_lacking, "disagree on model.layers.1.mlp.up_proj.weight"),
        (spoil_shape, "can't be loaded|disagree on lm_head.weight"),
    ],
)
def test_what_is_no_whole_olmo2_in_safetensors_is_one_line(spoil, said: str, olmo2: Path) -> None:
    """What was got and what to do, before any training."""
    spoil(olmo2)
    with pytest.raises(ConfigError, match=said) as caught:
        load_olmo2(find_base(str(olmo2)).directory, torch.float32)
    assert "\n" not in str(caught.value)


def test_a_folder_that_is_not_there_is_not_looked_for_on_the_hub() -> None:
    """A path with more or less than one slash is no model's name."""
    for spec in ("models/olmo/1b", "/no/where", "./olmo"):
        with pytest.raises(ConfigError, match="there is no such folder"):
            find_base(spec)


def test_a_hub_that_can_not_be_reached_is_one_line(tmp_path: Path) -> None:
    """It says to download the model elsewhere and give the folder; in a process of its own, as the hub's client
    reads its settings when it is imported."""
    code = (
        "from training.model.base import find_base\nfrom copilot.errors import ConfigError\n"
        "try: find_base('allenai/OLMo-2-0425-1B')\nexcept ConfigError as error: print(error)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={"HF_HUB_OFFLINE": "1", "HF_HOME": str(tmp_path), "PYTHONPATH": ":".join(sys.path)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert "can't be had from the hub" in done.stdout
    assert "give the folder" in done.stdout
    assert done.stdout.count("\n") == 1


def test_a_model_in_the_hubs_cache_needs_no_network(tmp_path: Path, olmo2: Path) -> None:
    """Its folder is the cache's, and the commit is what the bundle will record."""
    commit = "0123456789abcdef0123456789abcdef01234567"
    cached = tmp_path / "hub" / "models--someone--OLMo-2-small"
    (cached / "refs").mkdir(parents=True)
    (cached / "refs" / "main").write_text(commit)
    (cached / "snapshots").mkdir()
    olmo2.rename(cached / "snapshots" / commit)
    code = (
        "from training.model.base import find_base\nbase = find_base('someone/OLMo-2-small')\n"
        "print(base.directory, base.name, base.license, base.revision)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={"HF_HUB_OFFLINE": "1", "HF_HOME": str(tmp_path), "PYTHONPATH": ":".join(sys.path)},
        capture_output=True,
        text=True,
        check=False,
    )
    directory = cached / "snapshots" / commit
    assert done.stdout == f"{directory} someone/OLMo-2-small apache-2.0 {commit}\n", done.stderr
