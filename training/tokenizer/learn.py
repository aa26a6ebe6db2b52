"""The tokenizer: the smallest byte-level BPE that spells a word of the corpus in hardly more than one id.

What is learnt is proved (`training/tokenizer/rules.py`) before it is written, and written with how it was made.
"""

import hashlib
import platform
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec
import numpy as np
import tokenizers

from copilot import __version__
from copilot.codec.vocabulary import Vocabulary, train_tokenizer
from copilot.codec.words import WordTable
from copilot.errors import ConfigError, VocabularyError
from copilot.files import make_folder, write_whole
from copilot.model.manifest import CODEC
from copilot.model.save import codec_json
from training.config import MAX_IDS, MIN_IDS, TokenizerConfig
from training.counting import Report, counted
from training.tokenizer.figures import VocabularyFigures, measure
from training.tokenizer.rules import prove_rules
from training.windows.sampler import Sampler
from training.windows.words import Words

_SEED, _UNSEEN_SEED = 24, 25
_MAX_WORDS = 1024


class TokenizerRecord(msgspec.Struct, frozen=True, kw_only=True):
    """figures.json: what a tokenizer is and what it was made of.

    `text_sha256` is of the event text that it was learnt on, `corpus_sha256` of the corpus' files. `sizes` has
    each size that was tried, in turn; the last one is this tokenizer. `word_level` is one id a word.
    """

    codec: str
    grid: dict[str, int | bool]
    words: int
    vocabulary_sha256: str
    corpus_sha256: str
    text_sha256: str
    settings: TokenizerConfig
    versions: dict[str, str]
    sizes: list[VocabularyFigures]
    word_level: VocabularyFigures


@dataclass(frozen=True, slots=True)
class Material:
    """What tokenizers are learnt from and measured on: windows of training songs, and of held-out ones."""

    table: WordTable
    windows: Sequence[Words]
    unseen: Sequence[Words]

    def texts(self) -> Iterator[str]:
        """Event text a window, without its pinned words."""
        for words in self.windows:
            music = words[words >= self.table.meta_end]
            yield "".join(self.table.texts[word] + " " for word in music)

    def sha256(self) -> str:
        """Of the event text."""
        digest = hashlib.sha256()
        for text in self.texts():
            digest.update(text.encode())
        return digest.hexdigest()


def draw_material(training: Sampler, held_out: Sampler, windows: int, report: Report) -> Material:
    """`windows` windows to learn on and a tenth as many to measure with; always the same of the same corpus."""
    rng, unseen_rng = np.random.default_rng(_SEED), np.random.default_rng(_UNSEEN_SEED)
    learnt = counted(
        (training.draw(rng, _MAX_WORDS) for _ in range(windows)), windows, "windows drawn", report
    )
    unseen = [held_out.draw(unseen_rng, _MAX_WORDS) for _ in range(max(1, windows // 10))]
    return Material(training.table, list(learnt), unseen)


def learn(material: Material, size: int) -> Vocabulary:
    """A proved vocabulary of at most `size` ids. Raises ConfigError for a size outside 1,024–8,192."""
    if not MIN_IDS <= size <= MAX_IDS:
        raise ConfigError(f"{size:,} ids are outside {MIN_IDS:,}–{MAX_IDS:,}: set sizes in [tokenizer]")
    trained = train_tokenizer(material.texts(), material.table, size)
    return prove_rules(trained.to_str(), material.table)


def choose_tokenizer(
    material: Material, config: TokenizerConfig, corpus_sha256: str, report: Report
) -> tuple[Vocabulary, TokenizerRecord]:
    """Learn each size in turn until one is good enough; the last one stands if none is."""
    table, figures = material.table, list[VocabularyFigures]()
    for size in config.sizes:
        vocab = learn(material, size)
        lengths = np.asarray([len(ids) for ids in vocab.ids])
        figures.append(measure(material.unseen, lengths, vocab.size, table))
        report(f"{vocab.size:,} ids: {figures[-1].ids_per_word:.4f} ids a word; every rule holds")
        if figures[-1].ids_per_word <= config.max_ids_per_word:
            break
    record = TokenizerRecord(
        codec="grid",
        grid=msgspec.to_builtins(table.params),
        words=len(table),
        vocabulary_sha256=vocab.sha256,
        corpus_sha256=corpus_sha256,
        text_sha256=material.sha256(),
        settings=config,
        versions=versions(),
        sizes=figures,
        word_level=measure(material.unseen, np.ones(len(table), dtype=np.int64), len(table), table),
    )
    return vocab, record


def versions() -> dict[str, str]:
    """What made it."""
    return {
        "copilot": __version__,
        "python": platform.python_version(),
        "numpy": np.__version__,
        "tokenizers": tokenizers.__version__,
    }


def write_tokenizer(folder: Path, vocab: Vocabulary, record: TokenizerRecord, command: str) -> None:
    """Write tokenizer.json, codec.json, README.md and, last, figures.json: where that lies, the others are whole.

    `command` is what the README says that made it.
    """
    make_folder(folder)
    (folder / "figures.json").unlink(missing_ok=True)
    write_whole(folder / "tokenizer.json", vocab.tokenizer.to_str(pretty=True).encode())
    write_whole(folder / CODEC, codec_json(vocab))
    write_whole(folder / "README.md", readme(record, command).encode())
    write_whole(folder / "figures.json", msgspec.json.format(msgspec.json.encode(record), indent=2) + b"\n")


def made_already(
    folder: Path, table: WordTable, config: TokenizerConfig, corpus_sha256: str
) -> TokenizerRecord | None:
    """The record of a whole tokenizer that the same settings, corpus and versions would make again, or None."""
    try:
        record = msgspec.json.decode((folder / "figures.json").read_bytes(), type=TokenizerRecord)
        vocab = prove_rules((folder / "tokenizer.json").read_text("utf-8"), table)
    except (OSError, msgspec.DecodeError, VocabularyError):
        return None
    made_of = (record.settings, record.corpus_sha256, record.versions, record.vocabulary_sha256)
    return record if made_of == (config, corpus_sha256, versions(), vocab.sha256) else None


def rows(record: TokenizerRecord) -> list[str]:
    """The figures as lines of a Markdown table, the word level last."""
    named = [(f"BPE, {figures.size:,} ids", figures) for figures in record.sizes]
    named.append((f"word level, {record.word_level.size:,} ids", record.word_level))
    head = "| vocabulary | ids a word | ids a note | ids a second | " + " | ".join(
        f"{int(window):,} ids hear" for window in record.word_level.window_s
    )
    lines = [f"{head} |", "|---|" + "---|" * (3 + len(record.word_level.window_s))]
    for name, figures in named:
        cells = [f"{figures.ids_per_word:.4f}", f"{figures.ids_per_note:.3f}", f"{figures.ids_per_s:.1f}"]
        cells += [f"{seconds:.1f} s" for seconds in figures.window_s.values()]
        lines.append(f"| {name} | {' | '.join(cells)} |")
    return lines


def readme(record: TokenizerRecord, command: str) -> str:
    """How a tokenizer was made and by which command, for the folder that it lies in."""
    config, made = record.settings, record.sizes[-1]
    table = "\n".join(rows(record))
    return f"""# A tokenizer of the {record.codec} codec, {record.grid["ticks_per_beat"]} ticks a beat

A byte-level BPE over event words ({record.words:,} words, {made.size:,} ids; vocabulary sha256
`{record.vocabulary_sha256}`),
learnt on {config.sample_windows:,} windows of the training songs, each transposed at random by −5 to +6 semitones,
with a random part as the copilot's.

{_rule(record)} On windows of held-out songs:

{table}

Proved of the file as it lies here, entry by entry and merge by merge (`training/tokenizer/rules.py`): no token
spans two words, so none holds an anchor and an offset or reaches across a time word; every word can be spelt; the
ids of a text's beginning, cut after a word, are the beginning of the text's ids.

Made by `{command}`; figures.json has the corpus' hash,
the settings and the versions.
"""


def _rule(record: TokenizerRecord) -> str:
    """Why it has the size that it has."""
    config, made = record.settings, record.sizes[-1]
    if len(config.sizes) == 1:
        return f"Its size, {config.sizes[0]:,} ids, was given."
    tried = ", ".join(f"{size:,}" for size in config.sizes)
    if made.ids_per_word <= config.max_ids_per_word:
        return f"The first of {tried} ids with at most {config.max_ids_per_word:g} ids a word was taken."
    return f"None of {tried} ids has at most {config.max_ids_per_word:g} ids a word; the last was taken."
