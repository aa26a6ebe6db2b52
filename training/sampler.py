"""Windows drawn from the corpus: batch k of a seed is always the same, so a resumed run needs no generator state."""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from copilot.codec.words import WordTable
from copilot.errors import ConfigError
from training.arrange import draw_cut
from training.song import Song
from training.windows import Words, window_words


class Sampler:
    """Draws a source by its weight, then a song by the square root of its length, then a window of it."""

    def __init__(self, songs: Sequence[Song], weights: Mapping[str, float], table: WordTable) -> None:
        present = [source for source in weights if any(song.source == source for song in songs)]
        if not present:
            raise ConfigError("no song of any source in [corpus.weights]: run `copilot-train corpus` again")
        self.table = table
        self._songs = [[song for song in songs if song.source == source] for source in present]
        self._shares = _shares([weights[source] for source in present])
        self._song_shares = [_shares([len(song.notes) ** 0.5 for song in of]) for of in self._songs]

    def draw(self, rng: np.random.Generator, max_words: int) -> Words:
        """The words of one window: int64, at most `max_words`."""
        source = int(rng.choice(len(self._songs), p=self._shares))
        song = self._songs[source][int(rng.choice(len(self._songs[source]), p=self._song_shares[source]))]
        return window_words(song, draw_cut(song, rng, max_words), self.table, max_words)


def _shares(weights: Sequence[float]) -> NDArray[np.float64]:
    shares = np.asarray(weights, dtype=np.float64)
    shares /= shares.sum()
    return shares
