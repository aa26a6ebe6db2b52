"""What a live player must cope with: a band that changes key or tempo, or stops. Scores in, scores out. Pure."""

from dataclasses import replace

from copilot.music.score import Note, Part, Score, TempoChange


def jumped(score: Score, at_beats: float, semitones: int = 6) -> Score:
    """The score whose pitched parts go on `semitones` higher from `at_beats` on; what sounds there ends there.

    A part in which a pitch would exceed 127 goes an octave lower.
    """
    tick = _tick(score, at_beats)
    parts = tuple(p if p.is_drums else replace(p, notes=moved(p.notes, tick, semitones)) for p in score.parts)
    return replace(score, parts=parts)


def moved(notes: tuple[Note, ...], from_tick: int, semitones: int) -> tuple[Note, ...]:
    """Notes from `from_tick` on moved by `semitones`, those before cut there; of use for the real part, too."""
    after = [note for note in notes if note.start_ticks >= from_tick]
    if any(not 0 <= note.pitch + semitones <= 127 for note in after):
        semitones += -12 if semitones > 0 else 12
    higher = (replace(note, pitch=note.pitch + semitones) for note in after)
    return (*_cut(notes, from_tick), *higher)


def at_pace(score: Score, at_beats: float, factor: float) -> Score:
    """The score whose tempi are `factor` times as fast from `at_beats` on: .8 or 1.25."""
    tick = _tick(score, at_beats)
    there = max((tempo for tempo in score.tempi if tempo.tick <= tick), key=lambda tempo: tempo.tick)
    before = (tempo for tempo in score.tempi if tempo.tick < tick)
    after = (replace(tempo, tempo_bpm=tempo.tempo_bpm * factor) for tempo in score.tempi if tempo.tick > tick)
    return replace(score, tempi=(*before, TempoChange(tick, there.tempo_bpm * factor), *after))


def stopped(score: Score, at_beats: float) -> Score:
    """The score in which nobody begins a note at `at_beats` or later, and what sounds there ends there."""
    tick = _tick(score, at_beats)
    parts: tuple[Part, ...] = tuple(replace(part, notes=_cut(part.notes, tick)) for part in score.parts)
    return replace(score, parts=parts)


def _cut(notes: tuple[Note, ...], tick: int) -> tuple[Note, ...]:
    return tuple(replace(n, end_ticks=min(n.end_ticks, tick)) for n in notes if n.start_ticks < tick)


def _tick(score: Score, at_beats: float) -> int:
    return round(at_beats * score.ticks_per_beat)
