"""Whose windows are drawn: the sources that the weights name."""

import math
from pathlib import Path

import pytest

from copilot.codec.words import WordTable
from copilot.errors import ConfigError
from training.corpus import Corpus
from training.windows.sampler import Sampler


def test_a_weight_of_no_source_is_one_line(blues_corpus: Path, table: WordTable) -> None:
    """A typo in a source's name is not dropped: the line lists the names that there are."""
    songs = Corpus.open(blues_corpus).training()
    with pytest.raises(
        ConfigError, match=r"weight of blue: is no source of this corpus \(styles\.blues\)"
    ) as caught:
        Sampler(songs, {"styles.blues": 1.0, "blue": 1.0}, table)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("weight", [0.0, -1.0, math.nan, math.inf])
def test_a_weight_that_is_no_share_is_one_line(weight: float, blues_corpus: Path, table: WordTable) -> None:
    """Nothing, less than nothing and what is no number can't be drawn by."""
    songs = Corpus.open(blues_corpus).training()
    with pytest.raises(ConfigError, match=r"of styles\.blues is not above 0: mend"):
        Sampler(songs, {"styles.blues": weight}, table)


def test_a_source_without_songs_is_passed_over(blues_corpus: Path, table: WordTable) -> None:
    """A source of the corpus whose songs were all rejected, or all held out, is no typo."""
    corpus = Corpus.open(blues_corpus)
    songs = corpus.training()
    corpus.sources = ("styles.blues", "rejected")
    assert Sampler(songs, {"styles.blues": 1.0, "rejected": 3.0}, table)._shares.tolist() == [1.0]
    with pytest.raises(ConfigError, match="no song of any source"):
        Sampler(songs, {"rejected": 3.0}, table)
