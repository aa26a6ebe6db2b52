"""The stages of a training run, each from what the one before left on disk."""

from tokenizers import Tokenizer

from copilot.codec.vocabulary import Vocabulary
from copilot.codec.words import GridParams, WordTable
from copilot.errors import ConfigError
from training import counting
from training.batches import BatchMaker
from training.checkpoint import Progress
from training.config import TrainingConfig
from training.corpus import Corpus
from training.loop import Report, pretrain
from training.network import build_model
from training.places import Places
from training.sampler import Sampler
from training.tokenizer import (
    Material,
    TokenizerRecord,
    choose_tokenizer,
    draw_material,
    made_already,
    write_tokenizer,
)
from training.tokenizer_study import Music, StudyResult, run_study, study_folder
from training.validate import Validator

VALIDATION_SEED = 7
GRID = GridParams()


def make_tokenizer(
    config: TrainingConfig, places: Places, report: counting.Report = lambda _: None
) -> tuple[Vocabulary, TokenizerRecord]:
    """Learn the tokenizer on the training songs and write it, unless it lies there already."""
    corpus, table = Corpus.open(places.corpus), WordTable(GRID)
    record = made_already(places.tokenizer, table, config.tokenizer, corpus.sha256)
    if record is not None:
        report("is made already, of this corpus and with these settings")
        return load_vocabulary(places), record
    material = tokenizer_material(config, corpus, config.tokenizer.sample_windows, report)
    vocab, record = choose_tokenizer(material, config.tokenizer, corpus.sha256, report)
    write_tokenizer(places.tokenizer, vocab, record)
    return vocab, record


def tokenizer_material(
    config: TrainingConfig, corpus: Corpus, windows: int, report: counting.Report
) -> Material:
    """Windows of the training songs, and of the held-out ones (of all, where a tiny corpus holds none out)."""
    table, weights = WordTable(GRID), config.corpus.weights
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
    """The run's vocabulary. Raises ConfigError where there is none."""
    file = places.tokenizer / "tokenizer.json"
    if not file.is_file():
        raise ConfigError(f"{file}: there is no tokenizer: run `copilot-train tokenizer`")
    return Vocabulary(Tokenizer.from_file(str(file)), WordTable(GRID))


def run_pretraining(config: TrainingConfig, places: Places, report: Report) -> Progress:
    """Train, or go on training, from the corpus and the tokenizer."""
    corpus, vocab, loop = Corpus.open(places.corpus), load_vocabulary(places), config.pretrain
    weights, table = config.corpus.weights, vocab.table
    model = build_model(config.model, vocab.size, vocab.pad_id, loop.window, loop.seed)
    batches = BatchMaker(Sampler(corpus.training(), weights, table), vocab, loop.seed)
    places.run.mkdir(parents=True, exist_ok=True)
    validator = Validator(
        validation_batches(config, corpus, vocab), table, loop.validation_windows, loop.window
    )
    return pretrain(model, batches, validator, loop, places.run, report)


def validation_batches(config: TrainingConfig, corpus: Corpus, vocab: Vocabulary) -> BatchMaker:
    """Windows of held-out songs, or of all where a tiny corpus holds none out."""
    songs = corpus.validation() or corpus.all_songs()
    return BatchMaker(Sampler(songs, config.corpus.weights, vocab.table), vocab, VALIDATION_SEED)
