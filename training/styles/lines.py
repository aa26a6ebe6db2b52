"""Single lines that answer in a gap: steps along the chord's scale, chord tones on the beats, home at the end."""

from collections.abc import Sequence

from training.styles.forms import Form
from training.styles.harmony import ladder, scale
from training.styles.take import Take

_RHYTHMS: dict[str, tuple[tuple[tuple[float, float], ...], ...]] = {
    "swung": (
        ((0, 0.45), (0.5, 0.45), (1, 0.45), (1.5, 0.9)),
        ((0.5, 0.4), (1, 0.45), (1.5, 0.4)),
        ((0, 0.3), (0.25, 0.3), (0.5, 0.4), (1, 0.45), (1.5, 0.7)),
    ),
    "even": (
        ((0, 0.45), (0.5, 0.45), (1, 0.45), (1.5, 0.4)),
        ((0.5, 0.4), (1, 0.9)),
        ((0, 0.7), (0.75, 0.2), (1, 0.45), (1.5, 0.4)),
    ),
    "funk": (
        ((0, 0.2), (0.25, 0.2), (0.75, 0.4), (1.25, 0.2), (1.5, 0.3)),
        ((0.25, 0.2), (0.5, 0.2), (1, 0.4), (1.75, 0.2)),
    ),
}
"""(beat within two beats, length)."""


def rhythm_kind(feel: str) -> str:
    """Which of a feel's lines: triplets, even eighths or sixteenths."""
    return {"straight": "even", "funk": "funk"}.get(feel, "swung")


def answer(take: Take, form: Form, at: float, feel: str, *, low: int, high: int, velocity: float) -> None:
    """Two beats of a line from the song's beat `at`, within `low`–`high`."""
    rng = take.rng
    rhythm = rng.choice(_RHYTHMS[rhythm_kind(feel)])
    pitch = rng.choice([p for p in ladder(form.chord(at), low, high) if abs(p - (low + high) / 2) <= 7])
    direction = rng.choice((-1, 1))
    for index, (beat, length) in enumerate(rhythm):
        is_last = index == len(rhythm) - 1
        # What is struck just before the bar line and held belongs to the chord that comes.
        chord = form.chord(at + beat + (0.5 if is_last and beat >= 1.5 else 0.0))
        steps = ladder(chord, low, high) if beat == int(beat) or is_last else scale(chord, low, high)
        if index:
            pitch, direction = _onward(steps, pitch, direction)
        elif pitch not in steps:
            pitch = min(steps, key=lambda step: abs(step - pitch))
        take.hit(at + beat, length, pitch, velocity + (5 if beat == int(beat) else 0))
        if rng.random() < 0.25:
            direction = -direction


def _onward(steps: Sequence[int], pitch: int, direction: int) -> tuple[int, int]:
    """The next of `steps` in a direction, or back where there is none near; and the direction taken."""
    for toward in (direction, -direction):
        near = [step for step in steps if 0 < (step - pitch) * toward <= 5]
        if near:
            return min(near, key=lambda step: abs(step - pitch)), toward
    return min(steps, key=lambda step: abs(step - pitch)), direction
