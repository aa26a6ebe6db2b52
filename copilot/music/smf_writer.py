"""The chunks of a standard MIDI file, made of a score's parts. Pure; see smf.py for the way back.

Written here because an hour of a band is 180,000 messages: as a library's objects they took 60 MB and 0.9 s, and a
day of them more memory than most machines have.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from copilot.errors import MidiFileError
from copilot.music.score import COPILOT_CHANNEL, Part, Score

COPILOT_NAME = "copilot"
_NAME, _MARKER, _END, _TEMPO, _METER = 0x03, 0x06, 0x2F, 0x51, 0x58
_CLICKS = bytes((24, 8))
"""MIDI clocks a metronome click, and thirty-seconds a quarter note: the usual ones."""
_LONGEST_TICKS = 0x0FFFFFFF
_SLOWEST_US = 0xFFFFFF
"""A beat of 17 s, 3.6 bpm: what is slower is written so."""

_Timed = tuple[int, bytes]
"""A tick and a message."""


@dataclass(frozen=True, slots=True)
class Marker:
    """A text at a tick: a chord, a section, a comment."""

    tick: int
    text: str


def head(ticks_per_beat: int, tracks: int) -> bytes:
    """The first chunk of a format 1 file."""
    return b"MThd" + (6).to_bytes(4) + b"".join(each.to_bytes(2) for each in (1, tracks, ticks_per_beat))


def conductor_track(score: Score, markers: Iterable[Marker]) -> bytes:
    """The track of title, tempi, meters and markers. Raises MidiFileError."""
    timed = [(0, 0, _meta(_NAME, score.title.encode()))]
    for tempo in score.tempi:
        beat_us = min(round(60e6 / tempo.tempo_bpm), _SLOWEST_US)
        timed.append((tempo.tick, 1, _meta(_TEMPO, beat_us.to_bytes(3))))
    for meter in score.meters:
        told = bytes((meter.numerator, meter.denominator.bit_length() - 1)) + _CLICKS
        timed.append((meter.tick, 2, _meta(_METER, told)))
    timed.extend((marker.tick, 3, _meta(_MARKER, marker.text.encode())) for marker in markers)
    return _track((tick, message) for tick, _, message in sorted(timed, key=lambda each: each[:2]))


def part_track(part: Part) -> bytes:
    """The track of a part, whose notes of one pitch don't overlap. Raises MidiFileError."""
    return _track(_part(part))


def _part(part: Part) -> Iterator[_Timed]:
    channel = part.channel
    is_named = channel != COPILOT_CHANNEL or part.name.startswith(COPILOT_NAME)
    yield 0, _meta(_NAME, (part.name if is_named else COPILOT_NAME).encode())
    yield 0, bytes((0xC0 | channel, part.program))
    # An event is a number that sorts as it is to be played: by tick, offs first, the lowest pitch first.
    events = [(note.start_ticks << 1 | 1) << 14 | note.pitch << 7 | note.velocity for note in part.notes]
    events += [note.end_ticks << 15 | note.pitch << 7 for note in part.notes]
    events.sort()
    for event in events:
        status = 0x90 if event >> 14 & 1 else 0x80
        yield event >> 15, bytes((status | channel, event >> 7 & 0x7F, event & 0x7F))


def _track(timed: Iterable[_Timed]) -> bytes:
    data, last_tick, status = bytearray(), 0, 0
    for tick, message in timed:
        data += _variable(tick - last_tick)
        data += message if message[0] != status else message[1:]  # running status
        last_tick, status = tick, message[0] if message[0] < 0xF0 else 0
    data += b"\0" + _meta(_END, b"")
    return b"MTrk" + len(data).to_bytes(4) + data


def _meta(kind: int, data: bytes) -> bytes:
    return bytes((0xFF, kind)) + _variable(len(data)) + data


def _variable(number: int) -> bytes:
    """A number in groups of seven bits, the highest first."""
    if number < 0x80:
        return bytes((number,))
    if number > _LONGEST_TICKS:
        raise MidiFileError(
            f"a rest of {number:,} ticks is longer than MIDI files can say: cut it into songs"
        )
    groups = [number & 0x7F]
    while number := number >> 7:
        groups.append(number & 0x7F | 0x80)
    return bytes(reversed(groups))
