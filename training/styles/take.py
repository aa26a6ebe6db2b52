"""How a written line becomes a played one: swing, a player's lean behind or before the beat, accents."""

import random
from dataclasses import dataclass, field

from copilot.music.score import Note

TICKS_PER_BEAT = 480


@dataclass(slots=True)
class Take:
    """One player's notes, put down in written beats and kept as ticks of 1/480 beat.

    `swing` is where the written off-beat eighth falls within its beat: 1/2 is straight, 2/3 a triplet shuffle
    (written sixteenths then are the triplet's other notes). `lean_ms` is how late this player is on average
    and `loose_ms` the standard deviation around it; `loudness` scales velocities.
    """

    rng: random.Random
    tempo_bpm: float
    swing: float
    lean_ms: float = 0.0
    loose_ms: float = 5.0
    loudness: float = 1.0
    notes: list[Note] = field(default_factory=list)

    def hit(self, beat: float, length_beats: float, pitch: int, velocity: float) -> None:
        """A note at a written beat; times and velocity are humanised."""
        self.chord(beat, length_beats, (pitch,), velocity)

    def chord(self, beat: float, length_beats: float, pitches: tuple[int, ...], velocity: float) -> None:
        """Notes struck by one hand: nearly together, the top one a little louder."""
        struck_ms = self.rng.gauss(self.lean_ms, self.loose_ms)
        end_beat = self.swung(beat + length_beats)
        for pitch in pitches:
            late_ms = struck_ms + (self.rng.gauss(0.0, 2.0) if len(pitches) > 1 else 0.0)
            start = round((self.swung(beat) + late_ms * self.tempo_bpm / 60_000) * TICKS_PER_BEAT)
            start = max(0, start)
            end = max(start + TICKS_PER_BEAT // 16, round(end_beat * TICKS_PER_BEAT))
            accent = 4 if pitch == max(pitches) and len(pitches) > 1 else 0
            loud = round(self.rng.gauss(velocity * self.loudness + accent, 4.0))
            self.notes.append(Note(start, end, pitch, min(max(loud, 12), 124)))

    def swung(self, beat: float) -> float:
        """Where a written beat falls in played beats."""
        whole = beat // 1
        part = beat - whole
        if part <= 0.5:
            return whole + part * 2 * self.swing
        return whole + self.swing + (part - 0.5) * 2 * (1 - self.swing)
