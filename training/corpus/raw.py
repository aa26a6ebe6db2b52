"""What a MIDI file or a generated score says, as arrays: before any grid, any role, any judgement."""

from dataclasses import dataclass
from typing import Any

import symusic

from copilot.music.midifile import MAX_BYTES, meter_changes, tempo_changes
from copilot.music.roles import Role
from copilot.music.rows import END, START, Rows, rows_of_parts, rows_of_tracks
from copilot.music.score import Score
from copilot.music.smf import MAX_NOTES
from training.corpus.unusable import Unusable

_HEADER_BYTES = 14


@dataclass(frozen=True, slots=True)
class RawPart:
    """What one track plays with one program. `role` is set where the maker of the notes knows it."""

    program: int
    name: str
    is_drums: bool
    role: Role | None = None


@dataclass(frozen=True, slots=True)
class RawSong:
    """`time` has no parts: it carries the ticks a beat, the tempi and the meters. Notes are in its ticks."""

    time: Score
    parts: tuple[RawPart, ...]
    notes: Rows


def from_midi(data: bytes) -> RawSong:
    """A standard MIDI file's bytes, read by symusic. Raises Unusable.

    A part is what one track plays on one channel with one program, as in `copilot.music.midifile`; two things
    differ. A note that nothing ends is left out (symusic drops it), and a program that another track sets is
    not known here: 6 notes and 9 of 245 files of freedoom. Channels but the drums' are not needed.
    """
    if len(data) > MAX_BYTES:
        raise Unusable("too large", f"{len(data):,} bytes, at most {MAX_BYTES:,} are read")
    if len(data) < _HEADER_BYTES or data[:4] != b"MThd":
        raise Unusable("no MIDI", "no MThd header")
    kind, ticks_per_beat = int.from_bytes(data[8:10]), int.from_bytes(data[12:14])
    if kind > 1:
        raise Unusable("malformed", f"format {kind}, only 0 and 1 are songs")
    if not 0 < ticks_per_beat < 0x8000:
        raise Unusable("malformed", "time is not counted in ticks a beat")
    try:
        midi: Any = symusic.Score.from_midi(data)  # typed for all its units of time at once, so not at all
    except (RuntimeError, ValueError) as error:
        raise Unusable("malformed", str(error).partition("\n")[0][:200]) from None
    tracks = [track for track in midi.tracks if track.note_num()]
    if sum(track.note_num() for track in tracks) > MAX_NOTES:
        raise Unusable("too large", f"more than {MAX_NOTES:,} notes")
    parts = tuple(
        # The one track of a format 0 file bears the song's name, which is no player's.
        RawPart(track.program, "" if kind == 0 else _text(track.name), track.is_drum)
        for track in tracks
    )
    tempi = midi.tempos.numpy()
    meters = midi.time_signatures.numpy()
    time = Score(
        ticks_per_beat,
        (),
        tempo_changes(zip(tempi["time"].tolist(), tempi["mspq"].tolist(), strict=True), ""),
        meter_changes(
            zip(*(meters[k].tolist() for k in ("time", "numerator", "denominator")), strict=True), ""
        ),
    )
    return RawSong(time, parts, _rows(tracks))


def from_score(score: Score) -> RawSong:
    """A score that was made here, whose parts know their roles."""
    parts = tuple(RawPart(part.program, part.name, part.is_drums, part.role) for part in score.parts)
    time = Score(score.ticks_per_beat, (), score.tempi, score.meters)
    return RawSong(time, parts, rows_of_parts(score.parts))


def _rows(tracks: list[Any]) -> Rows:
    rows = rows_of_tracks(tracks)
    if rows[START].min(initial=0) < 0 or rows[END].max(initial=0) >= 1 << 31:
        raise Unusable("too long", "its ticks do not fit 31 bits")  # symusic lets them wrap around
    return rows


def _text(name: str) -> str:
    return " ".join("".join(c if c.isprintable() else " " for c in name).split())[:80]
