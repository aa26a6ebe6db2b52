"""The tokenizer stage: sizes, figures, what is written, and what is not made twice."""

import json
import shutil
from pathlib import Path

import msgspec
import numpy as np
import pytest

from copilot.codec.vocabulary import Vocabulary
from copilot.codec.words import WordTable
from copilot.errors import ConfigError, InputError
from training.commands.tokenizer import tokenizer as command
from training.config import LoraConfig, ModelConfig, TokenizerConfig, TrainingConfig
from training.corpus.song import Song
from training.model.finetune import AdapterRecord
from training.model.start import StartRecord
from training.places import Places
from training.stages import load_vocabulary, make_tokenizer
from training.tokenizer.figures import measure
from training.tokenizer.learn import Material, choose_tokenizer, learn


def spoken(table: WordTable, text: str) -> np.ndarray:
    return np.asarray([table.index[word] for word in text.split()])


@pytest.fixture
def places(tmp_path: Path, blues_corpus: Path) -> Places:
    made = Places(tmp_path)
    shutil.copytree(blues_corpus, made.corpus)
    return made


def test_figures_count_notes_and_time_as_they_sound(table: WordTable) -> None:
    """Three notes over two beats at 95 bpm; the held one takes room and is no note."""
    window = spoken(table, "[TEMPO_95] ON_3_60 BAR V_5 ON_7_40 P_24 ON_7_41 P_18 P_1 ON_7_42 P_5 OFF_7_42")
    figures = measure([window], np.ones(len(table), dtype=np.int64), len(table), table)
    assert figures.ids_per_word == 1.0
    assert figures.ids_per_note == round(12 / 3, 4)
    assert figures.ids_per_s == round(12 / (2 * 60 / 95), 2)
    assert figures.window_s["1024"] == round(1024 / (12 / (2 * 60 / 95)), 1)


def test_a_window_without_a_tempo_word_tells_no_seconds(table: WordTable) -> None:
    """Its ids and notes count, its time is not guessed."""
    timed = spoken(table, "[TEMPO_95] BAR ON_7_40 P_24 OFF_7_40")
    both = [timed, spoken(table, "BAR ON_7_40 P_96 P_96 OFF_7_40")]
    ones = np.ones(len(table), dtype=np.int64)
    assert measure(both, ones, 1, table).ids_per_s == measure([timed], ones, 1, table).ids_per_s
    assert measure(both, ones, 1, table).ids_per_note == 5.0


def test_the_folder_says_how_it_was_made(places: Places, blues_config: TrainingConfig) -> None:
    """Hashes of corpus, text and vocabulary, the settings, the versions, and each size beside the word level."""
    vocab, _ = make_tokenizer(blues_config, places)
    record = json.loads((places.tokenizer / "figures.json").read_text())
    assert record["vocabulary_sha256"] == vocab.sha256 == load_vocabulary(places).sha256
    assert record["settings"]["sizes"] == [1024]
    assert record["versions"].keys() == {"copilot", "python", "numpy", "tokenizers"}
    assert [figures["size"] for figures in record["sizes"]] == [1024]
    assert record["word_level"]["size"] == record["words"] == 4192
    readme = (places.tokenizer / "README.md").read_text()
    assert vocab.sha256 in readme
    assert "| word level, 4,192 ids | 1.0000 |" in readme


def test_the_same_corpus_gives_the_same_tokenizer(
    places: Places, tmp_path: Path, blues_config: TrainingConfig
) -> None:
    """Byte for byte, wherever it is made."""
    make_tokenizer(blues_config, places)
    other = Places(tmp_path / "other")
    shutil.copytree(places.corpus, other.corpus)
    make_tokenizer(blues_config, other)
    for name in ("tokenizer.json", "figures.json", "README.md"):
        assert (places.tokenizer / name).read_bytes() == (other.tokenizer / name).read_bytes()


def test_what_is_made_already_is_not_made_again(
    places: Places, blues_config: TrainingConfig, held_corpus: Path
) -> None:
    """The same command finds it; another setting, another corpus or a damaged file makes it anew."""
    said: list[str] = []
    make_tokenizer(blues_config, places)
    make_tokenizer(blues_config, places, said.append)
    assert said == ["is made already, of this corpus and with these settings"]
    few = msgspec.structs.replace(blues_config.tokenizer, sample_windows=2)
    other = msgspec.structs.replace(blues_config, tokenizer=few)
    make_tokenizer(other, places, said.append)
    (places.tokenizer / "tokenizer.json").write_text("{}")
    make_tokenizer(other, places, said.append)
    shutil.rmtree(places.corpus)
    shutil.copytree(held_corpus, places.corpus)
    make_tokenizer(other, places, said.append)
    assert ["every rule holds" in line for line in said] == [False, True, True, True]
    assert load_vocabulary(places).size == 1024


def test_the_smallest_size_that_is_good_enough_is_taken(songs: list[Song], table: WordTable) -> None:
    """Sizes are tried in turn; where none is good enough the last one stands."""
    window = spoken(table, "BAR V_5 ON_7_40 P_24 OFF_7_40 ON_4_60 P_12 P_2 OFF_4_60")
    material = Material(table, [np.tile(window, 20)] * 2, [window])
    good = TokenizerConfig(sizes=(1024, 1536), max_ids_per_word=1.0)
    vocab, record = choose_tokenizer(material, good, "", lambda _: None)
    assert [figures.size for figures in record.sizes] == [1024]
    strict = TokenizerConfig(sizes=(1024, 1200), max_ids_per_word=0.5)
    vocab, record = choose_tokenizer(material, strict, "", lambda _: None)
    assert [figures.size for figures in record.sizes] == [1024, 1200]
    assert vocab.size == 1200


@pytest.mark.parametrize("size", [1023, 8193])
def test_a_size_outside_the_limits_is_refused(size: int, table: WordTable) -> None:
    """The line says what is allowed."""
    with pytest.raises(ConfigError, match=r"outside 1,024–8,192: set sizes"):
        learn(Material(table, [], []), size)


def test_the_command_takes_a_size_and_a_folder(
    places: Places, tmp_path: Path, blues_config: TrainingConfig, to_toml, invoke
) -> None:
    """`--size` overrules the configuration, and `--to` writes the folder and leaves the run's own as it was."""
    make_tokenizer(blues_config, places)
    before = {file.name: file.read_bytes() for file in places.tokenizer.iterdir()}
    named = tmp_path / "named"
    arguments = ("--config", to_toml(blues_config, tmp_path / "tiny.toml"), "--out", places.out_dir)
    output = invoke(command, *arguments, "--size", 1100, "--to", named)
    assert "| BPE, 1,100 ids |" in output
    assert {file.name for file in named.iterdir()} == {
        "tokenizer.json",
        "codec.json",
        "figures.json",
        "README.md",
    }
    assert before == {file.name: file.read_bytes() for file in places.tokenizer.iterdir()}
    readme = (named / "README.md").read_text()
    assert "copilot-train tokenizer --config configs/tiny.toml --out DIR --size 1100 --to FOLDER" in readme
    assert "Its size, 1,100 ids, was given." in readme
    assert "is made already" in invoke(command, *arguments, "--size", 1100, "--to", named)


def test_the_folder_says_which_of_several_sizes_was_taken_and_why(
    places: Places, tmp_path: Path, blues_config: TrainingConfig, to_toml, invoke
) -> None:
    """Good enough, or the last of those that are not."""
    for limit, rule in (
        (2.0, "The first of 1,024, 1,100 ids with at most 2 "),
        (0.5, "None of 1,024, 1,100 ids "),
    ):
        settings = msgspec.structs.replace(blues_config.tokenizer, sizes=(1024, 1100), max_ids_per_word=limit)
        config = to_toml(msgspec.structs.replace(blues_config, tokenizer=settings), tmp_path / "two.toml")
        invoke(command, "--config", config, "--out", places.out_dir)
        readme = (places.tokenizer / "README.md").read_text()
        assert rule in readme
        assert "Made by `copilot-train tokenizer --config configs/two.toml --out DIR`;" in readme


@pytest.mark.parametrize("phase", ["pretrain", "finetune"])
def test_a_run_keeps_the_tokenizer_that_it_has_learnt_in(
    phase: str, places: Places, blues_config: TrainingConfig
) -> None:
    """Another vocabulary would end the run: the line says where it may go instead, and nothing is written."""
    vocab, _ = make_tokenizer(blues_config, places)
    _begun(places, phase, vocab)
    (places.tokenizer / "figures.json").unlink()
    make_tokenizer(blues_config, places)  # the same words again
    before = {file.name: file.read_bytes() for file in places.tokenizer.iterdir()}
    other = msgspec.structs.replace(blues_config.tokenizer, sizes=(1100,))
    with pytest.raises(ConfigError, match="could not go on: write it elsewhere by --to") as caught:
        make_tokenizer(msgspec.structs.replace(blues_config, tokenizer=other), places)
    assert "\n" not in str(caught.value)
    assert before == {file.name: file.read_bytes() for file in places.tokenizer.iterdir()}


def _begun(places: Places, phase: str, vocab: Vocabulary) -> None:
    """Leave what a run in that phase leaves first."""
    if phase == "pretrain":
        record: msgspec.Struct = StartRecord(
            model=ModelConfig(),
            vocab_size=vocab.size,
            vocab_sha256=vocab.sha256,
            window=64,
            seed=0,
            bf16=True,
            pad_id=0,
        )
        file = places.run / "model.json"
    else:
        record = AdapterRecord(
            lora=LoraConfig(), seed=0, bf16=True, vocab_size=vocab.size, vocab_sha256=vocab.sha256, base=None,
            base_sha256="",
        )  # fmt: skip
        file = places.finetune / "adapters.json"
    file.parent.mkdir()
    file.write_bytes(msgspec.json.encode(record))


def test_a_folder_that_cannot_be_made_is_one_line(places: Places, blues_config: TrainingConfig) -> None:
    """A file stands where the tokenizer's folder should."""
    places.tokenizer.write_text("")
    with pytest.raises(InputError, match="can't be made"):
        make_tokenizer(blues_config, places)
