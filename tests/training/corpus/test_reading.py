"""A file's bytes → a song, the same as the stage's own reader gives."""

import struct
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from copilot.codec.words import GridParams
from copilot.music.casting import polyphony
from copilot.music.midifile import one_press_a_key, read_score
from copilot.music.roles import ROLES
from copilot.music.rows import END, PART, PITCH, START
from copilot.music.score import MeterChange, Note, Part, Score, TempoChange
from copilot.music.theory import key_of
from training.corpus import records
from training.corpus.facts import key_of_notes, pulse
from training.corpus.grid import in_time, on_grid, one_press
from training.corpus.make import song_of
from training.corpus.parts import texture
from training.corpus.raw import RawSong, from_midi, from_score
from training.corpus.records import Item, Made, Traits
from training.corpus.unusable import Unusable

TRAITS = Traits(None, False, False, True, False, False, 0.5, 0.25)
EXAMPLE = Path(__file__).parents[3] / "copilot" / "examples" / "blues.mid"
COLLECTION = Path(__file__).parents[4] / "shared" / "data" / "jam-examples"
HEADER = struct.pack(">4sIHHH", b"MThd", 6, 0, 1, 96)
END_OF_TRACK = b"\x00\xff\x2f\x00"


def track(events: bytes) -> bytes:
    return struct.pack(">4sI", b"MTrk", len(events + END_OF_TRACK)) + events + END_OF_TRACK


def song(raw: RawSong, traits: Traits = TRAITS, beats: str | None = None) -> Made:
    return song_of(raw, Item(0, "x", "x"), traits, GridParams(), content=b"", beats=beats)


def notes_of(made: Made) -> np.ndarray:
    return np.frombuffer(made.notes, dtype=np.int32).reshape(-1, 5)


def roles_of(made: Made) -> list[str]:
    return [ROLES[role] for role in np.frombuffer(made.parts, dtype=records.PART)["role"]]


def by_the_stage(score: Score, ticks_per_beat: int) -> np.ndarray:
    """Notes of int32 (notes, 5) as `Score.resampled` and `one_press_a_key` make them."""
    on_the_grid = score.resampled(ticks_per_beat)
    rows = [
        (note.start_ticks, note.end_ticks, index, note.pitch, note.velocity)
        for index, part in enumerate(on_the_grid.parts)
        for note in one_press_a_key(part.notes)
    ]
    notes = np.asarray(rows, dtype=np.int32).reshape(-1, 5)
    return notes[np.lexsort((notes[:, PITCH], notes[:, PART], notes[:, START]))]


def without_parts(notes: np.ndarray) -> list[tuple[int, ...]]:
    return sorted(map(tuple, notes[:, [0, 1, 3, 4]].tolist()))


@pytest.mark.data
def test_real_files_give_what_the_stage_s_reader_gives() -> None:
    """Note for note, bar for bar and role for role, by symusic and by the project's own parser."""
    files = sorted(COLLECTION.glob("*.mid"))
    if not files:
        pytest.skip(f"no MIDI collection at {COLLECTION}")
    for path in files:
        score, made = read_score(path), song(from_midi(path.read_bytes()))
        notes = notes_of(made)
        assert without_parts(notes) == without_parts(by_the_stage(score, 24)), path.name
        end = int(notes[:, END].max())
        assert np.frombuffer(made.bars, dtype=np.int32).tolist() == score.resampled(24).bar_lines(end), (
            path.name
        )
        assert made.tempo_bpm == score.tempi[0].tempo_bpm
        if any(
            part.program for part in score.parts
        ):  # else register and rhythm tell more than the stage asks
            assert sorted(roles_of(made)) == sorted(part.role for part in score.parts), path.name


def test_the_packaged_example_gives_what_the_stage_s_reader_gives() -> None:
    """Without the collections beside the checkout, one file still holds the two readers together."""
    score, made = read_score(EXAMPLE), song(from_midi(EXAMPLE.read_bytes()))
    assert without_parts(notes_of(made)) == without_parts(by_the_stage(score, 24))
    assert sorted(roles_of(made)) == sorted(part.role for part in score.parts)
    assert (made.tempo_bpm, made.meter) == (118.0, 2)


raw_notes = st.lists(
    st.builds(
        lambda start, length, pitch, velocity: Note(start, start + length, pitch, velocity),
        st.integers(0, 300), st.integers(1, 200), st.integers(58, 62), st.integers(1, 127),
    ),
    min_size=1,
    max_size=40,
)  # fmt: skip
scores = st.builds(
    lambda parts, ticks: Score(
        ticks, tuple(Part(i + 1, "keys", tuple(sorted(notes))) for i, notes in enumerate(parts))
    ),
    st.lists(raw_notes, min_size=1, max_size=3),
    st.sampled_from([24, 96, 100, 480]),
)


@given(scores)
def test_pressing_and_gridding_in_numpy_equal_the_stage_s(score: Score) -> None:
    """Any overlaps, unisons and resolutions come out as from Score.resampled and one_press_a_key."""
    pressed = Score(
        score.ticks_per_beat,
        tuple(Part(part.channel, part.role, one_press_a_key(part.notes)) for part in score.parts),
    )
    raw = from_score(score)
    ours = in_time(one_press(on_grid(one_press(raw.notes), score.ticks_per_beat, 24)))
    assert ours.tolist() == by_the_stage(pressed, 24).tolist()


@given(scores)
def test_texture_equals_the_stage_s(score: Score) -> None:
    """Mean pitch and polyphony, part by part."""
    pressed = [one_press_a_key(part.notes) for part in score.parts]
    played = texture(one_press(from_score(score).notes), len(score.parts), score.ticks_per_beat)
    assert played.counts.tolist() == [len(notes) for notes in pressed]
    assert played.voices.tolist() == pytest.approx([polyphony(notes) for notes in pressed])
    assert played.mean_pitch.tolist() == pytest.approx(
        [sum(note.pitch for note in notes) / len(notes) for notes in pressed]
    )


def test_the_key_is_the_score_s() -> None:
    """The corpus and the stage tell one key."""
    score = read_score(EXAMPLE)
    made = song(from_midi(EXAMPLE.read_bytes()))
    key = key_of(score)
    assert key is not None
    assert made.key == key.tonic + 12 * (key.mode == "minor")
    drums = np.asarray([role == "drums" for role in roles_of(made)])
    assert key_of_notes(notes_of(made)[drums[notes_of(made)[:, PART]]], drums) is None


@pytest.mark.parametrize(
    ("data", "reason", "detail"),
    [
        (b"", "no MIDI", "no MThd"),
        (b"nonsense" * 10, "no MIDI", "no MThd"),
        (HEADER, "too few notes", "0 notes"),
        (HEADER + track(b"\x00\x90\x40\x40\x10\x80\x40\x40"), "too few notes", "1 notes"),
        (HEADER + track(b"\x00\x90\x40\x40")[:-3], "malformed", "chunk"),
        (HEADER + track(b"\x00\x90\xc0\x40\x10\x80\x40\x40"), "malformed", "pitch=192"),
        (HEADER[:8] + struct.pack(">HHH", 2, 1, 96), "malformed", "format 2"),
        (HEADER[:12] + b"\xe7\x28", "malformed", "ticks a beat"),
        (HEADER[:12] + b"\x00\x00", "malformed", "ticks a beat"),
        (HEADER + track(b"\xff\xff\xff\x7f\x90\x40\x40\xff\xff\xff\x7f\x80\x40\x40" * 40), "too long", "31 bits"),
        (HEADER + track(b"\xff\xff\xff\x7f\x90\x40\x40\x10\x80\x40\x40" + b"\x00\x90\x40\x40\x10\x80\x40\x40" * 40),
         "too long", "hours"),
    ],
)  # fmt: skip
def test_a_file_that_is_no_song_says_why(data: bytes, reason: str, detail: str) -> None:
    """One word for the count, one line for the list."""
    with pytest.raises(Unusable) as caught:
        song(from_midi(data))
    assert caught.value.reason == reason
    assert detail in caught.value.detail


@settings(max_examples=300)
@given(st.data())
def test_a_mutated_file_is_a_song_or_has_a_reason(data: st.DataObject) -> None:
    """Bytes changed, dropped or put in at random never give anything else."""
    content = bytearray(EXAMPLE.read_bytes())
    for _ in range(data.draw(st.integers(1, 6))):
        at = data.draw(st.integers(0, len(content) - 1))
        content[at : at + data.draw(st.integers(0, 3))] = data.draw(st.binary(max_size=4))
    try:
        notes = notes_of(song(from_midi(bytes(content))))
    except Unusable:
        return
    assert (np.diff(notes[:, START]) >= 0).all()
    assert (notes[:, END] > notes[:, START]).all()
    assert notes[:, PITCH].min() >= 0
    assert notes.max(axis=0)[PITCH] <= 127


@given(st.binary(max_size=400))
def test_garbage_behind_a_header_is_a_song_or_has_a_reason(garbage: bytes) -> None:
    """Whatever a track holds."""
    for data in (HEADER + garbage, HEADER + track(garbage)):
        try:
            song(from_midi(data))
        except Unusable as verdict:
            assert verdict.reason in ("malformed", "too few notes", "too long", "no pulse")


def test_meters_and_tempi_become_bar_lines_and_words() -> None:
    """Bars follow the meter of their place; an odd meter has no word."""
    notes = tuple(Note(beat * 480, beat * 480 + 240, 60 + beat % 5, 90) for beat in range(40))
    meters = (MeterChange(0, 3, 4), MeterChange(6 * 480, 4, 4))
    score = Score(480, (Part(1, "keys", notes),), (TempoChange(0, 90.0),), meters)
    made = song(from_score(score))
    assert np.frombuffer(made.bars, dtype=np.int32).tolist()[:5] == [0, 72, 144, 240, 336]
    assert (made.tempo_bpm, made.meter) == (90.0, 1)
    odd = song(from_score(Score(480, score.parts, score.tempi, (MeterChange(0, 13, 8),))))
    assert odd.meter == records.UNKNOWN


def test_pulse_tells_playing_to_a_beat_from_playing_without() -> None:
    """Typed in, swung and loosely played music has one at any resolution; random onsets have none."""
    rng = np.random.default_rng(0)
    for ticks in (24, 96, 480):
        assert pulse(np.arange(0, 40 * ticks, ticks // 4), ticks) == pytest.approx(1.0)
        swung = np.concatenate([np.arange(40) * ticks, np.arange(40) * ticks + ticks * 5 // 8])
        assert pulse(swung, ticks) > 0.7
    loose = np.round(np.arange(4000) * 120 + rng.normal(10, 24, 4000)).astype(np.int64)  # ±25 ms at 120 bpm
    assert pulse(loose, 480) > 0.4
    assert pulse(rng.integers(0, 10**6, 4000), 480) < 0.1


def test_music_without_a_beat_is_passed_over_unless_it_is_said_to_be_performed() -> None:
    """A file that was recorded without a click teaches no time."""
    starts = np.sort(np.random.default_rng(0).integers(0, 40 * 480, 200)).tolist()
    notes = tuple(Note(start, start + 60, 60 + i % 12, 90) for i, start in enumerate(starts))
    score = Score(480, (Part(1, "keys", notes),))
    with pytest.raises(Unusable, match="no pulse"):
        song(from_score(score))
    assert song(from_score(score), Traits(None, False, True, True, False, False, 0.5, 0.25)).notes


def test_a_song_is_moved_onto_its_downbeats() -> None:
    """Notes that lie 5 ticks beside the file's own beat, with a bar that starts on its second beat, are put right."""
    notes = tuple(Note(5 + 24 * beat, 5 + 24 * beat + 12, 60, 90) for beat in range(40))
    score = Score(24, (Part(1, "keys", notes),), (TempoChange(0, 60.0),))
    beats = "\n".join(f"{(5 + 24 * beat) / 24} 0.0 {float(beat % 4 == 1)}" for beat in range(40))
    made = song(from_score(score), beats=beats)
    bars, moved = np.frombuffer(made.bars, dtype=np.int32), notes_of(made)
    assert bars.tolist() == list(range(0, 96 * 11, 96))[: len(bars)]
    assert set((moved[:, START] % 24).tolist()) == {0}
    assert moved[1, START] % 96 == 0
    with pytest.raises(Unusable, match="2 downbeats"):
        song(from_score(score), beats="0.2 0.0 1.0\n1.2 0.0 1.0\nnot a line of beats")
    with pytest.raises(Unusable, match="beat times are missing"):
        song(from_score(score), Traits(None, False, True, True, False, True, 0.5, 0.25))
