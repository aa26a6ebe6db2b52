"""The stages of a training run, each from what the one before left on disk."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import cast

import msgspec
import torch
from accelerate import PartialState
from tokenizers import Tokenizer
from transformers import Olmo2ForCausalLM

from copilot.codec.vocabulary import Vocabulary
from copilot.codec.words import GridParams, WordTable
from copilot.errors import ConfigError
from training.adapters import inner
from training.batches import BatchMaker
from training.checkpoint import Progress
from training.config import LoopConfig, TrainingConfig
from training.continuation import Continuation
from training.corpus import Corpus, read_songs
from training.files import folder_sha256, write_whole
from training.finetune import adopt_tokenizer, begin_adapters
from training.loop import train
from training.places import Places
from training.record import VOCABULARY
from training.runlog import Report
from training.sampler import Sampler
from training.start import begin
from training.tokenizer import TokenizerFigures, choose_tokenizer, readme
from training.validate import Validator

VALIDATION_SEED = 7
GRID = GridParams()


def make_corpus(
    config: TrainingConfig, data_dir: Path, places: Places, each: Callable[[int], None] = lambda _: None
) -> Corpus:
    """Read the collections and write the corpus. `each` is told the number of songs so far."""
    songs = []
    for song in read_songs(config.corpus, data_dir, GRID):
        songs.append(song)
        each(len(songs))
    corpus = Corpus(tuple(songs))
    corpus.save(places.corpus)
    return corpus


def make_tokenizer(config: TrainingConfig, places: Places) -> list[TokenizerFigures]:
    """Train the tokenizer on the training songs and write it."""
    corpus = Corpus.load(places.corpus)
    sampler = Sampler(corpus.training(), config.corpus.weights, WordTable(GRID))
    vocab, figures = choose_tokenizer(sampler, config.tokenizer)
    places.tokenizer.mkdir(parents=True, exist_ok=True)
    write_whole(places.tokenizer / "tokenizer.json", vocab.tokenizer.to_str(pretty=True).encode())
    write_whole(places.tokenizer / "README.md", readme(config.tokenizer, vocab, figures).encode())
    return figures


def load_vocabulary(places: Places) -> Vocabulary:
    """The run's vocabulary. Raises ConfigError where there is none."""
    file = places.tokenizer / "tokenizer.json"
    if not file.is_file():
        raise ConfigError(f"{file}: there is no tokenizer: run `copilot-train tokenizer`")
    return Vocabulary(Tokenizer.from_file(str(file)), WordTable(GRID))


def run_pretraining(config: TrainingConfig, places: Places, report: Report) -> Progress:
    """Train, or go on training, from the corpus and the tokenizer."""
    corpus, vocab, loop = Corpus.load(places.corpus), load_vocabulary(places), config.pretrain
    with _main_process_first():
        model = begin(config.model, loop, vocab, places)
    return _train(model, config, loop, corpus, vocab, places, places.run, report)


def run_finetuning(config: TrainingConfig, places: Places, report: Report) -> Progress:
    """Train adapters on a base, or go on training them, from the corpus and the tokenizer.

    Raises ConfigError where the configuration has no [finetune], or the base can't be had.
    """
    loop = config.finetune
    if loop is None:
        raise ConfigError("the configuration has no [finetune]: add the table, see configs/train-smoke.toml")
    adopt_tokenizer(config.lora.base, places)
    corpus, vocab = Corpus.load(places.corpus), load_vocabulary(places)
    with _main_process_first():
        model = inner(begin_adapters(config.lora, loop, vocab, places))
    return _train(model, config, loop, corpus, vocab, places, places.finetune, report)


def _main_process_first() -> AbstractContextManager[None]:
    """Of several processes that train together, the first writes what the others then find."""
    state = PartialState(cpu=not torch.accelerator.is_available())
    return cast("AbstractContextManager[None]", state.main_process_first())


def _train(
    model: Olmo2ForCausalLM,
    config: TrainingConfig,
    loop: LoopConfig,
    corpus: Corpus,
    vocab: Vocabulary,
    places: Places,
    out_dir: Path,
    report: Report,
) -> Progress:
    sampler = Sampler(corpus.training(), loop.weights or config.corpus.weights, vocab.table)
    batches = BatchMaker(sampler, vocab, loop.seed, loop.packing)
    validator = Validator(
        validation_batches(config, corpus, vocab), vocab.table, loop.validation_windows, loop.window
    )
    sketch = Continuation(
        validation_sampler(config, corpus, vocab.table),
        vocab,
        loop.window,
        loop.seed,
        config.export.temperature,
        config.export.top_p,
    )
    facts = {
        "config": msgspec.to_builtins(config),
        VOCABULARY: vocab.sha256,
        "corpus_sha256": folder_sha256(places.corpus),
    }
    return train(model, batches, validator, loop, out_dir, report, sketch=sketch, facts=facts)


def validation_sampler(config: TrainingConfig, corpus: Corpus, table: WordTable) -> Sampler:
    """Draws from held-out songs, or from all where a tiny corpus holds none out."""
    songs = corpus.validation() or list(corpus.songs)
    return Sampler(songs, config.corpus.weights, table)


def validation_batches(config: TrainingConfig, corpus: Corpus, vocab: Vocabulary) -> BatchMaker:
    """Windows of held-out songs, or of all where a tiny corpus holds none out."""
    return BatchMaker(validation_sampler(config, corpus, vocab.table), vocab, VALIDATION_SEED)
