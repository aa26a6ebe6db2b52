"""The ways of writing that `tokenizer-study` compares: when velocity is said, and how many ids there are.

`running-1536` says a velocity where it changes, as the shipped codec does, in a BPE of 1,536 ids; `every-1536` says
one before every note; `…-words` gives each word an id of its own. All are made from the shipped codec's words.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers

from copilot.codec.vocabulary import Vocabulary
from copilot.codec.words import WordTable
from copilot.errors import ConfigError
from training.config import MAX_IDS, MIN_IDS
from training.corpus import SongView
from training.tokenizer.figures import begun
from training.tokenizer.learn import Material, learn
from training.tokenizer.rules import SPACE
from training.windows.sampler import Sampler
from training.windows.words import Window, Words

Velocity = Literal["running", "every"]


@dataclass(frozen=True, slots=True)
class Variant:
    """One way of writing; `size` 0 is the word level."""

    velocity: Velocity
    size: int

    @classmethod
    def parse(cls, text: str) -> "Variant":
        """From `running-1536` or `every-words`. Raises ConfigError for anything else."""
        velocity, _, size = text.partition("-")
        for known in ("running", "every"):
            if velocity == known and size == "words":
                return cls(known, 0)
            if velocity == known and size.isdecimal() and MIN_IDS <= int(size) <= MAX_IDS:
                return cls(known, int(size))
        raise ConfigError(
            f"variant {text!r} is unknown: give running-N or every-N with N in {MIN_IDS}–{MAX_IDS}, or -words"
        )

    def __str__(self) -> str:
        return f"{self.velocity}-{self.size or 'words'}"

    def written(self, words: Words, table: WordTable) -> Words:
        """A window's words as this variant writes them."""
        return say_every_velocity(words, table) if self.velocity == "every" else words

    def vocabulary(self, material: Material) -> Vocabulary:
        """Learnt on the material as this variant writes it; one id a word needs no learning."""
        table = material.table
        if not self.size:
            return Vocabulary(word_level(table), table)
        windows = [self.written(words, table) for words in material.windows]
        return learn(Material(table, windows, ()), self.size)


class SameMusic(Sampler):
    """Draws the same windows of music for every variant, whatever number of words is asked for."""

    def __init__(
        self,
        songs: SongView,
        weights: Mapping[str, float],
        table: WordTable,
        variant: Variant,
        window_words: int,
    ) -> None:
        super().__init__(songs, weights, table)
        self._variant, self._window_words = variant, window_words

    def window(self, rng: np.random.Generator, max_words: int) -> Window:  # noqa: ARG002
        """One window as the variant writes it."""
        return Window(self._variant.written(super().window(rng, self._window_words).words, self.table))


def say_every_velocity(words: Words, table: WordTable) -> Words:
    """A window of running velocity with the velocity said before every note that begins: int64."""
    notes = np.flatnonzero(begun(words, table))
    before = words[np.maximum(notes - 1, 0)]
    is_said = (notes > 0) & (before >= table.velocity_0) & (before < table.off_0)
    said = np.where(is_said, before - table.velocity_0, -1)
    channel = (words[notes] - table.on_0) // 128
    bar = np.cumsum(words == table.bar)[notes]
    level = _running_levels(said, bar * 16 + channel, table.default_level)
    return np.insert(words, notes[~is_said], table.velocity_0 + level[~is_said])


def _running_levels(said: NDArray[np.int64], lane: NDArray[np.int64], default: int) -> NDArray[np.int64]:
    """Each note's level: the last said in its lane (a channel within a bar), −1 being unsaid: int64 (notes,)."""
    order = np.argsort(lane, kind="stable")
    sorted_said, sorted_lane = said[order], lane[order]
    at = np.arange(len(said))
    is_first = np.diff(sorted_lane, prepend=-1) != 0
    known = np.maximum.accumulate(np.where((sorted_said >= 0) | is_first, at, 0)) if len(at) else at
    levels = np.empty_like(said)
    levels[order] = np.where(sorted_said[known] >= 0, sorted_said[known], default)
    return levels


def word_level(table: WordTable) -> Tokenizer:
    """A tokenizer with one id for every word."""
    texts = [text if word < table.meta_end else text + SPACE for word, text in enumerate(table.texts)]
    tokenizer = Tokenizer(
        models.WordLevel({text: word for word, text in enumerate(texts)}, unk_token=table.specials[0])
    )
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(" ", "merged_with_previous"),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    tokenizer.add_special_tokens([AddedToken(text, rstrip=True, normalized=False) for text in table.specials])
    tokenizer.decoder = decoders.ByteLevel()
    return tokenizer
