"""A bundle measured on held-out songs, by the command that people type."""

import json
import math
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from click.testing import CliRunner, Result

from copilot.cli import main as copilot
from copilot.codec.vocabulary import Vocabulary, train_tokenizer
from copilot.codec.words import GridParams, WordTable
from copilot.errors import ConfigError
from copilot.model.bundle import Bundle
from copilot.model.manifest import ENGINE, MANIFEST, SCHEMA, Manifest, Sampling
from copilot.model.save import save_bundle
from training.cli import cli
from training.config import TrainingConfig
from training.corpus import Corpus
from training.corpus.song import Song
from training.evaluation.measure import Measured, held_out
from training.evaluation.scorers import ModelScorer, UniformAllowed, UniformIds
from training.evaluation.stream import Streamer
from training.loop.validate import Validator
from training.model.network import build_model
from training.places import Places
from training.stages import validation_batches

WINDOW = 128
Evaluate = Callable[..., Result]


@pytest.fixture(scope="session")
def vocab(table: WordTable) -> Vocabulary:
    return Vocabulary(train_tokenizer(["BAR ON_0_40 P_12 OFF_0_40 "], table, 600), table)


@pytest.fixture(scope="session")
def band(held_corpus: Path) -> list[Song]:
    """The two held-out songs and four others."""
    corpus = Corpus.open(held_corpus)
    return [*corpus.validation(), *corpus.training()[:4]]


@pytest.fixture
def make_bundle(tmp_path: Path, blues_config: TrainingConfig) -> Callable[[Vocabulary], Bundle]:
    def make(vocab: Vocabulary) -> Bundle:
        manifest = Manifest(
            schema=SCHEMA, name="tiny", engine=ENGINE, window=WINDOW, tokens_per_bar=16.0, tokens_per_s=8.0,
            sampling=Sampling(), sources=(), training={}, metrics={}, sha256={},
        )  # fmt: skip
        model = build_model(blues_config.model, vocab.size, vocab.pad_id, WINDOW, 0)
        return save_bundle(tmp_path / "bundle", model, vocab, manifest)

    return make


@pytest.fixture
def bundle(make_bundle: Callable[[Vocabulary], Bundle], vocab: Vocabulary) -> Bundle:
    return make_bundle(vocab)


@pytest.fixture
def evaluate(
    tmp_path: Path, blues_config: TrainingConfig, to_toml: Callable[..., Path], held_corpus: Path
) -> Evaluate:
    """Run the command on a run's folder that holds the corpus with held-out songs."""
    shutil.copytree(held_corpus, Places(tmp_path).corpus)
    config = to_toml(blues_config, tmp_path / "tiny.toml")

    def run(*arguments: str) -> Result:
        return CliRunner().invoke(
            cli,
            ["evaluate", "--config", str(config), "--out", str(tmp_path), "--ppm-ids", "4000", *arguments],
        )

    return run


def test_the_command_shows_writes_and_repeats_its_figures(
    tmp_path: Path, evaluate: Evaluate, bundle: Bundle
) -> None:
    """The run's own bundle is measured; figures go to the table and the JSON, and into the bundle when asked to."""
    before = (bundle.path / MANIFEST).read_bytes()
    result = evaluate("--json", str(tmp_path / "first.json"))
    assert result.exit_code == 0, result.output
    assert "tiny: 2 validation songs" in result.output
    assert "bits per note, own part" in result.output
    assert (bundle.path / MANIFEST).read_bytes() == before
    assert evaluate("--json", str(tmp_path / "second.json"), "--write").exit_code == 0
    first = json.loads((tmp_path / "first.json").read_bytes())
    assert first == json.loads((tmp_path / "second.json").read_bytes())
    written = Bundle.open(bundle.path).manifest.evaluation
    assert written is not None
    figures = {name: figure.value for name, figure in written.figures["model"].items()}
    assert figures == {
        name: figure["value"] for name, figure in first["evaluation"]["figures"]["model"].items()
    }
    assert (written.songs, written.split) == (2, "validation")
    assert written.command.startswith("copilot-train evaluate --config configs/tiny.toml --out DIR")
    assert written.versions == first["evaluation"]["versions"]
    assert written.versions.keys() == {"copilot", "torch", "transformers"}
    assert written.corpus_sha256 == first["evaluation"]["corpus_sha256"]
    assert written.corpus_sha256 == Corpus.open(Places(tmp_path).corpus).sha256
    assert written.config == first["evaluation"]["config"] == str(tmp_path / "tiny.toml")
    info = CliRunner().invoke(copilot, ["info", str(bundle.path), "--json"])
    rows = json.loads(info.output)
    own = str(written.figures["model"]["part_bits_per_note"])
    assert rows["bits per note, own part"].startswith(f"{own}; order-4 PPM-C ")
    assert "order-4 PPM-C" in rows["bits per note, all parts"]


def test_ppm_beats_chance_and_a_model_that_learnt_nothing(
    tmp_path: Path, evaluate: Evaluate, bundle: Bundle
) -> None:
    """The baselines stand in the order that they must."""
    result = evaluate("--json", str(tmp_path / "figures.json"), "--songs", "1")
    assert result.exit_code == 0, result.output
    figures = json.loads((tmp_path / "figures.json").read_bytes())["evaluation"]["figures"]
    names = ("order-4 PPM-C", "untrained PPM-C", "uniform over allowed ids", "uniform", "model")
    ppm, untrained, allowed, ids, model = (figures[name]["bits_per_note"]["value"] for name in names)
    assert max(ppm, untrained) < allowed < ids
    assert max(ppm, untrained) < model
    assert figures["uniform"]["nats_per_token"]["value"] == pytest.approx(
        math.log(bundle.codec.vocab.size), abs=1e-4
    )


def test_a_model_of_equal_logits_costs_the_logarithm_of_its_vocabulary(
    bundle: Bundle, band: list[Song], blues_config: TrainingConfig, held_corpus: Path
) -> None:
    """Training's quick figure and the evaluation's say the same of it, and nothing is charged for what is given."""
    vocab = bundle.codec.vocab
    streamer = Streamer(vocab, WINDOW)
    stream = streamer.stream(band[0])
    scorer = ModelScorer(bundle, streamer, threads=1)
    torch.nn.init.zeros_(scorer._model.lm_head.weight)
    nats = scorer.nats([stream])[0]
    assert nats[: stream.given].tolist() == [0.0] * stream.given
    assert nats[stream.given :] == pytest.approx(math.log(vocab.size), rel=1e-5)
    batches = validation_batches(blues_config, Corpus.open(held_corpus), vocab)
    figures = Validator(batches, vocab.table, 2, 64).measure(scorer._model)
    assert figures["val_nats"] == pytest.approx(math.log(vocab.size), abs=1e-4)


def test_the_model_s_costs_are_those_of_its_windows_in_float32(bundle: Bundle, band: list[Song]) -> None:
    """Whatever the threads and the mixed precision, an id costs what the whole window's logits say."""
    streamer = Streamer(bundle.codec.vocab, WINDOW)
    streams = [streamer.stream(song) for song in band[:2]]
    found = ModelScorer(bundle, streamer, threads=2).nats(streams)
    model = bundle.load_model()
    for stream, nats in zip(streams, found, strict=True):
        for passage in streamer.passages(stream):
            ids = torch.from_numpy(passage.ids)
            with torch.inference_mode():
                costs = torch.log_softmax(model(input_ids=ids[None, :-1]).logits[0], -1)
            expected = -costs[torch.arange(len(ids) - 1), ids[1:]][-passage.new :].numpy()
            assert nats[passage.at : passage.at + passage.new] == pytest.approx(expected, abs=0.05)


def test_no_number_of_threads_is_one_a_core(bundle: Bundle, band: list[Song]) -> None:
    """The configuration's default of 0 threads measures, to the same costs."""
    streamer = Streamer(bundle.codec.vocab, WINDOW)
    stream = streamer.stream(band[0])
    (found,), (expected,) = (
        ModelScorer(bundle, streamer, threads=threads).nats([stream]) for threads in (0, 1)
    )
    assert found == pytest.approx(expected, abs=0.05)


def test_what_the_grammar_allows_is_fewer_than_all_ids_and_holds_what_is_played(
    vocab: Vocabulary, band: list[Song]
) -> None:
    """Every id of a song is among those allowed; after the header only time words and the bar line may follow."""
    stream = Streamer(vocab, WINDOW).stream(band[0])
    allowed = UniformAllowed(vocab).nats([stream])[0][stream.given :]
    everything = UniformIds(vocab).nats([stream])[0][stream.given :]
    assert (allowed >= 0).all()
    assert (allowed < everything).all()
    table = vocab.table
    first = {vocab.ids[word][0] for word in (*range(table.anchor_0, table.velocity_0), table.bar)}
    assert allowed[0] == pytest.approx(math.log(len(first)))


def test_fewer_songs_are_some_of_the_more(held_corpus: Path) -> None:
    """`--songs` draws by name: 1 song is one of 2, and more than there are is all."""
    corpus = Corpus.open(held_corpus)
    names = [[song.name for song in held_out(held_corpus, corpus, "held-out", some)] for some in (1, 2, 99)]
    assert names[1][:1] == names[0]
    assert set(names[1]) < set(names[2])
    assert len(names[2]) == len(corpus.validation()) + len(corpus.test()) == 3


def test_sources_are_measured_apart(band: list[Song]) -> None:
    """A source's figures are those of its own songs."""
    songs = (replace(band[0], source="x"), replace(band[1], source="y"), replace(band[2], source="x"))
    sums = np.asarray([[2.0, 1, 1, 1, 1, 1], [40.0, 1, 10, 1, 1, 1], [4.0, 1, 1, 1, 1, 1]])
    measured = Measured(songs, {"model": sums})
    assert measured.of_source("x").figures()["model"]["nats_per_token"].value == 3.0
    assert measured.of_source("y").figures()["model"]["nats_per_token"].value == 4.0


def test_a_run_without_a_corpus_says_what_to_run(
    tmp_path: Path, blues_config: TrainingConfig, to_toml: Callable[..., Path]
) -> None:
    """One line names the command that makes it."""
    config = to_toml(blues_config, tmp_path / "tiny.toml")
    result = CliRunner().invoke(cli, ["evaluate", "--config", str(config), "--out", str(tmp_path / "empty")])
    assert isinstance(result.exception, ConfigError)
    assert "run `copilot-train corpus`" in str(result.exception)


def test_a_place_that_is_not_there_is_refused_before_anything_is_measured(
    tmp_path: Path, evaluate: Evaluate, bundle: Bundle
) -> None:
    """Nobody waits for figures that can't be written."""
    result = evaluate("--json", str(tmp_path / "nowhere" / "figures.json"))
    assert isinstance(result.exception, ConfigError)
    assert "there is no such folder" in str(result.exception)
    assert not result.output


def test_an_empty_split_is_one_line(blues_corpus: Path) -> None:
    """A corpus too small to hold a song out can't be evaluated on."""
    with pytest.raises(ConfigError, match="the corpus has no validation songs: make it from more songs"):
        held_out(blues_corpus, Corpus.open(blues_corpus), "validation", None)


def test_a_bundle_with_another_grid_is_refused(
    evaluate: Evaluate, make_bundle: Callable[[Vocabulary], Bundle]
) -> None:
    """Notes on a grid of 24 ticks a beat can't be said in words of 12."""
    table = WordTable(GridParams(ticks_per_beat=12))
    make_bundle(Vocabulary(train_tokenizer(["BAR "], table, 400), table))
    result = evaluate()
    assert isinstance(result.exception, ConfigError)
    assert "counts 12 ticks a beat, the corpus 24" in str(result.exception)
    assert "\n" not in str(result.exception)


def test_another_velocity_resolution_is_measured_in_its_own_words(
    evaluate: Evaluate, make_bundle: Callable[[Vocabulary], Bundle]
) -> None:
    """The corpus holds notes: a bundle with other words, here of 4 velocity levels, is measured through its codec."""
    table = WordTable(GridParams(velocity_levels=4))
    make_bundle(Vocabulary(train_tokenizer(["BAR "], table, 400), table))
    assert evaluate("--songs", "1").exit_code == 0
