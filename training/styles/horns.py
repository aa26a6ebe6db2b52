"""The horns: three voices close together, in riffs that fit each chord, stabs, and long chords under a slow song."""

from training.styles.comping import Rhythm, chord_for
from training.styles.feels import Feel
from training.styles.forms import BEATS, Form
from training.styles.harmony import Chord, ladder
from training.styles.lines import answer
from training.styles.plan import Plan
from training.styles.take import Take

LOW, HIGH = 55, 82
_TOP_LOW, _TOP_HIGH = 66, 80
_LINE = (67, 84)

_RIFFS: dict[str, tuple[tuple[tuple[float, float, int], ...], ...]] = {
    # Over two bars: (beat, length, steps along the chord's tones from the motif's first note).
    "shuffle": (
        ((0, 0.4, 0), (0.5, 0.4, 1), (1.5, 0.9, 0), (3, 0.4, -1), (4, 0.4, 0), (4.5, 0.4, 1), (5.5, 1.4, 0)),
        ((1, 0.4, 0), (1.5, 0.4, 1), (2, 0.9, 2), (5, 0.4, 1), (5.5, 0.9, 0)),
    ),
    "swing": (
        ((0, 0.4, 0), (1.5, 0.4, 1), (2.5, 0.4, 0), (3.5, 1.4, 1), (6, 0.4, 0), (6.5, 0.4, -1)),
        ((0.5, 0.4, 0), (1, 0.4, 1), (1.5, 1.4, 2), (4.5, 0.4, 1), (5, 0.4, 0), (5.5, 0.9, 1)),
    ),
    "straight": (
        ((0, 0.9, 0), (1.5, 0.4, 1), (2, 0.9, 1), (4, 0.9, 0), (5.5, 0.4, -1), (6, 1.4, 0)),
        ((2, 0.4, 0), (2.5, 0.4, 1), (3, 0.9, 2), (6, 0.4, 1), (6.5, 0.4, 0), (7, 0.8, 0)),
    ),
    "slow": (
        ((0, 1.8, 0), (2, 1.4, 1), (3.5, 0.4, 0), (4, 2.8, 0)),
        ((1, 0.9, 0), (2, 1.8, 1), (5, 0.9, 0), (6, 1.8, -1)),
    ),
    "funk": (
        ((0, 0.2, 0), (0.75, 0.2, 0), (1.5, 0.4, 1), (4, 0.2, 0), (4.75, 0.2, 0), (5.5, 0.2, 1), (5.75, 0.4, 2)),
        ((2.5, 0.2, 0), (2.75, 0.2, 1), (3.25, 0.4, 0), (6.5, 0.2, 0), (6.75, 0.2, 1), (7.25, 0.3, 2)),
    ),
}  # fmt: skip
_STABS: dict[str, tuple[Rhythm, ...]] = {
    "shuffle": (((1.5, 0.3), (3.5, 0.3)), ((3, 0.3), (3.5, 0.3))),
    "swing": (((1.5, 0.3), (3.5, 0.6)), ((2.5, 0.3), (3.5, 0.3))),
    "straight": (((0, 0.3), (1.5, 0.3)), ((2.5, 0.3), (3.5, 0.3))),
    "slow": (((2, 1.8),), ((0, 1.8), (3.5, 0.4))),
    "funk": (((0, 0.2), (1.75, 0.2)), ((2.5, 0.2), (3.25, 0.2), (3.5, 0.2))),
}


def play(take: Take, form: Form, feel: Feel, plan: Plan) -> None:
    """A riff or stabs by section, each repeated over its bars; a line in unison where the gap is theirs."""
    rng = take.rng
    base = take.loudness
    riff, stabs, riffs = _RIFFS[feel.name][0], _STABS[feel.name][0], True
    first, top = 0, 72
    for bar in form.bars:
        take.loudness = base * plan.energy[bar.number]
        if bar.is_last:
            _stack(take, bar.at, 3.6, bar.chords[0], top, 94)
            return
        if bar.starts_section:
            riffs = rng.random() < 0.55
            riff, stabs = rng.choice(_RIFFS[feel.name]), rng.choice(_STABS[feel.name])
            first, top = bar.number, rng.choice((69, 71, 72, 74))
        if not plan.plays["horns"][bar.number]:
            continue
        fills = plan.filler[bar.number] == "horns"
        until = BEATS - 2 * fills
        half = 4.0 * ((bar.number - first) % 2)
        motif = [(beat - half, length, steps) for beat, length, steps in riff if half <= beat < half + 4]
        for beat, length, steps in motif if riffs else [(beat, length, 0) for beat, length in stabs]:
            if beat < until:
                at = bar.at + beat
                _stack(take, at, length, chord_for(form, at), top, 88, steps)
        if fills:
            low, high = _LINE
            answer(take, form, bar.at + 2, feel.name, low=low, high=high, velocity=90)


def _stack(
    take: Take, at: float, length: float, chord: Chord, top: int, velocity: float, steps: int = 0
) -> None:
    """Three of the chord's tones below each other, the highest `steps` tones from the one next to `top`."""
    tones = ladder(chord, LOW, HIGH)
    tops = [i for i in range(2, len(tones)) if _TOP_LOW <= tones[i] <= _TOP_HIGH]
    place = min(tops, key=lambda i: abs(tones[i] - top)) + steps
    place = min(max(place, tops[0]), tops[-1])
    take.chord(at, length, tones[place - 2 : place + 1], velocity)
