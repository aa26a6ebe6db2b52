"""Which notes sound, in memory that outlives the process that sends them.

A memory map of 16 channels × 128 pitches, one byte each: how many note-ons left that no note-off has
answered; then one byte a channel: whether anything was ever sent on it, so that silencing leaves other
players' channels alone, and whether a player's sustain pedal that passed through is down; then how soon
somebody began to end what a process left sounding. The daemon makes it
and hands its path to the MIDI process, which writes it before it sends; whoever survives reads it and sends the
note-offs. `multiprocessing.shared_memory` won't do: its resource tracker unlinks the segment when the first
process that opened it dies.
"""

import mmap
import os
import struct
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Self

from copilot.music.score import COPILOT_CHANNEL

CHANNELS, PITCHES = 16, 128
_COUNT_BYTES = CHANNELS * PITCHES
_ENDED = struct.Struct("<dd")
_ENDED_AT = _COUNT_BYTES + CHANNELS
LEDGER_BYTES = _ENDED_AT + _ENDED.size
_MAX_COUNT = 255
_IS_USED, _HAS_PEDAL = 1, 2
SUSTAIN, SOUND_OFF, NOTES_OFF = 64, 120, 123


def note_on(channel: int, pitch: int, velocity: int) -> bytes:
    """The bytes of a note-on."""
    return bytes((0x90 | channel, pitch, velocity))


def note_off(channel: int, pitch: int) -> bytes:
    """The bytes of a note-off, with velocity 0."""
    return bytes((0x80 | channel, pitch, 0))


def quiet_channel(channel: int, *, lifts: bool) -> tuple[bytes, ...]:
    """All sound off and all notes off, for what no note-off would reach; before them, if it `lifts`, sustain off."""
    controls = (SUSTAIN, SOUND_OFF, NOTES_OFF) if lifts else (SOUND_OFF, NOTES_OFF)
    return tuple(bytes((0xB0 | channel, control, 0)) for control in controls)


def pedal_of(data: bytes) -> bool | None:
    """Whether a message presses the sustain pedal, or lifts it; None for any other."""
    return data[2] > 0 if data[0] & 0xF0 == 0xB0 and data[1] == SUSTAIN else None


def pedal_up(channel: int) -> bytes:
    """The bytes that lift the sustain pedal."""
    return bytes((0xB0 | channel, SUSTAIN, 0))


class Ledger:
    """The count of sounding notes by channel (0–15) and pitch.

    One process writes at a time, and in it one thread (`Outputs` holds a lock). Counts stop at 255 and at 0.
    """

    def __init__(self, path: str, fd: int, is_owner: bool) -> None:
        self.path = path
        self._fd = fd
        self._is_owner = is_owner
        self._map = mmap.mmap(fd, LEDGER_BYTES)

    @classmethod
    def create(cls) -> Self:
        """A ledger of zeros that goes with its last user: a memfd on Linux, else a private temporary file."""
        if sys.platform == "linux":
            fd = os.memfd_create("copilot-ledger", os.MFD_CLOEXEC)
            path = f"/proc/{os.getpid()}/fd/{fd}"
        else:
            fd, path = tempfile.mkstemp(prefix="copilot-ledger-")
        os.ftruncate(fd, LEDGER_BYTES)
        return cls(path, fd, is_owner=True)

    @classmethod
    def open(cls, path: str) -> Self:
        """The ledger that another process made. Raises OSError if it is gone."""
        return cls(path, os.open(path, os.O_RDWR | getattr(os, "O_BINARY", 0)), is_owner=False)

    def press(self, channel: int, pitch: int) -> None:
        """Count a note-on that is about to leave."""
        self.use(channel)
        index = channel * PITCHES + pitch
        self._map[index] = min(_MAX_COUNT, self._map[index] + 1)

    def release(self, channel: int, pitch: int) -> None:
        """Count a note-off that has left."""
        index = channel * PITCHES + pitch
        self._map[index] = max(0, self._map[index] - 1)

    def use(self, channel: int) -> None:
        """Mark a channel as one that we send on."""
        self._map[_COUNT_BYTES + channel] |= _IS_USED

    def hold_pedal(self, channel: int, *, is_down: bool) -> None:
        """Note how a player's pedal stands that passes through."""
        index = _COUNT_BYTES + channel
        self._map[index] = self._map[index] | _HAS_PEDAL if is_down else self._map[index] & ~_HAS_PEDAL

    def has_pedal(self, channel: int) -> bool:
        """Whether a player's pedal that passed through is down."""
        return bool(self._map[_COUNT_BYTES + channel] & _HAS_PEDAL)

    def forget_notes(self) -> None:
        """Count nothing as sounding; which channels were used is kept."""
        self._map[:_COUNT_BYTES] = bytes(_COUNT_BYTES)

    def clear(self) -> None:
        """Count nothing as sounding, and no channel as used."""
        self._map[:_ENDED_AT] = bytes(_ENDED_AT)

    def note_end(self, seen_s: float, began_s: float) -> None:
        """When a process' death was seen, and when somebody began to end what it left, by the monotonic clock."""
        _ENDED.pack_into(self._map, _ENDED_AT, seen_s, began_s)

    @property
    def ended_s(self) -> tuple[float, float]:
        """What `note_end` was told last, by whatever process; zeros before the first time."""
        return _ENDED.unpack_from(self._map, _ENDED_AT)

    def channels(self) -> list[int]:
        """The channels that something was sent on."""
        return [channel for channel in range(CHANNELS) if self._map[_COUNT_BYTES + channel]]

    def sounding(self) -> Iterator[tuple[int, int]]:
        """`(channel, pitch)` once for each unanswered note-on, lowest channel first."""
        for index, count in enumerate(self._map[:_COUNT_BYTES]):
            for _ in range(count):
                yield divmod(index, PITCHES)

    def note_offs(self) -> list[bytes]:
        """A note-off for every unanswered note-on."""
        return [note_off(channel, pitch) for channel, pitch in self.sounding()]

    def silence_burst(self) -> list[bytes]:
        """What silences all that we sent, for good: note-offs, then sound and notes off where we sent.

        The pedal is lifted where it is the copilot's own channel, or a player's that is down because we passed it on:
        nobody will pass on that they lift it.
        """
        quiet = (
            data
            for channel in self.channels()
            for data in quiet_channel(channel, lifts=channel == COPILOT_CHANNEL or self.has_pedal(channel))
        )
        return [*self.note_offs(), *quiet]

    def close(self) -> None:
        """Let go of the memory; its owner removes the file, where it is one. May be called twice."""
        if self._map.closed:
            return
        self._map.close()
        os.close(self._fd)
        if self._is_owner and sys.platform != "linux":
            Path(self.path).unlink(missing_ok=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
