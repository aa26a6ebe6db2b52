"""A held-out song as ids from its first bar to its last note, and the windows that a model hears it through.

A song is arranged as in training, with all that the header may say said, in its own key and without made rests.
Which of its parts is the copilot's, and who else plays, is drawn from a hash of its name: the same whatever other
songs are measured with it.
"""

import hashlib

import numpy as np

from copilot.codec.passages import Stream, Windows
from copilot.codec.words import Header
from training.corpus.song import Song
from training.windows.arrange import draw_cut
from training.windows.words import Cut, window_words

_WHOLE_SONG = 1 << 40


def arrangement(song: Song) -> Cut:
    """The whole song for one copilot and its players."""
    seed = hashlib.sha256(f"{song.source}/{song.name}".encode()).digest()
    seats = draw_cut(song, np.random.default_rng(list(seed)), 1).seats
    mine = next(part for part, seat in seats.items() if seat == 0)
    header = Header(
        genre=song.genre,
        part=song.roles[mine],
        tempo_bpm=song.tempo_bpm,
        meter=song.meter,
        seats=tuple(seat for seat in seats.values() if seat),
    )
    return Cut(seats, header)


class Streamer(Windows):
    """Songs → streams → passages, in one vocabulary."""

    def stream(self, song: Song) -> Stream:
        """The song's ids."""
        return self.stream_of(window_words(song, arrangement(song), self.table, _WHOLE_SONG))
