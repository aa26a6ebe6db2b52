"""The piano: voicings in two octaves around middle C, in two rhythms that take turns through a section."""

from training.styles.comping import Hand, Rhythm, hold_last, strike
from training.styles.feels import Feel
from training.styles.forms import BEATS, Form
from training.styles.lines import answer
from training.styles.plan import Plan
from training.styles.take import Take

LOW, HIGH = 53, 77
_LINE = (67, 86)

_TRIPLETS: Rhythm = tuple((beat + part, 0.22) for beat in range(4) for part in (0.0, 0.25, 0.5))
RHYTHMS: dict[str, tuple[Rhythm, ...]] = {
    "shuffle": (
        ((0, 0.5), (1.5, 0.9)),
        ((0.5, 0.35), (1.5, 0.35), (2.5, 0.35), (3.5, 0.35)),
        ((0, 0.4), (1.5, 0.4), (2.5, 0.9)),
        ((1, 0.4), (1.5, 0.4), (3, 0.4), (3.5, 0.4)),
    ),
    "swing": (
        ((0, 0.5), (1.5, 0.4)),
        ((1.5, 0.4), (3.5, 0.9)),
        ((0.5, 0.4), (2, 0.9)),
        ((1, 0.9), (2.5, 0.4)),
        ((0, 0.4), (2.5, 0.4), (3.5, 0.8)),
    ),
    "straight": (
        ((0, 0.95), (1, 0.95), (2, 0.95), (3, 0.95)),
        ((0, 1.4), (1.5, 0.45), (2, 1.4), (3.5, 0.45)),
        ((0, 0.7), (0.75, 0.7), (1.5, 0.4), (2, 0.9), (3, 0.9)),
        ((0, 1.9), (2, 1.4), (3.5, 0.45)),
    ),
    "slow": (_TRIPLETS, ((0, 1.9), (2, 1.4), (3.5, 0.4)), ((0.5, 0.4), (1, 0.9), (2.5, 0.4), (3, 0.9))),
    "funk": (
        ((0, 0.2), (0.75, 0.2), (1.5, 0.3), (2.25, 0.2), (2.75, 0.2), (3.5, 0.3)),
        ((0.5, 0.2), (1.25, 0.2), (1.75, 0.4), (2.5, 0.2), (3.25, 0.2), (3.75, 0.2)),
        ((0, 0.4), (1.25, 0.2), (1.5, 0.2), (3, 0.2), (3.25, 0.2)),
    ),
}  # fmt: skip


def play(take: Take, form: Form, feel: Feel, plan: Plan) -> None:
    """Denser where it comps alone; in a gap that is its own it answers above its chords."""
    rng = take.rng
    base = take.loudness
    hand = Hand(LOW, HIGH, 3 if form.bars[0].chords[0].quality in ("", "m") else 4)
    rhythms = rng.sample(RHYTHMS[feel.name], 3)
    cell = (rhythms[0], rhythms[0])
    for bar in form.bars:
        take.loudness = base * plan.energy[bar.number]
        if bar.is_last:
            hold_last(take, bar, hand, 88)
            return
        if bar.starts_section:
            sparse = plan.busy("piano", bar.number)
            usable = sorted(rhythms, key=len)[:2] if sparse else rhythms
            cell = (rng.choice(usable), rng.choice(usable))
        if not plan.plays["piano"][bar.number]:
            continue
        fills = plan.filler[bar.number] == "piano"
        strike(take, form, bar, cell[bar.number % 2], hand, 74, BEATS - 2 * fills)
        if fills:
            low, high = _LINE
            answer(take, form, bar.at + 2, feel.name, low=low, high=high, velocity=82)
