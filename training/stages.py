"""The stages of a training run, each from what the one before left on disk."""

from collections.abc import Mapping
from contextlib import AbstractContextManager
from functools import partial
from pathlib import Path
from typing import cast

import msgspec
import torch
from accelerate import PartialState
from transformers import Olmo2ForCausalLM

from copilot.codec.vocabulary import Vocabulary
from copilot.codec.words import WordTable
from copilot.errors import BundleError, ConfigError
from copilot.model.check import REMADE, open_codec, read_file
from copilot.model.manifest import CODEC, TOKENIZER
from training import counting
from training.config import LoopConfig, TrainingConfig
from training.corpus import Corpus
from training.loop.checkpoint import Progress
from training.loop.continuation import Continuation
from training.loop.record import VOCABULARY
from training.loop.runlog import Report
from training.loop.train import train
from training.loop.validate import Validator
from training.model.adapters import inner
from training.model.finetune import adopt_tokenizer, begin_adapters, read_adapters
from training.model.start import begin, read_record
from training.places import Places
from training.tokenizer.learn import (
    Material,
    TokenizerRecord,
    choose_tokenizer,
    draw_material,
    made_already,
    write_tokenizer,
)
from training.tokenizer.study import Music, StudyResult, run_study, study_folder
from training.windows.ahead import BatchesAhead, processes
from training.windows.batches import BatchMaker
from training.windows.sampler import Sampler

VALIDATION_SEED = 7
_REMADE = "remove it and run `copilot-train tokenizer`, or put back the one that the run was begun with"


def make_tokenizer(
    config: TrainingConfig,
    places: Places,
    report: counting.Report = lambda _: None,
    *,
    command: str = "copilot-train tokenizer",
    to: Path | None = None,
) -> tuple[Vocabulary, TokenizerRecord]:
    """Learn the tokenizer on the training songs and write it, unless it lies there already.

    It goes to the run, or to the folder `to` and then nowhere else. `command` is what its README says that made it.
    Raises ConfigError where the run has learnt in other words already: it could not go on.
    """
    corpus, table = Corpus.open(places.corpus), WordTable(config.tokenizer.grid)
    folder = to or places.tokenizer
    record = made_already(folder, table, config.tokenizer, corpus.sha256)
    if record is not None:
        report("is made already, of this corpus and with these settings")
        return _vocabulary_in(folder), record
    material = tokenizer_material(config, corpus, config.tokenizer.sample_windows, report)
    vocab, record = choose_tokenizer(material, config.tokenizer, corpus.sha256, report)
    if folder.resolve() == places.tokenizer.resolve():
        _check_words_of_run(places, vocab)
    write_tokenizer(folder, vocab, record, command)
    return vocab, record


def _check_words_of_run(places: Places, vocab: Vocabulary) -> None:
    for folder, begun in ((places.run, read_record(places.run)), (places.finetune, read_adapters(places))):
        if begun is not None and begun.vocab_sha256 != vocab.sha256:
            raise ConfigError(
                f"{folder}: was begun with a vocabulary of {begun.vocab_size:,} ids (sha256 "
                f"{begun.vocab_sha256[:12]}), this one has {vocab.size:,} ({vocab.sha256[:12]}) and the run could "
                "not go on: write it elsewhere by --to, or give another --out"
            )


def tokenizer_material(
    config: TrainingConfig, corpus: Corpus, windows: int, report: counting.Report
) -> Material:
    """Windows of the training songs, and of the held-out ones (of all, where a tiny corpus holds none out)."""
    table, weights = WordTable(config.tokenizer.grid), config.corpus.weights
    held_out = Sampler(corpus.validation() or corpus.all_songs(), weights, table)
    return draw_material(Sampler(corpus.training(), weights, table), held_out, windows, report)


def study_tokenizers(
    config: TrainingConfig, places: Places, report: counting.Report, line: Report
) -> list[StudyResult]:
    """Every variant of [study] from every seed; what an earlier run of the same settings finished stands."""
    corpus = Corpus.open(places.corpus)
    folder = study_folder(places.study, config, corpus.sha256)
    material = tokenizer_material(config, corpus, config.study.sample_windows, report)
    return run_study(config, Music(corpus, material), folder, report, line)


def load_vocabulary(places: Places) -> Vocabulary:
    """The run's vocabulary. Raises ConfigError where there is none, or it can't be read."""
    return _vocabulary_in(places.tokenizer)


def _vocabulary_in(folder: Path) -> Vocabulary:
    for name in (TOKENIZER, CODEC):
        if not (folder / name).is_file():
            raise ConfigError(f"{folder}: there is no {name}: run `copilot-train tokenizer`")
    try:
        return open_codec(folder, read_file(folder, CODEC), read_file(folder, TOKENIZER)).vocab
    except (BundleError, OSError) as error:
        raise ConfigError(str(error).replace(REMADE, _REMADE)) from None


def run_pretraining(config: TrainingConfig, places: Places, report: Report) -> Progress:
    """Train, or go on training, from the corpus and the tokenizer."""
    corpus, loop = Corpus.open(places.corpus), config.pretrain
    with _main_process_first():
        adopt_tokenizer(config.model.base, places)
        vocab = load_vocabulary(places)
        model = begin(config.model, loop, vocab, places)
    return _train(model, config, loop, corpus, vocab, places, places.run, report)


def run_finetuning(config: TrainingConfig, places: Places, report: Report) -> Progress:
    """Train adapters on a base, or go on training them, from the corpus and the tokenizer.

    Raises ConfigError where the configuration has no [finetune], or the base can't be had.
    """
    loop = config.finetune
    if loop is None:
        raise ConfigError("the configuration has no [finetune]: add the table, see configs/train-smoke.toml")
    corpus = Corpus.open(places.corpus)
    with _main_process_first():
        adopt_tokenizer(config.lora.base, places)
        vocab = load_vocabulary(places)
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
    weights = loop.weights or config.corpus.weights
    make = partial(_open_batches, corpus.directory, places, weights, loop)
    loaders = processes(loop.loaders, "cuda" if torch.accelerator.is_available() else "cpu")
    batches = BatchesAhead(make, loaders) if loaders else make()
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
        "corpus_sha256": corpus.sha256,
    }
    return train(model, batches, validator, loop, out_dir, report, sketch=sketch, facts=facts)


def _open_batches(
    corpus_dir: Path, places: Places, weights: Mapping[str, float], loop: LoopConfig
) -> BatchMaker:
    """What a run learns from; also in processes that have nothing but these arguments."""
    corpus, vocab = Corpus.open(corpus_dir), load_vocabulary(places)
    sampler = Sampler(corpus.training(), weights, vocab.table, p_mistaken=loop.mistakes)
    return BatchMaker(sampler, vocab, loop.seed, loop.packing)


def validation_sampler(config: TrainingConfig, corpus: Corpus, table: WordTable) -> Sampler:
    """Draws from held-out songs, or from all where a tiny corpus holds none out."""
    songs = corpus.validation() or corpus.all_songs()
    return Sampler(songs, config.corpus.weights, table)


def validation_batches(config: TrainingConfig, corpus: Corpus, vocab: Vocabulary) -> BatchMaker:
    """Windows of held-out songs, or of all where a tiny corpus holds none out."""
    return BatchMaker(validation_sampler(config, corpus, vocab.table), vocab, VALIDATION_SEED)
