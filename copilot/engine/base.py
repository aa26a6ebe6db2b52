"""The seam between the live loop and a model: notes in, proposed notes out. Positions are beats since zero.

The records travel between the processes as they are (see copilot.wire).
"""

from collections.abc import Sequence
from typing import Protocol

import msgspec


class Heard(msgspec.Struct, frozen=True, array_like=True):
    """A player's note-on, or note-off where velocity is 0. Channels are the rig's own, 1–15."""

    pos_beats: float
    channel: int
    pitch: int
    velocity: int


class PlannedNote(msgspec.Struct, frozen=True, array_like=True):
    """A note of the copilot's part."""

    start_beats: float
    end_beats: float
    pitch: int
    velocity: int


class Controls(msgspec.Struct, frozen=True, array_like=True):
    """What the panel and the clock say at the moment of a proposal.

    `roles`: role by rig channel, of everybody who plays. The present bar began at `bar_start_beats` and is
    `bar_beats` long.
    """

    part: str
    genre: str = "none"
    temperature: float = 0.9
    top_p: float = 0.95
    harmony: float = 0.0
    groove: float = 0.0
    lead: float = 0.0
    density: float = 0.0
    lowest_pitch: int = 0
    highest_pitch: int = 127
    polyphony: int = 0
    key: str = "off"
    scale: str = "major"
    chord: str = "off"
    top_k: int = 0
    min_p: float = 0.0
    imagine: str = "band"
    candidates: int = 1
    alone_beats: float = 0.0
    tempo_bpm: float = 120.0
    bar_start_beats: float = 0.0
    bar_beats: float = 4.0
    meter: str = "4_4"
    roles: dict[int, str] = {}
    genre_strength: float = 1.0

    @property
    def wishes(self) -> "Controls":
        """The same without what the clock and the band say: what a person asks for."""
        return msgspec.structs.replace(
            self, tempo_bpm=120.0, bar_start_beats=0.0, bar_beats=4.0, meter="4_4", roles={}
        )


class Horizon(msgspec.Struct, frozen=True, array_like=True):
    """What a proposal is to cover: from `free_beats` (what begins before is final) to `until_beats`."""

    now_beats: float
    free_beats: float
    until_beats: float


class Proposal(msgspec.Struct, frozen=True, array_like=True):
    """Notes that begin from `free_beats` on, by start, and what it cost.

    `until_beats`: how far the engine really came. `steps`: model calls for single tokens, and their seconds in
    `step_s`; `reused`: imagined tokens that stood; `context`: tokens in the window.
    """

    notes: list[PlannedNote]
    until_beats: float
    steps: int = 0
    step_s: list[float] = []
    reused: int = 0
    flushes: int = 0
    context: int = 0


class Engine(Protocol):
    """All that the live loop knows of a model."""

    def observe(self, events: Sequence[Heard]) -> None:
        """Players' events, in the order of their positions."""

    def commit(self, notes: Sequence[PlannedNote]) -> None:
        """Notes of the copilot's that are final: they will sound, whatever is proposed next."""

    def keep_warm(self) -> None:
        """Between two proposals, at any time: spare the next one a cold start. Changes nothing that can be seen."""

    def propose(self, horizon: Horizon, controls: Controls) -> Proposal:
        """The part from `free_beats` to `until_beats`, given all that was observed and committed."""

    def snapshot(self) -> bytes:
        """All that it knows, in a few kilobytes: another engine of the same model goes on from there."""

    def restore(self, state: bytes) -> None:
        """Be as the engine was that gave this snapshot.

        Raises ProtocolError, and changes nothing, for bytes that are none, or of another model or window.
        """
