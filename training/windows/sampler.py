"""Windows drawn from the corpus: batch k of a seed is always the same, so a resumed run needs no generator state."""

import math
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from copilot.codec.words import WordTable
from copilot.errors import ConfigError
from training.corpus import SongView
from training.corpus.song import Song
from training.windows.arrange import draw_cut
from training.windows.words import Window, Words, window_of

_WHERE = "mend [corpus.weights], [pretrain.weights] or [finetune.weights]"


class Sampler:
    """Draws a source by its weight, then a song by the square root of its length, then a window of it.

    Without weights every source is drawn as often; one that has no song among these is passed over. Shares are summed
    up once, over note counts alone: for two million songs, numpy's own `choice` would add them all up at every draw.
    In the share `p_mistaken` of windows the copilot's part begins with mistakes. Raises ConfigError for a weight that
    is not above 0, or whose name is no source of the corpus.
    """

    def __init__(
        self, songs: SongView, weights: Mapping[str, float], table: WordTable, p_mistaken: float = 0.0
    ) -> None:
        self._corpus = songs.corpus
        weights = weights or dict.fromkeys(self._corpus.sources, 1.0)
        _check_weights(weights, self._corpus.sources)
        present = [source for source in weights if len(songs.of_source(source))]
        if not present:
            raise ConfigError("no song of any source in [corpus.weights]: run `copilot-train corpus` again")
        self.table, self._p_mistaken = table, p_mistaken
        self._songs = [songs.of_source(source) for source in present]
        self._shares = _summed(np.asarray([weights[source] for source in present]))
        self._song_shares = [_summed(np.sqrt(self._corpus.note_counts[numbers])) for numbers in self._songs]

    def draw(self, rng: np.random.Generator, max_words: int) -> Words:
        """The words of one window: int64, at most `max_words`."""
        return self.window(rng, max_words).words

    def window(self, rng: np.random.Generator, max_words: int) -> Window:
        """One window of at most `max_words` words."""
        source = int(np.searchsorted(self._shares, rng.random(), side="right"))

        def song_of_source() -> Song:
            index = int(np.searchsorted(self._song_shares[source], rng.random(), side="right"))
            return self._corpus.song(int(self._songs[source][index]))

        song = song_of_source()
        cut = draw_cut(song, rng, max_words, self._p_mistaken, song_of_source)
        return window_of(song, cut, self.table, max_words)


def _check_weights(weights: Mapping[str, float], sources: Sequence[str]) -> None:
    """A source that gave no song stands in the corpus' list all the same: a name that doesn't is a typo."""
    for name, weight in weights.items():
        if name not in sources:
            raise ConfigError(
                f"weight of {name}: is no source of this corpus ({', '.join(sources)}): "
                f"{_WHERE}, or run `copilot-train corpus` again"
            )
        if not 0 < weight < math.inf:
            raise ConfigError(f"weight {weight:g} of {name} is not above 0: {_WHERE}")


def _summed(weights: NDArray[np.floating]) -> NDArray[np.float64]:
    """Shares up to and including each: float64 (n,), rising to 1."""
    shares = np.asarray(weights, dtype=np.float64)
    summed: NDArray[np.float64] = np.cumsum(shares / shares.sum())
    summed /= summed[-1]
    return summed
