"""The tokenizer: the smallest byte-level BPE that spells a word of the corpus in hardly more than one id."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from copilot.codec.vocabulary import Vocabulary, train_tokenizer
from copilot.codec.words import WordTable
from training.config import TokenizerConfig
from training.sampler import Sampler
from training.windows import Words

_SEED = 24
_MAX_WORDS = 1024


@dataclass(frozen=True, slots=True)
class TokenizerFigures:
    """What a vocabulary size costs: ids a word over windows that it was not trained on."""

    size: int
    ids_per_word: float


def choose_tokenizer(sampler: Sampler, config: TokenizerConfig) -> tuple[Vocabulary, list[TokenizerFigures]]:
    """Train each size in turn until one is good enough; the last one stands if none is."""
    rng = np.random.default_rng(_SEED)
    windows = [sampler.draw(rng, _MAX_WORDS) for _ in range(config.sample_windows)]
    unseen = [sampler.draw(rng, _MAX_WORDS) for _ in range(max(1, config.sample_windows // 10))]
    figures: list[TokenizerFigures] = []
    for size in config.sizes:
        vocab = Vocabulary(
            train_tokenizer(_texts(windows, sampler.table), sampler.table, size), sampler.table
        )
        figures.append(TokenizerFigures(vocab.size, _ids_per_word(vocab, unseen)))
        if figures[-1].ids_per_word <= config.max_ids_per_word:
            break
    return vocab, figures


def _texts(windows: Sequence[Words], table: WordTable) -> Iterator[str]:
    for words in windows:
        yield "".join(table.texts[word] + " " for word in words[words >= table.meta_end])


def _ids_per_word(vocab: Vocabulary, windows: Sequence[Words]) -> float:
    lengths = np.asarray([len(ids) for ids in vocab.ids])
    return float(np.concatenate([lengths[words] for words in windows]).mean())


def readme(config: TokenizerConfig, vocab: Vocabulary, figures: Sequence[TokenizerFigures]) -> str:
    """How a tokenizer was made, for the folder that it lies in."""
    rows = "\n".join(f"| {figure.size:,} | {figure.ids_per_word:.4f} |" for figure in figures)
    return f"""# The tokenizer of the grid codec, 24 ticks a beat

A byte-level BPE over event words ({len(vocab.table):,} words, {vocab.size:,} ids; vocabulary sha256
`{vocab.sha256}`),
learnt on {config.sample_windows:,} windows of the training songs, each transposed at random by −5 to +6 semitones,
with a random part as the copilot's. No token spans two words.

The smallest size with at most {config.max_ids_per_word:g} ids a word on windows it had not seen was taken:

| ids in the vocabulary | ids a word |
|---|---|
{rows}

Made by `copilot-train tokenizer --config configs/train-default.toml --out DIR`.
"""
