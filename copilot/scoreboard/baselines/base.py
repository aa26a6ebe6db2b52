"""What all baselines share: they keep what was heard, follow the chord, and play only what can be played.

A baseline fills in `plan`. It is an Engine like any other, and knows what it was told, nothing else: all that it
remembers is its `memory`, which a snapshot is made of.
"""

from collections.abc import Iterable, Sequence
from typing import ClassVar

import msgspec

from copilot.engine.base import Controls, Heard, Horizon, PlannedNote, Proposal
from copilot.engine.snapshot import sealed, unsealed
from copilot.errors import ProtocolError
from copilot.music.theory import chord_of_state
from copilot.scoreboard.baselines.band import Band
from copilot.scoreboard.baselines.habits import DRUM_BEATS, GRID, folded, frame, in_role
from copilot.scoreboard.baselines.harmony import NO_CHORD, chord_now
from copilot.scoreboard.baselines.material import BaselineBrief, RootedNote, root_of, rooted

SCHEMA = 1
WINDOW_BEATS = 16.0
"""How far back the key, and who plays most, are looked for."""
_STOPS_AFTER_BEATS = 4.0
_HELD_BEATS = 4.0
_CHORD_LAG_BEATS = 1.0


class Memory(msgspec.Struct):
    """What a baseline knows: its seed too, so that another one of its kind goes on as it would have."""

    seed: int
    band: Band
    own: list[PlannedNote] = []  # committed, of the last 16 beats
    chord: int = NO_CHORD  # see theory.chord_of_state
    settled_beats: float = 0.0  # see newly_settled


class Baseline:
    """An Engine. `plays_alone`: it goes on though the band has been silent for a bar (and four beats at least).

    Time goes forward: where a clock is set back, make another one.
    """

    name: ClassVar[str]
    plays_alone: ClassVar[bool] = False
    memory_type: ClassVar[type[Memory]] = Memory

    def __init__(self, brief: BaselineBrief) -> None:
        self.role = brief.role
        self.memory = self.memory_type(brief.seed, Band())

    def plan(self, horizon: Horizon, controls: Controls) -> Iterable[PlannedNote]:
        """Notes for the horizon; whatever lies outside of it, or would strike a key that is down, is left out."""
        raise NotImplementedError

    def reach_beats(self, horizon: Horizon, controls: Controls) -> float:  # noqa: ARG002
        """How far it can see."""
        return horizon.until_beats

    def observe(self, events: Sequence[Heard]) -> None:
        """See Engine."""
        for event in events:
            self.memory.band.hear(event)

    def commit(self, notes: Sequence[PlannedNote]) -> None:
        """See Engine."""
        self.memory.own += notes

    def keep_warm(self) -> None:
        """See Engine: there is nothing to warm."""

    def propose(self, horizon: Horizon, controls: Controls) -> Proposal:
        """See Engine."""
        memory, now_beats = self.memory, horizon.now_beats
        memory.band.forget(now_beats)
        memory.own = [note for note in memory.own if note.end_beats > now_beats - WINDOW_BEATS]
        memory.chord = chord_now(memory.chord, memory.band, now_beats, controls.roles)
        stops_after_beats = max(_STOPS_AFTER_BEATS, controls.bar_beats)
        if not (self.plays_alone or memory.band.plays(now_beats, stops_after_beats)):
            return Proposal([], horizon.until_beats)
        until_beats = min(horizon.until_beats, self.reach_beats(horizon, controls))
        return Proposal(
            self._playable(self.plan(horizon, controls), horizon.free_beats, until_beats), until_beats
        )

    def snapshot(self) -> bytes:
        """See Engine."""
        return sealed(msgspec.msgpack.encode((SCHEMA, self.name, self.role, self.memory)))

    def restore(self, state: bytes) -> None:
        """See Engine."""
        told = tuple[int, str, str, self.memory_type]  # type: ignore[name-defined]
        try:
            schema, name, role, memory = msgspec.msgpack.decode(unsealed(state), type=told)
        except (msgspec.MsgspecError, UnicodeDecodeError) as error:
            raise ProtocolError(f"a snapshot is no {self.name}'s ({error}): begin without it") from error
        if (schema, name, role) != (SCHEMA, self.name, self.role):
            raise ProtocolError(
                f"a snapshot of schema {schema}, {name} on {role} is not for {SCHEMA}, {self.name} on "
                f"{self.role}: begin without it"
            )
        self.memory = memory

    def chord(self) -> tuple[int, tuple[int, ...]] | None:
        """The present chord: its root's pitch class, and its tones in semitones above; None before there is any."""
        return None if self.memory.chord == NO_CHORD else chord_of_state(self.memory.chord)

    @property
    def knows_root(self) -> bool:
        """Whether there is a chord yet; drums need none."""
        return self.role == "drums" or self.memory.chord != NO_CHORD

    def rooted(self, note: PlannedNote) -> RootedNote:
        """A note above the present chord's root (a drum as it is)."""
        return self.rooted_at(frame(note.start_beats), frame(note.end_beats), note.pitch)

    def rooted_at(self, at: int, end: int, pitch: int) -> RootedNote:
        """The same, in frames."""
        return rooted(at, end, pitch, self._root())

    def pitch_of(self, interval: int) -> int:
        """The pitch so far above the present chord's root, in the role's register."""
        root = self._root()
        return folded(interval + (0 if root is None else root_of(root)), self.role)

    def newly_settled(self, now_beats: float, controls: Controls) -> list[RootedNote]:
        """What the busiest player struck since the last call, as our role would play it; each note is told once.

        That is: as far as lengths are known (a key that is down for four beats won't be waited for), and until a
        beat ago, since it takes about so long to hear a new chord, that the root may be the right one.
        """
        part = self.densest_part(now_beats, controls)
        held = (
            n.start_beats
            for n in part
            if n.end_beats >= now_beats and n.start_beats > now_beats - _HELD_BEATS
        )
        until_beats = min([now_beats - _CHORD_LAG_BEATS, *held])
        from_beats = self.memory.settled_beats
        self.memory.settled_beats = max(from_beats, until_beats)
        return [self.rooted(note) for note in part if from_beats <= note.start_beats < until_beats]

    def _root(self) -> int | None:
        chord = self.chord()
        return None if self.role == "drums" or chord is None else chord[0]

    def densest_part(self, now_beats: float, controls: Controls) -> list[PlannedNote]:
        """What the busiest player of the last 16 beats struck in them, as our role would play it.

        Drums tap along any part, and best along drums; all others along a pitched one. A key that is down still is
        known to sound until now.
        """
        band, wants_drums = self.memory.band, self.role == "drums"
        channel = band.densest(now_beats, WINDOW_BEATS, controls.roles, with_drums=wants_drums)
        notes = [
            PlannedNote(
                note.start_beats,
                max(min(note.end_beats, now_beats), note.start_beats + 1 / GRID),
                note.pitch,
                note.velocity,
            )
            for note in band.notes
            if note.channel == channel and note.start_beats >= now_beats - WINDOW_BEATS
        ]
        are_drums = channel is not None and controls.roles.get(channel) == "drums"
        return in_role(notes, self.role, are_drums=are_drums)

    def _playable(
        self, notes: Iterable[PlannedNote], free_beats: float, until_beats: float
    ) -> list[PlannedNote]:
        """By start, within the horizon and the register, no key struck while it is down."""
        down = {note.pitch: note.end_beats for note in self.memory.own if note.end_beats > free_beats}
        playable: dict[int, PlannedNote] = {}  # the last one of each pitch
        done: list[PlannedNote] = []
        for note in sorted(notes, key=lambda note: (note.start_beats, note.pitch)):
            pitch, start_beats = folded(note.pitch, self.role), note.start_beats
            if not free_beats <= start_beats < until_beats or down.get(pitch, 0.0) > start_beats:
                continue
            least_beats = DRUM_BEATS if self.role == "drums" else 1 / GRID
            end_beats = max(note.end_beats, start_beats + least_beats)
            earlier = playable.get(pitch)
            if earlier is not None and earlier.end_beats > start_beats:
                if start_beats - earlier.start_beats < least_beats:
                    continue
                done[done.index(earlier)] = PlannedNote(
                    earlier.start_beats, start_beats, pitch, earlier.velocity
                )
            playable[pitch] = PlannedNote(start_beats, end_beats, pitch, min(max(note.velocity, 1), 127))
            done.append(playable[pitch])
        return done
