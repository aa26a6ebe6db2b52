"""What a few rules of harmony give: the baseline that the headline figure is measured from.

It hears the chord of the last two beats (see harmony.py) and plays it in a fixed rhythm, in cells of two beats from
the bar line on: a bass roots and, half-way through the bar, fifths; keys, guitar and pad the chord, each tone going
to the nearest that is free; a lead the chord's tones up and down; drums kick, snare and hat.
"""

from collections.abc import Iterable, Iterator, Sequence

from copilot.engine.base import Controls, Horizon, PlannedNote
from copilot.music.roles import Role
from copilot.scoreboard.baselines.bars import Beat, beats
from copilot.scoreboard.baselines.base import Baseline
from copilot.scoreboard.baselines.habits import DRUM_BEATS, HABITS, HAT, KICK, SNARE, frame

_CELLS: dict[Role, tuple[tuple[float, float], ...]] = {
    "bass": ((0.0, 0.9), (1.0, 0.9)),
    "keys": ((0.0, 1.0), (1.5, 0.45)),
    "guitar": ((0.0, 0.45), (1.0, 0.45), (1.5, 0.45)),
    "drums": ((0.0, DRUM_BEATS), (0.5, DRUM_BEATS), (1.0, DRUM_BEATS), (1.5, DRUM_BEATS)),
    "lead": ((0.0, 0.9), (1.0, 0.45), (1.5, 0.45)),
    "pad": ((0.0, 2.0),),
}
"""When within two beats a role strikes, and for how long: about as often as is its habit."""
_SPAN = 21
"""Semitones within which chords are voiced, about the middle of the role's habit."""


class Rule(Baseline):
    """Knows the present chord and no other: what it plans changes as soon as that does."""

    name = "rule"

    def plan(self, horizon: Horizon, controls: Controls) -> Iterable[PlannedNote]:
        """Every beat's hits, over the chord as it is now."""
        chord = self.chord()
        if chord is None and self.role != "drums":
            return
        root, tones = chord or (0, ())
        chordal = self._voicing([(root + tone) % 12 for tone in tones]) if tones else ()
        for beat in beats(controls, horizon.free_beats, horizon.until_beats):
            for offset_beats, length_beats in _CELLS[self.role]:
                at_beats = beat.start_beats - beat.index % 2 + offset_beats
                if beat.start_beats <= at_beats < beat.end_beats:
                    for pitch in self._struck(beat, at_beats, controls, root, tones, chordal):
                        yield PlannedNote(
                            at_beats, at_beats + length_beats, pitch, HABITS[self.role].velocity
                        )

    def _struck(
        self,
        beat: Beat,
        at_beats: float,
        controls: Controls,
        root: int,
        tones: Sequence[int],
        chordal: Sequence[int],
    ) -> Iterator[int]:
        half_bar = max(1, round(controls.bar_beats / 2))
        habit = HABITS[self.role]
        if self.role == "drums":
            yield HAT
            if at_beats == beat.start_beats:
                yield KICK if beat.index == 0 or beat.index * 2 == controls.bar_beats else SNARE
        elif self.role == "bass":
            pitch = habit.low + (root - habit.low) % 12
            fifth = pitch + tones[2] if pitch + tones[2] <= habit.high else pitch + tones[2] - 12
            yield fifth if beat.index == half_bar else pitch
        elif self.role == "lead":
            inside = {(root + tone) % 12 for tone in tones}
            ladder = [pitch for pitch in range(habit.low, habit.high + 1) if pitch % 12 in inside]
            way = ladder + ladder[-2:0:-1]
            yield way[frame(at_beats) // 6 % len(way)]
        else:
            yield from chordal

    def _voicing(self, pitch_classes: list[int]) -> tuple[int, ...]:
        """The close position that lies nearest to what was played last, then to the middle of the habit."""
        middle = (HABITS[self.role].low + HABITS[self.role].high) / 2
        last_beats = max((note.start_beats for note in self.memory.own), default=0.0)
        last = [note.pitch for note in self.memory.own if note.start_beats == last_beats] or [round(middle)]
        lowest = int(middle - _SPAN / 2)
        voicings = []
        for bottom in range(lowest, lowest + _SPAN):
            voicing = tuple(sorted(bottom + (pitch_class - bottom) % 12 for pitch_class in pitch_classes))
            if voicing[0] == bottom and voicing[-1] <= lowest + _SPAN:
                voicings.append(voicing)

        def motion(voicing: tuple[int, ...]) -> tuple[float, float]:
            moved = sum(min(abs(pitch - other) for other in last) for pitch in voicing)
            return moved, abs(sum(voicing) / len(voicing) - middle)

        return min(voicings, key=motion)
