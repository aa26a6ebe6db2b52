"""Standard MIDI files ↔ scores. Reading survives any bytes; writing is whole or not at all."""

import logging
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

from copilot.errors import MidiFileError
from copilot.files import write_whole
from copilot.music.casting import role_of
from copilot.music.roles import ROLES, Role
from copilot.music.score import (
    DRUM_CHANNEL,
    PLAYER_CHANNELS,
    MeterChange,
    Note,
    Part,
    Score,
    TempoChange,
)
from copilot.music.smf import RawFile, RawNote, parse
from copilot.music.smf_writer import COPILOT_NAME, Marker, conductor_track, head, part_track
from copilot.music.timemap import TEMPO_MAX_BPM, TEMPO_MIN_BPM, TimeMap

__all__ = [
    "COPILOT_NAME",
    "MAX_BYTES",
    "MAX_HOURS",
    "Marker",
    "meter_changes",
    "one_press_a_key",
    "read_score",
    "tempo_changes",
    "time_map",
    "write_score",
]

MAX_BYTES = 64 * 2**20
MAX_HOURS = 6

log = logging.getLogger(__name__)


def read_score(source: Path | str | bytes) -> Score:
    """Read a standard MIDI file (or its bytes) as players' parts on distinct channels 1–15.

    A part is what one track plays on one channel with one program. All drums are one part on channel 9; the
    others keep their channel where it is free and neither 0 nor 9, else they take the next free one. Beyond
    fourteen, the least busy are merged into a sibling of their role. What had to be bent (merged parts,
    tempi outside 20–999 bpm, notes without an end) is logged as a warning, one line each.

    Raises MidiFileError, one line that says what is wrong and what to do.
    """
    if isinstance(source, bytes):
        name, title, data = "MIDI data", "", source
    else:
        path = Path(source)
        name, title, data = str(path), path.stem, _read_bytes(path)
    if len(data) > MAX_BYTES:
        raise MidiFileError(_too_large(name, len(data)))
    raw = parse(data, name)
    parts = _seat(_parts(raw), name)
    if not parts:
        raise MidiFileError(f"{name}: has no notes: give a file in which something is played")
    if raw.hanging_count:
        log.warning("%s: %s notes have no note-off: ended for them", name, f"{raw.hanging_count:,}")
    tempi = tempo_changes(raw.tempi, name)
    score = Score(raw.ticks_per_beat, parts, tempi, meter_changes(raw.meters, name), _title(raw) or title)
    hours = _length_s(score) / 3600
    if hours > MAX_HOURS:
        raise MidiFileError(
            f"{name}: lasts {hours:,.0f} hours, at most {MAX_HOURS} are taken: cut it into songs"
        )
    return score


def write_score(score: Score, path: Path | str, *, markers: Iterable[Marker] = ()) -> None:
    """Write a score as a format 1 file: a track of tempi, meters and `markers`, then one track a part.

    Notes of one pitch that overlap are cut at the next onset. The file appears whole: it is written beside
    `path` and renamed. Raises MidiFileError if it can't be written there.
    """
    parts = (replace(part, notes=one_press_a_key(part.notes)) for part in score.parts)
    tracks = [conductor_track(score, markers), *map(part_track, parts)]
    write_whole(path, b"".join((head(score.ticks_per_beat, len(tracks)), *tracks)), MidiFileError)


def one_press_a_key(notes: Iterable[Note]) -> tuple[Note, ...]:
    """Notes as one pair of hands can play them: sorted, an overlap cut at the next onset of its pitch.

    Of notes that begin together on one pitch, the longest end and the loudest velocity are kept.
    """
    lanes: dict[int, list[Note]] = {}
    for note in sorted(notes):
        lane = lanes.setdefault(note.pitch, [])
        last = lane[-1] if lane else None
        if last and last.start_ticks == note.start_ticks:
            end, velocity = max(last.end_ticks, note.end_ticks), max(last.velocity, note.velocity)
            lane[-1] = replace(note, end_ticks=end, velocity=velocity)
            continue
        if last and last.end_ticks > note.start_ticks:
            lane[-1] = replace(last, end_ticks=note.start_ticks)
        lane.append(note)
    played = [note for lane in lanes.values() for note in lane]
    return tuple(sorted(played, key=lambda note: (note.start_ticks, note.pitch)))


def _read_bytes(path: Path) -> bytes:
    try:
        if path.is_dir():
            raise MidiFileError(f"{path}: is a directory: give a .mid file")
        size = path.stat().st_size
        if size > MAX_BYTES:
            raise MidiFileError(_too_large(str(path), size))
        return path.read_bytes()
    except FileNotFoundError:
        raise MidiFileError(f"{path}: there is no such file: give the path of a .mid file") from None
    except OSError as error:
        raise MidiFileError(f"{path}: can't be read ({error.strerror}): check the file") from None
    except ValueError:  # a zero byte in the path
        raise MidiFileError(f"{str(path)!r}: is not a path: give the path of a .mid file") from None


def _too_large(name: str, size: int) -> str:
    return f"{name}: has {size / 2**20:,.0f} MiB, at most {MAX_BYTES // 2**20} are taken: cut it into songs"


def _title(raw: RawFile) -> str:
    """The first track's name is the song's where that track is no player's alone."""
    return raw.tracks[0].name if raw.tracks and _is_shared(raw, 0) else ""


def _is_shared(raw: RawFile, track_index: int) -> bool:
    channels = {channel for channel, _ in raw.tracks[track_index].notes}
    return raw.format == 0 or (track_index == 0 and not channels)


def _parts(raw: RawFile) -> list[Part]:
    """One part per track, channel and program, still on its file's channel; notes raw, roles told."""
    file_programs: dict[int, int] = {}
    for track in raw.tracks:
        for channel, program in track.first_program.items():
            file_programs.setdefault(channel, program)
    parts: list[Part] = []
    for index, track in enumerate(raw.tracks):
        groups: dict[tuple[int, int], list[RawNote]] = {}
        for (channel, set_program), notes in track.notes.items():
            unset = track.first_program.get(channel, file_programs.get(channel, 0))
            program = unset if set_program is None else set_program
            groups.setdefault((channel, program), []).extend(notes)
        name = "" if _is_shared(raw, index) else track.name
        parts.extend(_part(channel, program, name, notes) for (channel, program), notes in groups.items())
    return parts


def _part(channel: int, program: int, name: str, raw_notes: Sequence[RawNote]) -> Part:
    notes = one_press_a_key(
        Note(start, max(end, start + 1), pitch, velocity) for start, end, pitch, velocity in raw_notes
    )
    return Part(channel, role_of(program, name, channel == DRUM_CHANNEL, notes), notes, name, program)


def _seat(parts: list[Part], name: str) -> tuple[Part, ...]:
    """Give every part a player's channel of its own."""
    parts = _with_one_kit(parts)
    free = [channel for channel in PLAYER_CHANNELS if channel != DRUM_CHANNEL]
    surplus = sum(not part.is_drums for part in parts) - len(free)
    if surplus > 0:
        parts = _merge_least_busy(parts, surplus, name)
    homeless: list[int] = []
    for index, part in enumerate(parts):
        if part.channel in free:
            free.remove(part.channel)
        elif not part.is_drums:
            homeless.append(index)
    for index in homeless:
        parts[index] = replace(parts[index], channel=free.pop(0))
    return tuple(parts)


def _with_one_kit(parts: list[Part]) -> list[Part]:
    """All drums as one part on the drum channel, where the first of them stood."""
    drums = [part for part in parts if part.is_drums]
    if not drums:
        return parts
    busiest = max(drums, key=lambda part: len(part.notes))
    notes = one_press_a_key(note for part in drums for note in part.notes)
    kit = replace(busiest, channel=DRUM_CHANNEL, notes=notes)
    return [kit if part is drums[0] else part for part in parts if part is drums[0] or not part.is_drums]


def _merge_least_busy(parts: list[Part], surplus: int, name: str) -> list[Part]:
    total = len(parts)
    for _ in range(surplus):
        by_role: dict[Role, list[Part]] = {role: [] for role in ROLES}
        for part in parts:
            by_role[part.role].append(part)
        mergeable = [part for part in parts if len(by_role[part.role]) > 1]
        least = min(mergeable, key=lambda part: len(part.notes))
        siblings = [part for part in by_role[least.role] if part is not least]
        sibling = min(siblings, key=lambda part: (part.program != least.program, len(part.notes)))
        # The sibling stays itself, however much it takes in.
        merged = replace(sibling, notes=one_press_a_key((*sibling.notes, *least.notes)))
        parts = [merged if part is sibling else part for part in parts if part is not least]
    log.warning("%s: has %d parts for 15 channels: the %d least busy are merged", name, total, surplus)
    return parts


def tempo_changes(beats_us: Iterable[tuple[int, int]], name: str) -> tuple[TempoChange, ...]:
    """Tempi as a file says them, (tick, µs a quarter note), as changes from tick 0 on; `name` is for warnings."""
    by_tick: dict[int, float] = {0: 120.0}
    clamped = 0
    for tick, beat_us in sorted(beats_us, key=lambda change: change[0]):
        tempo_bpm = _tempo_bpm(beat_us)
        by_tick[tick] = min(max(tempo_bpm, TEMPO_MIN_BPM), TEMPO_MAX_BPM)
        clamped += by_tick[tick] != tempo_bpm
    if clamped:
        log.warning("%s: %d tempi outside 20–999 bpm are set to the nearer end", name, clamped)
    changes: list[TempoChange] = []
    for tick, tempo_bpm in by_tick.items():
        if not changes or changes[-1].tempo_bpm != tempo_bpm:
            changes.append(TempoChange(tick, tempo_bpm))
    return tuple(changes)


def _tempo_bpm(beat_us: int) -> float:
    """The roundest tempo that a file writes as `beat_us`: 508,475 µs a beat is 118 bpm, not 118.00006."""
    exact = 60e6 / max(1, beat_us)
    whole = round(exact)
    if whole and int(60e6 / whole) == beat_us:  # some writers cut instead of rounding
        return float(whole)
    for digits in range(4):
        rounded = round(exact, digits)
        if rounded > 0 and round(60e6 / rounded) == beat_us:
            return rounded
    return exact


def meter_changes(meters: Iterable[tuple[int, int, int]], name: str) -> tuple[MeterChange, ...]:
    """Meters as a file says them, (tick, numerator, denominator), as changes from tick 0 on."""
    by_tick: dict[int, tuple[int, int]] = {0: (4, 4)}
    ignored = 0
    for tick, numerator, denominator in sorted(meters, key=lambda change: change[0]):
        if 1 <= numerator <= 64 and denominator <= 64:
            by_tick[tick] = (numerator, denominator)
        else:
            ignored += 1
    if ignored:
        log.warning("%s: %d meters outside 1/1–64/64 are left out", name, ignored)
    if set(by_tick.values()) == {(1, 4)}:
        log.warning("%s: meter 1/4 throughout is read as 4/4", name)  # some exporters mean "unknown" by it
        by_tick = {0: (4, 4)}
    changes: list[MeterChange] = []
    for tick, (numerator, denominator) in by_tick.items():
        if not changes or (changes[-1].numerator, changes[-1].denominator) != (numerator, denominator):
            changes.append(MeterChange(tick, numerator, denominator))
    return tuple(changes)


def time_map(score: Score) -> TimeMap:
    """The score's beats ↔ seconds from its start."""
    clock = TimeMap(tempo_bpm=score.tempi[0].tempo_bpm)
    for change in score.tempi[1:]:
        clock.set_tempo(change.tick / score.ticks_per_beat, change.tempo_bpm)
    return clock


def _length_s(score: Score) -> float:
    return time_map(score).seconds(score.end_ticks / score.ticks_per_beat)
