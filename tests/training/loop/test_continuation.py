"""A model plays on from a held-out song's first bars, and what comes is music that the codec takes."""

from pathlib import Path

import numpy as np
import pytest

from copilot.codec.vocabulary import Vocabulary, train_tokenizer
from copilot.codec.words import GridParams, WordTable
from copilot.music.midifile import read_score
from training.config import ModelConfig
from training.corpus import Corpus
from training.loop.continuation import BARS, PROMPT_BARS, Continuation
from training.model.network import build_model
from training.windows.sampler import Sampler
from training.windows.words import Words

TABLE = WordTable(GridParams())
VOCAB = Vocabulary(train_tokenizer([" ".join(TABLE.texts[TABLE.meta_end :]) + " "], TABLE, 6000), TABLE)
WINDOW = 700


@pytest.fixture
def sampler(blues_corpus: Path) -> Sampler:
    return Sampler(Corpus.open(blues_corpus).training(), {"styles.blues": 1.0}, TABLE)


def test_the_model_goes_on_where_the_song_s_bars_end(tmp_path: Path, sampler: Sampler) -> None:
    """Even a model that knows nothing writes a file with the given bars and its own, under the grammar."""
    model = build_model(
        ModelConfig(hidden=32, layers=1, heads=2, kv_heads=1), VOCAB.size, 0, WINDOW, 0
    ).eval()
    sketch = Continuation(sampler, VOCAB, WINDOW, 3, 1.0, 0.95)
    sketch(model, tmp_path / "samples" / "a.mid")
    sketch(model, tmp_path / "b.mid")
    score = read_score(tmp_path / "samples" / "a.mid")
    bar_ticks = score.ticks_per_beat * 4
    starts = np.asarray([note.start_ticks for part in score.parts for note in part.notes])
    assert (starts < PROMPT_BARS * bar_ticks).any()
    assert (starts >= PROMPT_BARS * bar_ticks).any()
    assert starts.max() < BARS * bar_ticks
    assert (tmp_path / "b.mid").read_bytes() == (tmp_path / "samples" / "a.mid").read_bytes()


def test_a_song_of_a_single_bar_is_a_prompt_too(tmp_path: Path, sampler: Sampler) -> None:
    """The bar's length is then taken as four beats."""

    class OneBar(Sampler):
        def draw(self, rng: np.random.Generator, max_words: int) -> Words:
            words = sampler.draw(rng, 200)
            return words[: int(np.flatnonzero(words == TABLE.bar)[1])]

    one_bar = OneBar.__new__(OneBar)
    model = build_model(ModelConfig(hidden=32, layers=1, heads=2, kv_heads=1), VOCAB.size, 0, 300, 0).eval()
    Continuation(one_bar, VOCAB, 300, 0, 1.0, 1.0)(model, tmp_path / "a.mid")
    assert read_score(tmp_path / "a.mid").note_count > 0
