"""Who plays what in a window."""

from dataclasses import replace

import numpy as np

from copilot.codec.charge import charged
from copilot.codec.words import SEATS, WordTable
from copilot.music.rows import PART, PITCH
from training.corpus.song import Song
from training.windows.arrange import TRANSPOSITIONS, draw_cut
from training.windows.words import window_words


def test_one_part_is_the_copilot_s_and_the_rest_sit_by_role(songs: list[Song]) -> None:
    """Channel 0 is always taken, and every other seat by a part of its role."""
    for seed in range(60):
        song = songs[seed % 3]
        cut = draw_cut(song, np.random.default_rng(seed), 256)
        assert sorted(cut.seats.values())[0] == 0
        assert len(set(cut.seats.values())) == len(cut.seats)
        assert all(SEATS[seat] == song.roles[part] for part, seat in cut.seats.items() if seat)


def test_every_role_gets_its_turn(songs: list[Song]) -> None:
    """Over many draws each role of a song is the copilot's about equally often."""
    song, counts = songs[0], dict.fromkeys(songs[0].roles, 0)
    for seed in range(400):
        cut = draw_cut(song, np.random.default_rng(seed), 256)
        counts[song.roles[next(part for part, seat in cut.seats.items() if seat == 0)]] += 1
    assert min(counts.values()) > 0.5 * 400 / len(counts)


def test_the_copilot_s_part_plays_in_most_bars(songs: list[Song], table: WordTable) -> None:
    """A model learns to go on playing: parts that mostly rest are not the copilot's."""
    for seed in range(40):
        cut = replace(draw_cut(songs[seed % 3], np.random.default_rng(seed), 512), rests=())
        words = window_words(songs[seed % 3], cut, table, 512)
        bar = np.cumsum(words == table.bar)
        playing = np.unique(bar[(words >= table.on_0) & (words < table.on_0 + 128)])
        assert len(playing) >= 0.6 * bar[-1]


def test_nothing_of_the_copilot_s_begins_while_it_rests(songs: list[Song], table: WordTable) -> None:
    """A rest takes the copilot's notes and their ends out, and leaves the players' alone."""
    cut = replace(draw_cut(songs[0], np.random.default_rng(1), 512), bar=0)
    whole = window_words(songs[0], replace(cut, rests=()), table, 10**6)
    silent = window_words(songs[0], replace(cut, rests=((0, 10**6),)), table, 10**6)
    channels, left = charged(whole, table), charged(silent, table)
    is_on = whole >= table.on_0
    assert 0 not in left
    assert silent[silent >= table.on_0].tolist() == whole[is_on & (channels != 0)].tolist()


def test_half_the_windows_have_the_copilot_enter_late(songs: list[Song]) -> None:
    """Entries lie anywhere in the first two bars, and about half the windows have one."""
    cuts = [draw_cut(songs[0], np.random.default_rng(seed), 512) for seed in range(200)]
    entries = [
        until - int(songs[0].bars[cut.bar]) for cut in cuts for from_tick, until in cut.rests if not from_tick
    ]
    assert 70 < len(entries) < 130
    assert 0 <= min(entries) < 96
    assert 150 < max(entries) <= 192


def test_drums_are_never_transposed_and_always_named(songs: list[Song], table: WordTable) -> None:
    """The drum word never goes unsaid, and drum pitches stay what they are in any key."""
    drums = songs[0].roles.index("drums")
    pitches = set(songs[0].notes[songs[0].notes[:, PART] == drums, PITCH].tolist())
    for seed in range(80):
        cut = draw_cut(songs[0], np.random.default_rng(seed), 256)
        assert cut.semitones in TRANSPOSITIONS
        seat = cut.seats.get(drums)
        if seat is None:
            continue
        assert seat == 9 or cut.header.part == "drums"
        words = window_words(songs[0], cut, table, 4096) - table.on_0
        assert set(words[(words >= seat * 128) & (words < seat * 128 + 128)] % 128) <= pitches


def test_each_word_is_left_unsaid_one_time_in_ten(songs: list[Song]) -> None:
    """Part (but never drums), tempo and meter, each by itself."""
    headers = [draw_cut(songs[0], np.random.default_rng(seed), 256).header for seed in range(600)]
    for name in ("tempo_bpm", "meter"):
        assert 0.06 < np.mean([getattr(header, name) is None for header in headers]) < 0.14
    players = [
        cut.header.part is None
        for seed in range(600)
        if songs[0].roles[(cut := draw_cut(songs[0], np.random.default_rng(seed), 256)).mine] != "drums"
    ]
    assert 0.06 < np.mean(players) < 0.14


def test_the_genre_is_said_half_the_time_and_of_a_guest_always(songs: list[Song]) -> None:
    """Who is told no genre plays with the band; one who plays otherwise is never met without the word."""

    def unsaid(song: Song) -> float:
        headers = [draw_cut(song, np.random.default_rng(seed), 256).header for seed in range(400)]
        return float(np.mean([header.genre is None for header in headers]))

    assert 0.42 < unsaid(songs[0]) < 0.58
    assert unsaid(replace(songs[0], own=(0,))) == 0.0


def test_the_tempo_that_is_said_is_a_tenth_off_at_most(songs: list[Song]) -> None:
    """On both sides, and words of neighbouring tempi are said too; no note moves by it."""
    tempi = [draw_cut(songs[0], np.random.default_rng(seed), 256).header.tempo_bpm for seed in range(200)]
    said = np.asarray([tempo for tempo in tempi if tempo is not None]) / songs[0].tempo_bpm
    assert 0.9 <= said.min() < 0.92
    assert 1.08 < said.max() <= 1.1
    unknown = replace(songs[0], tempo_bpm=None)
    assert draw_cut(unknown, np.random.default_rng(0), 256).header.tempo_bpm is None


def test_the_band_is_louder_or_softer_as_one(songs: list[Song], table: WordTable) -> None:
    """Each part is moved by a constant, parts of a window near one another, and velocity stays within MIDI."""
    shifts = []
    for seed in range(200):
        louder = list(draw_cut(songs[0], np.random.default_rng(seed), 256).louder.values())
        assert max(louder) - min(louder) <= 12
        shifts += louder
    assert -18 <= min(shifts) < -14
    assert 14 < max(shifts) <= 18
    cut = replace(draw_cut(songs[0], np.random.default_rng(1), 256), rests=())
    for shift in (-200, 200):
        words = window_words(songs[0], replace(cut, louder=dict.fromkeys(cut.seats, shift)), table, 4096)
        said = words[(words >= table.velocity_0) & (words < table.off_0)] - table.velocity_0
        assert set(said.tolist()) == {0 if shift < 0 else table.params.velocity_levels - 1}


def test_pitches_stay_within_midi() -> None:
    """A song that touches both ends of the keyboard is not transposed."""
    notes = np.asarray([[0, 12, 0, 0, 90], [24, 36, 0, 127, 90]] * 20, dtype=np.int32)
    song = Song("x", "x", "x", None, None, None, ("keys",), notes, np.arange(0, 96, 96, dtype=np.int32))
    assert {draw_cut(song, np.random.default_rng(seed), 64).semitones for seed in range(20)} == {0}
