"""Reading and writing standard MIDI files."""

import io
import logging
import struct
from itertools import pairwise
from pathlib import Path

import mido
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from copilot.errors import MidiFileError
from copilot.music import smf
from copilot.music.midifile import Marker, one_press_a_key, read_score, write_score
from copilot.music.score import MeterChange, Note, Part, Score, TempoChange
from tests.music.strategies import notes, scores

ONE_NOTE = (Note(0, 480, 60, 90),)


def midi(*tracks: list[mido.Message | mido.MetaMessage], ticks: int = 480, kind: int = 1) -> bytes:
    file = mido.MidiFile(type=kind, ticks_per_beat=ticks)
    file.tracks.extend(mido.MidiTrack(track) for track in tracks)
    buffer = io.BytesIO()
    file.save(file=buffer)
    return buffer.getvalue()


def played(channel: int, pitch: int = 60, count: int = 1, program: int | None = None, name: str = "") -> list:
    track: list[mido.Message | mido.MetaMessage] = [mido.MetaMessage("track_name", name=name)]
    if program is not None:
        track.append(mido.Message("program_change", channel=channel, program=program))
    for _ in range(count):
        track.append(mido.Message("note_on", channel=channel, note=pitch, velocity=90))
        track.append(mido.Message("note_off", channel=channel, note=pitch, time=480))
    return track


@given(scores())
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_written_score_reads_back_the_same(tmp_path: Path, score: Score) -> None:
    """What is written is read: notes, channels, names, programs, tempi, meters, title."""
    path = tmp_path / "song.mid"
    write_score(score, path)
    assert read_score(path) == score


@given(st.lists(notes, max_size=30))
def test_one_press_a_key_never_overlaps_and_keeps_every_onset(many: list[Note]) -> None:
    """Notes of one pitch follow each other, and none that began is lost."""
    pressed = one_press_a_key(many)
    assert {(n.start_ticks, n.pitch) for n in pressed} == {(n.start_ticks, n.pitch) for n in many}
    for pitch in {n.pitch for n in many}:
        lane = [n for n in pressed if n.pitch == pitch]
        assert all(a.end_ticks <= b.start_ticks for a, b in pairwise(lane))
        assert all(n.start_ticks < n.end_ticks for n in lane)
    assert one_press_a_key(pressed) == pressed


@given(st.data())
@settings(max_examples=250, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_damage_gives_a_score_or_one_line(blues_bytes: bytes, data: st.DataObject) -> None:
    """Flipped, cut and inserted bytes never raise anything but MidiFileError, of one line."""
    broken = bytearray(blues_bytes)
    for _ in range(data.draw(st.integers(1, 8))):
        # The front holds headers, tempi and names, so half of the damage goes there.
        end = data.draw(st.sampled_from((min(120, len(broken)), len(broken))))
        at = data.draw(st.integers(0, max(0, end - 1)))
        broken[at : at + data.draw(st.integers(0, 3))] = data.draw(st.binary(max_size=3))
    try:
        score = read_score(bytes(broken))
    except MidiFileError as error:
        assert "\n" not in str(error)
    else:
        assert score.note_count > 0
        assert all(1 <= part.channel <= 15 for part in score.parts)


@pytest.mark.parametrize("cut", [0, 3, 13, 14, 20, 22, 60, 400, -1])
def test_truncated_file_is_refused(blues_bytes: bytes, cut: int) -> None:
    """A file cut anywhere, even between tracks, is an error and not a shorter song."""
    with pytest.raises(MidiFileError, match=r"truncated|not a standard MIDI file"):
        read_score(blues_bytes[:cut])


def test_file_cut_between_tracks_is_refused() -> None:
    """A header that promises more tracks than follow tells of a cut."""
    whole = midi(played(1), played(2))
    with pytest.raises(MidiFileError, match="truncated"):
        read_score(whole[: whole.rindex(b"MTrk")])


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"", "not a standard MIDI file"),
        (b"RIFF" + bytes(40), "not a standard MIDI file"),
        (b"MThd" + struct.pack(">IHHH", 6, 1, 0, 480), "no notes"),
        (b"MThd" + struct.pack(">IHHH", 6, 1, 0, 0), "0 ticks a beat"),
        (b"MThd" + struct.pack(">IHHH", 6, 1, 0, 0xE728), "SMPTE"),
        (b"MThd" + struct.pack(">IHHH", 6, 2, 0, 480), "format 2"),
        (b"MThd" + struct.pack(">IHHH", 6, 7, 0, 480), "malformed MIDI header"),
        (b"MThd" + struct.pack(">IHHH", 2, 1, 0, 480), "malformed MIDI header"),
        (midi([]), "no notes"),
    ],
)
def test_unusable_bytes_say_what_they_are(data: bytes, says: str) -> None:
    """Each kind of bad file has its own line."""
    with pytest.raises(MidiFileError, match=says):
        read_score(data)


def track_of(events: bytes) -> bytes:
    return b"MThd" + struct.pack(">IHHH", 6, 0, 1, 96) + b"MTrk" + struct.pack(">I", len(events)) + events


@pytest.mark.parametrize(
    ("events", "says"),
    [
        (b"\x00\x90\x3c", "ends within an event"),
        (b"\x00\xff\x03\x09abc", "ends within an event"),
        (b"\x00\x3c\x40", "without a status byte"),
        (b"\x00\x90\xc8\x40", "data byte of 200"),
        (b"\x00\xf4", "0xF4"),
        (b"\xff\xff\xff\xff\x7f\x90\x3c\x40", "four bytes"),
    ],
)
def test_malformed_events_are_named(events: bytes, says: str) -> None:
    """What no MIDI file may hold is refused, with the track's number."""
    with pytest.raises(MidiFileError, match=f"track 1 is malformed.*{says}"):
        read_score(track_of(events))


def test_paths_that_hold_no_file_say_so(tmp_path: Path) -> None:
    """A missing file and a directory are told apart."""
    with pytest.raises(MidiFileError, match="no such file"):
        read_score(tmp_path / "nothing.mid")
    with pytest.raises(MidiFileError, match="is a directory"):
        read_score(tmp_path)
    with pytest.raises(MidiFileError, match="not a path"):
        read_score("a\0b.mid")


def test_huge_file_is_refused_unread(tmp_path: Path) -> None:
    """The size is looked at before the bytes."""
    path = tmp_path / "huge.mid"
    with path.open("wb") as file:
        file.truncate(65 * 2**20)
    with pytest.raises(MidiFileError, match="65 MiB, at most 64"):
        read_score(path)


def test_too_many_notes_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """Reading stops at the limit, and the line names it."""
    monkeypatch.setattr(smf, "MAX_NOTES", 100)
    with pytest.raises(MidiFileError, match="more than 100 notes"):
        read_score(midi(played(1, count=101)))


def test_endless_song_is_refused() -> None:
    """A song of days is no song."""
    off = mido.Message("note_off", channel=1, note=60, time=0x0FFFFFFF)
    with pytest.raises(MidiFileError, match="hours, at most 6"):
        read_score(midi([mido.Message("note_on", channel=1, note=60, velocity=9), off], ticks=24))


def test_players_get_channels_of_their_own() -> None:
    """The file's channel 0 moves, drums go to 9 as one part, others stay where they can."""
    score = read_score(
        midi(played(0, program=0), played(5, program=33), played(5, program=24), played(9), played(9, 38))
    )
    assert [(part.channel, part.role) for part in score.parts] == [
        (1, "keys"),
        (5, "bass"),
        (2, "guitar"),
        (9, "drums"),
    ]
    assert {note.pitch for note in score.parts[3].notes} == {60, 38}


def test_program_set_in_another_track_counts() -> None:
    """Files that set up all channels in their first track keep their sounds."""
    setup: list[mido.Message | mido.MetaMessage] = [
        mido.Message("program_change", channel=3, program=25),
        mido.Message("program_change", channel=4, program=33),
    ]
    score = read_score(midi(setup, played(3), played(4, 40)))
    assert [part.program for part in score.parts] == [25, 33]


def test_forty_tracks_are_merged_by_role(caplog: pytest.LogCaptureFixture) -> None:
    """No note is lost, no channel used twice, and a line says what was done."""
    tracks = [played(i % 16, pitch=40 + i, count=i + 1, program=(i * 8) % 128) for i in range(40)]
    with caplog.at_level(logging.WARNING):
        score = read_score(midi(*tracks))
    channels = [part.channel for part in score.parts]
    assert len(channels) == len(set(channels)) <= 15
    assert score.note_count == sum(range(1, 41))
    assert "parts for 15 channels" in caplog.text


def test_note_without_an_end_is_ended(caplog: pytest.LogCaptureFixture) -> None:
    """A hanging note lasts four beats at most."""
    hang = mido.Message("note_on", channel=1, note=64, velocity=80)
    with caplog.at_level(logging.WARNING):
        score = read_score(midi([hang, *played(1, count=9)]))
    assert next(n for n in score.parts[0].notes if n.pitch == 64).end_ticks == 4 * 480
    assert "1 notes have no note-off" in caplog.text


def test_absurd_tempo_is_clamped(caplog: pytest.LogCaptureFixture) -> None:
    """Tempi go to the nearer end of 20–999 bpm, with a warning."""
    tempi = [mido.MetaMessage("set_tempo", tempo=1), mido.MetaMessage("set_tempo", tempo=2**24 - 1, time=480)]
    with caplog.at_level(logging.WARNING):
        score = read_score(midi(tempi, played(1)))
    assert score.tempi == (TempoChange(0, 999.0), TempoChange(480, 20.0))
    assert "outside 20–999 bpm" in caplog.text


@pytest.mark.parametrize("beat_us", [508_474, 508_475])
def test_whole_tempo_is_read_whole(beat_us: int) -> None:
    """118 bpm, rounded or cut to microseconds by its writer, is 118."""
    score = read_score(midi([mido.MetaMessage("set_tempo", tempo=beat_us)], played(1)))
    assert score.tempi == (TempoChange(0, 118.0),)


def test_meter_of_one_beat_is_read_as_four() -> None:
    """Exporters that know no meter write 1/4."""
    score = read_score(midi([mido.MetaMessage("time_signature", numerator=1, denominator=4)], played(1)))
    assert score.meters == (MeterChange(0, 4, 4),)


def test_copilot_has_its_own_track(tmp_path: Path) -> None:
    """Channel 0 is written as `copilot`, whatever its part is called; markers stand in the first track."""
    score = Score(480, (Part(0, "bass", ONE_NOTE, "me", 33), Part(2, "keys", ONE_NOTE, "Rhodes", 4)))
    write_score(score, tmp_path / "jam.mid", markers=[Marker(480, "B♭7")])
    file = mido.MidiFile(tmp_path / "jam.mid", charset="utf-8")
    assert [track.name for track in file.tracks] == ["", "copilot", "Rhodes"]
    assert [m.channel for m in file.tracks[1] if m.type == "note_on"] == [0]
    assert [m.text for m in file.tracks[0] if m.type == "marker"] == ["B♭7"]


def test_repeated_note_ends_before_it_begins_again(tmp_path: Path) -> None:
    """At one tick the note-off stands first, or the second note would be cut at once."""
    twice = (Note(0, 480, 60, 90), Note(480, 960, 60, 90))
    write_score(Score(480, (Part(1, "keys", twice),)), tmp_path / "a.mid")
    kinds = [m.type for m in mido.MidiFile(tmp_path / "a.mid").tracks[1] if m.type.startswith("note")]
    assert kinds == ["note_on", "note_off", "note_on", "note_off"]


def test_failed_write_leaves_nothing(tmp_path: Path) -> None:
    """A place that can't be written gives one line and no half file."""
    score = Score(480, (Part(1, "keys", ONE_NOTE),))
    with pytest.raises(MidiFileError, match="can't be written"):
        write_score(score, tmp_path / "no" / "a.mid")
    (tmp_path / "taken.mid").mkdir()
    with pytest.raises(MidiFileError, match="can't be written"):
        write_score(score, tmp_path / "taken.mid")
    assert [path.name for path in tmp_path.iterdir()] == ["taken.mid"]


@pytest.mark.data
def test_real_files_survive_a_round_trip(jam_examples: list[Path], tmp_path: Path) -> None:
    """What was read from the world is written and read back the same."""
    for path in jam_examples:
        score = read_score(path)
        write_score(score, tmp_path / "again.mid")
        again = read_score(tmp_path / "again.mid")
        assert [(p.channel, p.notes, p.program) for p in again.parts] == [
            (p.channel, p.notes, p.program) for p in score.parts
        ]
        assert (again.tempi, again.meters) == (score.tempi, score.meters)
