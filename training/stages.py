"""The stages of a training run, each from what the one before left on disk."""

from collections.abc import Callable
from pathlib import Path

from tokenizers import Tokenizer

from copilot.codec.vocabulary import Vocabulary
from copilot.codec.words import GridParams, WordTable
from copilot.errors import ConfigError
from training.adapters import inner
from training.batches import BatchMaker
from training.checkpoint import Progress
from training.config import TrainingConfig
from training.corpus import Corpus, read_songs
from training.files import write_whole
from training.finetune import adopt_tokenizer, begin_adapters
from training.loop import Report, pretrain
from training.places import Places
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
    weights, table = config.corpus.weights, vocab.table
    model = begin(
        config.model, seed=loop.seed, window=loop.window, bf16=loop.bf16, vocab=vocab, places=places
    )
    batches = BatchMaker(Sampler(corpus.training(), weights, table), vocab, loop.seed)
    validator = Validator(
        validation_batches(config, corpus, vocab), table, loop.validation_windows, loop.window
    )
    return pretrain(model, batches, validator, loop, places.run, report)


def run_finetuning(config: TrainingConfig, places: Places, report: Report) -> Progress:
    """Train adapters on a base, or go on training them, from the corpus and the tokenizer.

    Raises ConfigError where the configuration has no [finetune], or the base can't be had.
    """
    loop = config.finetune
    if loop is None:
        raise ConfigError("the configuration has no [finetune]: add the table, see configs/train-smoke.toml")
    adopt_tokenizer(config.lora.base, places)
    corpus, vocab = Corpus.load(places.corpus), load_vocabulary(places)
    adapted = begin_adapters(
        config.lora, seed=loop.seed, bf16=loop.bf16, window=loop.window, vocab=vocab, places=places
    )
    weights, table = config.corpus.weights, vocab.table
    batches = BatchMaker(Sampler(corpus.training(), weights, table), vocab, loop.seed)
    validator = Validator(
        validation_batches(config, corpus, vocab), table, loop.validation_windows, loop.window
    )
    return pretrain(inner(adapted), batches, validator, loop, places.finetune, report)


def validation_batches(config: TrainingConfig, corpus: Corpus, vocab: Vocabulary) -> BatchMaker:
    """Windows of held-out songs, or of all where a tiny corpus holds none out."""
    songs = corpus.validation() or list(corpus.songs)
    return BatchMaker(Sampler(songs, config.corpus.weights, vocab.table), vocab, VALIDATION_SEED)
