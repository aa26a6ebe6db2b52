"""What was heard of the players, as notes with lengths, and nothing of what is to come."""

from collections import Counter
from collections.abc import Mapping
from math import inf

import msgspec
import numpy as np

from copilot.engine.base import Heard
from copilot.music.theory import Floats

MEMORY_BEATS = 64.0


class HeardNote(msgspec.Struct, array_like=True):
    """A player's note; `end_beats` is infinite while its key is down."""

    start_beats: float
    end_beats: float
    channel: int
    pitch: int
    velocity: int


class Band(msgspec.Struct, array_like=True):
    """The notes of the last 64 beats, in the order of their beginnings."""

    notes: list[HeardNote] = []

    def hear(self, event: Heard) -> None:
        """A key was struck or let go; one that is struck again was let go before."""
        for note in reversed(self.notes):
            if note.channel == event.channel and note.pitch == event.pitch:
                if note.end_beats == inf:
                    note.end_beats = max(event.pos_beats, note.start_beats)
                break
        if event.velocity:
            self.notes.append(HeardNote(event.pos_beats, inf, event.channel, event.pitch, event.velocity))

    def forget(self, now_beats: float) -> None:
        """Let go of what ended too long ago to matter."""
        self.notes = [note for note in self.notes if note.end_beats > now_beats - MEMORY_BEATS]

    def plays(self, now_beats: float, since_beats: float) -> bool:
        """Whether anything has sounded in the last beats."""
        return any(note.end_beats >= now_beats - since_beats for note in self.notes)

    def densest(
        self, now_beats: float, since_beats: float, roles: Mapping[int, str], *, with_drums: bool = False
    ) -> int | None:
        """The channel that struck most in the last beats; of equals the lowest. None where nobody did."""
        struck = Counter(
            note.channel
            for note in self.notes
            if note.start_beats >= now_beats - since_beats
            and (with_drums or roles.get(note.channel) != "drums")
        )
        return min(struck, key=lambda channel: (-struck[channel], channel), default=None)

    def chroma(
        self, now_beats: float, since_beats: float, roles: Mapping[int, str], only: str | None = None
    ) -> Floats:
        """How many beats each pitch class sounded in the last beats, drums aside: float64 (12,) from C."""
        weights = np.zeros(12)
        from_beats = now_beats - since_beats
        for note in self.notes:
            role = roles.get(note.channel)
            if note.end_beats > from_beats and role != "drums" and only in (None, role):
                sounded_beats = min(note.end_beats, now_beats) - max(note.start_beats, from_beats)
                # What was struck this instant is known, though it has not lasted yet.
                weights[note.pitch % 12] += max(sounded_beats, 1e-3)
        return weights
