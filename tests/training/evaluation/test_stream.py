"""A song as the ids that are predicted, and the windows that it is heard through."""

from dataclasses import replace

import numpy as np
import pytest

from copilot.codec.grid import GridCodec
from copilot.codec.vocabulary import Vocabulary, train_tokenizer
from copilot.codec.words import GridParams, WordTable
from copilot.errors import ConfigError
from training.corpus.song import Song
from training.evaluation.stream import Streamer, arrangement

TABLE = WordTable(GridParams())
VOCAB = Vocabulary(train_tokenizer([" ".join(TABLE.texts[TABLE.meta_end :]) + " "], TABLE, 1100), TABLE)
CODEC = GridCodec(VOCAB)


@pytest.mark.parametrize("window", [64, 100, 256, 4096])
def test_windows_predict_each_id_of_the_music_once_and_no_other(window: int, songs: list[Song]) -> None:
    """What the windows add lies end to end from the first bar line to the last note, in windows that fit."""
    streamer = Streamer(VOCAB, window)
    for song in songs:
        stream = streamer.stream(song)
        at = stream.given
        for passage in streamer.passages(stream):
            assert passage.at == at
            assert len(passage.ids) <= window + 1
            assert passage.ids[-passage.new :].tolist() == stream.ids[at : at + passage.new].tolist()
            at += passage.new
        assert at == len(stream.ids)


def test_windows_after_the_first_are_cut_as_a_flush_cuts(songs: list[Song]) -> None:
    """From a bar line on, under the same pinned words, with what sounds there announced: GridCodec.cut's own ids."""
    streamer = Streamer(VOCAB, 512)
    for song in songs:
        stream = streamer.stream(song)
        ids = stream.ids.tolist()
        cuts = {at: CODEC.cut(ids, at) for at in CODEC.cuts(ids)}
        first, *others = streamer.passages(stream)
        assert first.ids.tolist() == ids[: len(first.ids)]
        assert others
        for passage in others:
            assert any(passage.ids.tolist() == cut[: len(passage.ids)] for cut in cuts.values())


def test_after_a_flush_half_a_window_but_for_a_bar_is_context(songs: list[Song]) -> None:
    """No id after a song's first window is predicted from less than the newer half, up to its first bar line."""
    streamer = Streamer(VOCAB, 512)
    for song in songs:
        stream = streamer.stream(song)
        bar_ids = max(np.diff(CODEC.cuts(stream.ids.tolist())))
        for passage in list(streamer.passages(stream))[1:]:
            assert len(passage.ids) - passage.new >= 512 // 2 - bar_ids


def test_a_bar_longer_than_the_window_is_cut_at_a_delay(songs: list[Song]) -> None:
    """A song of one endless bar is still predicted whole."""
    streamer = Streamer(VOCAB, 128)
    stream = streamer.stream(replace(songs[0], bars=songs[0].bars[:1]))
    passages = list(streamer.passages(stream))
    assert sum(passage.new for passage in passages) == len(stream.ids) - stream.given
    assert len(passages) > 2


def test_a_window_without_room_is_refused(songs: list[Song]) -> None:
    """Pinned words alone must leave room for music."""
    streamer = Streamer(VOCAB, 8)
    with pytest.raises(ConfigError, match="a window of 8 ids is too short"):
        list(streamer.passages(streamer.stream(songs[0])))


def test_a_song_is_arranged_the_same_every_time_and_says_all_it_knows(songs: list[Song]) -> None:
    """The draw hangs on the song's name alone; genre, tempo, meter, part and players are said."""
    for song in songs:
        cut = arrangement(song)
        assert cut == arrangement(replace(song, notes=song.notes.copy()))
        assert (cut.bar, cut.semitones, cut.rests) == (0, 0, ())
        mine = next(part for part, seat in cut.seats.items() if seat == 0)
        assert cut.header.part == song.roles[mine]
        assert (cut.header.genre, cut.header.meter) == (song.genre, song.meter)
        assert set(cut.header.seats) == {seat for seat in cut.seats.values() if seat}


def test_songs_differ_in_the_part_that_is_the_copilot_s(songs: list[Song]) -> None:
    """Over many names every role has its turn."""
    parts = {arrangement(replace(songs[0], name=str(name))).header.part for name in range(40)}
    assert parts == set(songs[0].roles)


def test_a_stream_is_what_the_codec_reads(songs: list[Song]) -> None:
    """Its ids are words of the grammar from first to last."""
    stream = Streamer(VOCAB, 64).stream(songs[0])
    assert VOCAB.words(stream.ids.tolist()) == stream.words.tolist()
    assert CODEC.decode(stream.ids.tolist()).note_count == np.count_nonzero(stream.words >= TABLE.on_0)
