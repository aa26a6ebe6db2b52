"""Notes, parts and scores: frozen records that every room shares.

Channels are 0–15 throughout. Channel 0 is the copilot's; players are on 1–15.
"""

from dataclasses import dataclass, replace
from fractions import Fraction

from copilot.music.roles import Role

COPILOT_CHANNEL = 0
DRUM_CHANNEL = 9
PLAYER_CHANNELS = range(1, 16)


@dataclass(frozen=True, slots=True, order=True)
class Note:
    """One sounding note: ticks since the score's start, pitch 0–127, velocity 1–127."""

    start_ticks: int
    end_ticks: int
    pitch: int
    velocity: int


@dataclass(frozen=True, slots=True)
class Part:
    """What one player plays. `notes` are sorted by start, then pitch; `program` is General MIDI's, 0–127."""

    channel: int
    role: Role
    notes: tuple[Note, ...]
    name: str = ""
    program: int = 0

    @property
    def is_drums(self) -> bool:
        """Drums have no pitch to transpose and no note-off that means anything."""
        return self.role == "drums"


@dataclass(frozen=True, slots=True)
class TempoChange:
    """From `tick` on, `tempo_bpm` quarter notes a minute."""

    tick: int
    tempo_bpm: float


@dataclass(frozen=True, slots=True)
class MeterChange:
    """From `tick` (a bar line) on, bars of `numerator`/`denominator`."""

    tick: int
    numerator: int
    denominator: int

    def bar_beats(self) -> Fraction:
        """Length of a bar in quarter notes: 6/8 gives 3."""
        return Fraction(4 * self.numerator, self.denominator)


@dataclass(frozen=True, slots=True)
class Score:
    """Parts over one time line of `ticks_per_beat` ticks a quarter note.

    `tempi` and `meters` are sorted and begin at tick 0.
    """

    ticks_per_beat: int
    parts: tuple[Part, ...]
    tempi: tuple[TempoChange, ...] = (TempoChange(0, 120.0),)
    meters: tuple[MeterChange, ...] = (MeterChange(0, 4, 4),)
    title: str = ""

    @property
    def end_ticks(self) -> int:
        """The last note's end; 0 for an empty score."""
        return max((note.end_ticks for part in self.parts for note in part.notes), default=0)

    @property
    def note_count(self) -> int:
        """Notes over all parts."""
        return sum(len(part.notes) for part in self.parts)

    def resampled(self, ticks_per_beat: int) -> "Score":
        """The same music on another grid; times round half up, and no note gets shorter than a tick."""
        if ticks_per_beat == self.ticks_per_beat:
            return self
        old, new = self.ticks_per_beat, ticks_per_beat

        def at(tick: int) -> int:
            return (2 * tick * new + old) // (2 * old)

        parts = tuple(
            replace(
                part,
                notes=tuple(
                    sorted(
                        (
                            Note(
                                at(n.start_ticks),
                                max(at(n.end_ticks), at(n.start_ticks) + 1),
                                n.pitch,
                                n.velocity,
                            )
                            for n in part.notes
                        ),
                        key=lambda note: (note.start_ticks, note.pitch),
                    )
                ),
            )
            for part in self.parts
        )
        tempi = tuple(TempoChange(at(t.tick), t.tempo_bpm) for t in self.tempi)
        meters = tuple(replace(m, tick=at(m.tick)) for m in self.meters)
        return replace(self, ticks_per_beat=new, parts=parts, tempi=tempi, meters=meters)

    def bar_lines(self, until_ticks: int) -> list[int]:
        """Ticks of the bar lines from 0 up to and including `until_ticks`."""
        lines: list[int] = []
        for index, meter in enumerate(self.meters):
            following = self.meters[index + 1].tick if index + 1 < len(self.meters) else until_ticks + 1
            bar_ticks = max(1, 4 * meter.numerator * self.ticks_per_beat // meter.denominator)
            lines.extend(range(meter.tick, min(following, until_ticks + 1), bar_ticks))
        return lines
