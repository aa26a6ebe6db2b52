"""Both phases over somebody's OLMo-2, up to a bundle that plays; and what of it is refused."""

import contextlib
import errno
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
import numpy as np
import pytest
import torch
from click.testing import CliRunner
from safetensors.torch import load_file
from transformers import Olmo2ForCausalLM

from copilot.decode.numba_decoder import NumbaDecoder
from copilot.errors import BundleError, ConfigError
from copilot.model.bundle import Bundle
from tests.training.kills import lines, run_with_kills
from training import stages
from training.bundle import export
from training.bundle.export import Origin, export_bundle, merge_bundle
from training.cli import cli
from training.config import FinetuneConfig, LoraConfig, TrainingConfig
from training.loop import checkpoint
from training.model.finetune import read_adapters
from training.model.start import begin
from training.places import Places
from training.stages import load_vocabulary, make_tokenizer, run_finetuning, run_pretraining

from .olmo2 import write_olmo2

WINDOW = 128
STEPS = 36


def silent(_: object) -> None:
    """Report nothing."""


@pytest.fixture
def config(tiny_config: TrainingConfig) -> TrainingConfig:
    """Both phases, from scratch unless a test gives a base, on a window that the copilot takes."""
    replace = msgspec.structs.replace
    return replace(
        tiny_config,
        corpus=replace(tiny_config.corpus, weights={"styles.blues": 1.0}),
        pretrain=replace(tiny_config.pretrain, steps=2, window=WINDOW),
        finetune=FinetuneConfig(
            seed=3, steps=3, window=WINDOW, batch_windows=2, validation_windows=2, threads=1, lr=0.01
        ),
        lora=LoraConfig(rank=4, dropout=0.1),
    )


@pytest.fixture
def new_run(tmp_path: Path, blues_corpus: Path, config: TrainingConfig) -> Callable[[str], Places]:
    """Makes a run with a corpus and a tokenizer."""

    def make(name: str) -> Places:
        places = Places(tmp_path / name)
        shutil.copytree(blues_corpus, places.corpus)
        make_tokenizer(config, places)
        return places

    return make


@pytest.fixture
def places(new_run: Callable[[str], Places]) -> Places:
    return new_run("run")


def with_lora(config: TrainingConfig, **changes: object) -> TrainingConfig:
    return msgspec.structs.replace(config, lora=msgspec.structs.replace(config.lora, **changes))


def with_model(config: TrainingConfig, **changes: object) -> TrainingConfig:
    return msgspec.structs.replace(config, model=msgspec.structs.replace(config.model, **changes))


def with_steps(config: TrainingConfig, steps: int) -> TrainingConfig:
    assert config.finetune is not None
    return msgspec.structs.replace(config, finetune=msgspec.structs.replace(config.finetune, steps=steps))


def trained(run: Path) -> dict[str, torch.Tensor]:
    newest = checkpoint.latest(run)
    assert newest is not None
    return load_file(newest / checkpoint.WEIGHTS)


@pytest.mark.parametrize("tied", [False, True])
def test_an_olmo2_becomes_a_bundle_that_plays(
    tied: bool, tmp_path: Path, collections: Path, config: TrainingConfig, to_toml
) -> None:
    """`all` over a base: its words are replaced, phase 1 aligns them, phase 2 adapts it, and the copilot jams.

    The bundle says whose weights it stands on, and its decoder gives the logits that transformers gives.
    """
    base = write_olmo2(tmp_path / "OLMo-2-small", tied=tied)
    toml = to_toml(with_model(config, train="vocabulary"), tmp_path / "tiny.toml")
    arguments = ["all", "--config", str(toml), "--data", str(collections), "--out", str(tmp_path / "run")]
    result = CliRunner().invoke(cli, [*arguments, "--base", str(base)], catch_exceptions=False)
    assert result.exit_code == 0, result.output

    phase_1 = trained(tmp_path / "run" / "pretrain")
    assert phase_1.keys() == {"model.embed_tokens.weight"} | (set() if tied else {"lm_head.weight"})
    bundle = Bundle.open(tmp_path / "run" / "bundle")
    how = bundle.manifest.training
    assert (how["base"], how["base_license"], how["license"]) == ("OLMo-2-small", *["apache-2.0"] * 2)
    assert how["adapters"]["rank"] == 4
    assert how["merge"]["folded"] < 1e-5
    assert [(s.name, s.license, s.synthetic) for s in bundle.manifest.sources] == [
        ("styles.blues", "Apache-2.0", True)
    ]
    model = bundle.load_model()
    assert (model.lm_head.weight is model.model.embed_tokens.weight) == tied
    rope = model.config.rope_parameters
    assert rope is not None and rope["rope_theta"] == 500_000.0
    ids = list(range(5, 65))
    ours = NumbaDecoder.load(bundle.path, WINDOW).append(ids)
    with torch.inference_mode():
        theirs = model(torch.tensor([ids])).logits[0, -1].numpy()
    assert np.abs(ours - theirs).max() <= 1e-4 * np.abs(theirs).max()


def test_the_frozen_base_stays_what_it_was(places: Places, config: TrainingConfig, tmp_path: Path) -> None:
    """Phase 2 stands on a copy with the base's own weights; checkpoints hold adapters, embedding and head only."""
    base = write_olmo2(tmp_path / "base")
    config = with_lora(config, base=str(base))
    run_finetuning(config, places, silent)
    before, kept = (load_file(folder / "model.safetensors") for folder in (base, places.finetune / "base"))
    same = {name for name in before if torch.equal(before[name].bfloat16(), kept[name])}
    assert before.keys() - same == {"model.embed_tokens.weight", "lm_head.weight"}
    assert all("lora_" in name or "modules_to_save" in name for name in trained(places.finetune))


@pytest.mark.fault
def test_killed_at_random_moments_it_ends_with_the_weights_of_an_undisturbed_run(
    new_run: Callable[[str], Places], config: TrainingConfig, tmp_path: Path, to_toml
) -> None:
    """SIGKILL whenever it falls, with dropout and recomputed activations, and the same command again."""
    assert config.finetune is not None
    config = msgspec.structs.replace(
        config,
        finetune=msgspec.structs.replace(
            config.finetune, steps=STEPS, window=64, checkpoint_every=3, checkpoint_s=1e9, validate_every=1000,
            sample_every=0, seed=5, gradient_checkpointing=True,
        ),
    )  # fmt: skip
    config = with_lora(config, base=str(write_olmo2(tmp_path / "base")))
    killed, undisturbed = new_run("killed"), new_run("undisturbed")
    toml = to_toml(config, tmp_path / "config.toml")
    arguments = ["finetune", f"--config={toml}", f"--out={killed.out_dir}"]
    run_with_kills(
        arguments, killed.finetune, STEPS, within_s=0.03
    )  # anywhere in a step, which takes as long
    run_finetuning(config, undisturbed, silent)
    again, straight = trained(killed.finetune), trained(undisturbed.finetune)
    assert again.keys() == straight.keys()
    assert all(torch.equal(again[name], straight[name]) for name in straight)
    assert lines(killed.finetune) == STEPS


def test_phase_2_stands_on_phase_1_as_it_was(places: Places, config: TrainingConfig) -> None:
    """A phase 1 that goes on meanwhile does not move the base under the adapters."""
    run_pretraining(config, places, silent)
    run_finetuning(with_steps(config, 1), places, silent)
    kept = (places.finetune / "base" / "model.safetensors").read_bytes()
    longer = msgspec.structs.replace(config, pretrain=msgspec.structs.replace(config.pretrain, steps=3))
    run_pretraining(longer, places, silent)
    run_finetuning(config, places, silent)
    assert (places.finetune / "base" / "model.safetensors").read_bytes() == kept
    record = read_adapters(places)
    assert record is not None
    assert record.base is None


def test_another_run_and_a_bundle_are_bases_and_bring_their_words(
    places: Places, new_run: Callable[[str], Places], config: TrainingConfig
) -> None:
    """A run without a tokenizer takes the base's; what was learnt goes on from there."""
    run_pretraining(config, places, silent)
    bundle = export_bundle(Origin(config, "tiny.toml", places, places.bundle))
    for number, base in enumerate((places.out_dir, bundle)):
        run = new_run(f"tuned{number}")
        (run.tokenizer / "tokenizer.json").unlink()
        run_finetuning(with_lora(config, base=str(base)), run, silent)
        assert load_vocabulary(run).sha256 == load_vocabulary(places).sha256
        record = read_adapters(run)
        assert record is not None
        assert [source.name for source in record.heard] == ["styles.blues"]
        phase_1 = trained(places.run)["lm_head.weight"].bfloat16()
        assert torch.equal(load_file(run.finetune / "base" / "model.safetensors")["lm_head.weight"], phase_1)


def test_all_over_a_bundle_takes_its_words(
    places: Places, config: TrainingConfig, tmp_path: Path, collections: Path, to_toml
) -> None:
    """`all --base BUNDLE` learns no tokenizer of its own, the second time neither, and the bundle says its base."""
    run_pretraining(config, places, silent)
    bundle = export_bundle(Origin(config, "tiny.toml", places, places.bundle))
    new = Places(tmp_path / "new")
    other = msgspec.structs.replace(
        config, finetune=None, tokenizer=msgspec.structs.replace(config.tokenizer, sizes=(1100,))
    )
    toml = to_toml(other, tmp_path / "other.toml")
    arguments = ["all", "--config", str(toml), "--data", str(collections), "--out", str(new.out_dir)]
    for _ in range(2):
        done = CliRunner().invoke(cli, [*arguments, "--base", str(bundle)], catch_exceptions=False)
        assert f"tokenizer: that of the base {bundle}" in done.output
    assert load_vocabulary(new).sha256 == load_vocabulary(places).sha256
    assert Bundle.open(new.bundle).manifest.training["base"] == config.export.name


def other_words(run: Places, config: TrainingConfig) -> None:
    """Another tokenizer in the place of the run's, where the command refuses to put it."""
    larger = msgspec.structs.replace(config.tokenizer, sizes=(1100,), max_ids_per_word=1.0)
    make_tokenizer(msgspec.structs.replace(config, tokenizer=larger), run, to=run.out_dir / "other")
    shutil.copytree(run.out_dir / "other", run.tokenizer, dirs_exist_ok=True)


def test_words_that_do_not_fit_are_one_line(
    places: Places, new_run: Callable[[str], Places], config: TrainingConfig
) -> None:
    """Of a bundle, of a run, of this run's own checkpoints: both sizes are named, and what to do."""
    run_pretraining(config, places, silent)
    bundle = export_bundle(Origin(config, "tiny.toml", places, places.bundle))
    stranger = new_run("stranger")
    other_words(stranger, config)
    said = r"vocabulary of 1,\d\d\d ids"
    for base in (bundle, places.out_dir):
        with pytest.raises(ConfigError, match=said):
            run_finetuning(with_lora(config, base=str(base)), stranger, silent)
    run_finetuning(config, places, silent)
    other_words(places, config)
    for stage in (run_pretraining, run_finetuning):
        with pytest.raises(ConfigError, match=said) as caught:
            stage(config, places, silent)
        assert "\n" not in str(caught.value)
    with pytest.raises(ConfigError, match=said):
        merge_bundle(Origin(config, "tiny.toml", places, places.bundle))


def test_a_run_goes_on_with_its_own_settings_only(
    places: Places, config: TrainingConfig, tmp_path: Path
) -> None:
    """Another shape, base or rank would make another model of the same checkpoints."""
    run_pretraining(config, places, silent)
    with pytest.raises(ConfigError, match="was begun with seed 1, this is 9: put it back"):
        run_pretraining(
            msgspec.structs.replace(config, pretrain=msgspec.structs.replace(config.pretrain, seed=9)),
            places,
            silent,
        )
    with pytest.raises(ConfigError, match="was begun with model layers = 2, this is 3: put it back"):
        run_pretraining(with_model(config, layers=3), places, silent)
    run_finetuning(config, places, silent)
    with pytest.raises(ConfigError, match="was begun with adapters rank = 4, this is 8: put it back"):
        run_finetuning(with_lora(config, rank=8), places, silent)
    with pytest.raises(ConfigError, match="was begun with adapters base = ''"):
        run_finetuning(with_lora(config, base=str(write_olmo2(tmp_path / "base"))), places, silent)


def test_a_run_is_not_begun_on_what_can_not_be_had(
    places: Places, config: TrainingConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without a GPU for 4 bits the line comes first, and the same run can then begin with 16."""
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    run_pretraining(config, places, silent)
    with pytest.raises(ConfigError, match="needs an NVIDIA GPU"):
        run_finetuning(with_lora(config, quantize="4bit"), places, silent)
    assert run_finetuning(config, places, silent).step == 3


def test_a_window_longer_than_the_base_was_made_for_is_one_line(
    places: Places, config: TrainingConfig, tmp_path: Path
) -> None:
    """Beyond its positions a rotary embedding means nothing."""
    base = str(write_olmo2(tmp_path / "base"))
    assert config.finetune is not None
    long = msgspec.structs.replace(
        config,
        pretrain=msgspec.structs.replace(config.pretrain, window=512),
        finetune=msgspec.structs.replace(config.finetune, window=512),
    )
    with pytest.raises(ConfigError, match=r"made for 256 tokens, \[pretrain\] window is 512: set it to 256"):
        run_pretraining(with_model(long, base=base), places, silent)
    with pytest.raises(ConfigError, match=r"made for 256 tokens, \[finetune\] window is 512: set it to 256"):
        run_finetuning(with_lora(long, base=base), places, silent)


def test_a_disk_too_full_for_the_base_is_one_line(
    places: Places, config: TrainingConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing half-written stays, and the same command begins again."""

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    run_pretraining(config, places, silent)
    with monkeypatch.context() as patched:
        patched.setattr(Olmo2ForCausalLM, "save_pretrained", full)
        with pytest.raises(ConfigError, match=r"base: can't be written .*No space left.*: make room"):
            run_finetuning(config, places, silent)
    assert list(places.finetune.iterdir()) == []
    assert run_finetuning(config, places, silent).step == 3


def test_a_run_that_goes_on_writes_no_record_again(places: Places, config: TrainingConfig) -> None:
    """What the first process wrote is what the others find: they write nothing in its place."""
    vocab = load_vocabulary(places)
    begin(config.model, config.pretrain, vocab, places)
    before = (places.run / "model.json").stat()
    begin(config.model, config.pretrain, vocab, places)
    assert (places.run / "model.json").stat() == before
    assert [path.name for path in places.run.iterdir()] == ["model.json"]


def test_words_are_taken_by_one_process_at_a_time(
    places: Places, new_run: Callable[[str], Places], config: TrainingConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both stages take the base's tokenizer while the others wait for the first process."""
    inside: list[bool] = []
    taken: list[bool] = []

    @contextlib.contextmanager
    def first() -> Iterator[None]:
        inside.append(True)
        yield
        inside.clear()

    monkeypatch.setattr(stages, "_main_process_first", first)
    monkeypatch.setattr(stages, "adopt_tokenizer", lambda *_: taken.append(bool(inside)))
    run_pretraining(config, places, silent)
    run_finetuning(with_steps(config, 1), places, silent)
    assert taken == [True, True]


def test_records_that_can_not_be_written_are_one_line(
    places: Places, config: TrainingConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A disk that is full when a run begins; the same command begins again."""

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(os, "fdopen", full)
        with pytest.raises(ConfigError, match=r"model\.json: can't be written \(No space left .*: make room"):
            run_pretraining(config, places, silent)
    assert list(places.run.iterdir()) == []


@pytest.mark.parametrize("text", ["", '{"version": "1.0", "trunc'])
def test_a_tokenizer_that_was_cut_off_is_one_line(text: str, places: Places) -> None:
    """It says which file, and what makes it anew."""
    (places.tokenizer / "tokenizer.json").write_text(text)
    with pytest.raises(
        ConfigError, match=r"tokenizer\.json is not what it should be .*run `copilot-train tokenizer`"
    ) as caught:
        load_vocabulary(places)
    assert "\n" not in str(caught.value)


def test_stages_out_of_turn_say_which_to_run(places: Places, config: TrainingConfig) -> None:
    """One line with the command or the table that is missing."""
    with pytest.raises(ConfigError, match="run `copilot-train pretrain`"):
        run_finetuning(config, places, silent)
    with pytest.raises(ConfigError, match="run `copilot-train finetune`"):
        merge_bundle(Origin(config, "tiny.toml", places, places.bundle))
    with pytest.raises(ConfigError, match=r"has no \[finetune\]: add the table"):
        run_finetuning(msgspec.structs.replace(config, finetune=None), places, silent)


def test_an_altered_base_is_not_merged_into(places: Places, config: TrainingConfig) -> None:
    """Adapters fit the weights that they were learnt on, and no others."""
    run_pretraining(config, places, silent)
    run_finetuning(config, places, silent)
    file = places.finetune / "base" / "model.safetensors"
    data = bytearray(file.read_bytes())
    data[-1] ^= 1
    file.write_bytes(data)
    with pytest.raises(ConfigError, match="is not the base that the adapters were trained on"):
        merge_bundle(Origin(config, "tiny.toml", places, places.bundle))


def test_a_merged_model_that_does_not_play_is_not_put_in_place(
    places: Places, config: TrainingConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was there before stays; nothing is left beside it."""
    run_pretraining(config, places, silent)
    run_finetuning(config, places, silent)
    before = export_bundle(Origin(config, "tiny.toml", places, places.bundle))
    manifest = (before / "bundle.json").read_bytes()

    def silenced(folder: Path) -> int:
        raise BundleError(f"{folder}: the copilot does not play it (test): merge again")

    monkeypatch.setattr(export, "notes_played", silenced)
    with pytest.raises(BundleError, match="does not play it"):
        merge_bundle(Origin(config, "tiny.toml", places, places.bundle))
    assert (before / "bundle.json").read_bytes() == manifest
    assert [path.name for path in places.out_dir.iterdir() if path.name.startswith(".")] == []
