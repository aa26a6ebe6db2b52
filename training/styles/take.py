"""How a written line becomes a played one: swing, a player's lean behind or before the beat, accents."""

import math
import random
from dataclasses import dataclass, field

from copilot.music.score import Note

TICKS_PER_BEAT = 480


@dataclass(slots=True)
class Take:
    """One player's notes, put down in written beats and kept as ticks.

    `swing` is where the written off-beat eighth falls within its beat: 1/2 is straight, 2/3 a triplet shuffle
    (written sixteenths then are the triplet's other notes). With `swung_beats` 1/2 it is the sixteenths that
    swing, within each half of a beat. `lean_ms` is how late this player is on average and `loose_ms` the standard
    deviation around it; nothing is more than `most_ms` beside its place, and no note is shorter than `least_ms` or a
    sixteenth of a beat. `loudness` scales velocities.

    A beat has `beat_ticks`, and `tempo_bpm` counts those beats: 720 ticks and 54 bpm for the dotted quarters of
    a slow 12/8.
    """

    rng: random.Random
    tempo_bpm: float
    swing: float
    lean_ms: float = 0.0
    loose_ms: float = 5.0
    loudness: float = 1.0
    most_ms: float = math.inf
    beat_ticks: int = TICKS_PER_BEAT
    swung_beats: float = 1.0
    least_ms: float = 0.0
    notes: list[Note] = field(default_factory=list)

    def hit(self, beat: float, length_beats: float, pitch: int, velocity: float) -> None:
        """A note at a written beat; times and velocity are humanised."""
        self.chord(beat, length_beats, (pitch,), velocity)

    def chord(self, beat: float, length_beats: float, pitches: tuple[int, ...], velocity: float) -> None:
        """Notes struck by one hand: nearly together, the top one a little louder."""
        struck_ms = self.rng.gauss(self.lean_ms, self.loose_ms)
        place, end_beat = self.swung(beat), self.swung(beat + length_beats)
        together, top = len(pitches) > 1, max(pitches)
        least = max(
            TICKS_PER_BEAT // 16, math.ceil(self.least_ms * self.tempo_bpm / 60_000 * self.beat_ticks)
        )
        for pitch in pitches:
            late_ms = struck_ms + (self.rng.gauss(0.0, 2.0) if together else 0.0)
            late_ms = min(max(late_ms, -self.most_ms), self.most_ms)
            start = max(0, round((place + late_ms * self.tempo_bpm / 60_000) * self.beat_ticks))
            end = max(start + least, round(end_beat * self.beat_ticks))
            accent = 4 if together and pitch == top else 0
            loud = round(self.rng.gauss(velocity * self.loudness + accent, 4.0))
            self.notes.append(Note(start, end, pitch, min(max(loud, 12), 124)))

    def swung(self, beat: float) -> float:
        """Where a written beat falls in played beats."""
        whole = beat // self.swung_beats * self.swung_beats
        part = (beat - whole) / self.swung_beats
        if part <= 0.5:
            return whole + part * 2 * self.swing * self.swung_beats
        return whole + (self.swing + (part - 0.5) * 2 * (1 - self.swing)) * self.swung_beats
