"""The guitar: four to the bar where it swings, boogie fifths, chops, strums, arpeggios, sixteenth scratches."""

from training.styles.comping import Hand, Rhythm, hold_last, strike
from training.styles.feels import Feel
from training.styles.forms import BEATS, Bar, Form
from training.styles.harmony import nearest
from training.styles.lines import answer
from training.styles.plan import Plan
from training.styles.take import Take

LOW, HIGH = 48, 67
_LINE = (60, 81)

_MANNERS: dict[str, tuple[str, ...]] = {
    "shuffle": ("boogie", "chop", "boogie"),
    "swing": ("four", "four", "chop"),
    "straight": ("strum", "arpeggio", "push", "chop"),
    "slow": ("roll", "chop"),
    "funk": ("scratch", "scratch", "chicken"),
}
_RHYTHMS: dict[str, Rhythm] = {
    "four": ((0, 0.5), (1, 0.45), (2, 0.5), (3, 0.45)),
    "chop": ((1, 0.25), (3, 0.25)),
    "strum": ((0, 0.9), (1, 0.45), (1.5, 0.4), (2.5, 0.4), (3, 0.45), (3.5, 0.4)),
    "push": ((0, 1.4), (1.5, 0.45), (2, 0.9), (3, 0.45), (3.5, 0.45)),
    "scratch": (
        (0, 0.2),
        (0.75, 0.15),
        (1.25, 0.15),
        (1.5, 0.3),
        (2.25, 0.15),
        (2.75, 0.15),
        (3, 0.2),
        (3.75, 0.15),
    ),
    "chicken": ((0.5, 0.15), (0.75, 0.15), (1.5, 0.15), (2.5, 0.15), (2.75, 0.15), (3.5, 0.15)),
}
_ROLL = (0, 1, 2, 3, 2, 1)
_ARPEGGIO = (0, 2, 1, 2, 3, 2, 1, 2)


def play(take: Take, form: Form, feel: Feel, plan: Plan) -> None:
    """One manner for a section or more, and lines in the gaps that are its own."""
    rng = take.rng
    base, manner = take.loudness, rng.choice(_MANNERS[feel.name])
    hand = Hand(LOW, HIGH, 3)
    picked = Hand(LOW, HIGH + 5, 4)
    for bar in form.bars:
        take.loudness = base * plan.energy[bar.number]
        if bar.is_last:
            hold_last(take, bar, hand, 86)
            return
        if bar.starts_section and rng.random() < 0.3:
            manner = rng.choice(_MANNERS[feel.name])
        if not plan.plays["guitar"][bar.number]:
            continue
        fills = plan.filler[bar.number] == "guitar"
        until = BEATS - 2 * fills
        if manner == "boogie" and len(bar.chords) == 1 and bar.chords[0].quality in ("7", "6"):
            _boogie(take, bar, until)
        elif manner in ("roll", "arpeggio"):
            _pick(take, form, bar, picked, manner, until)
        else:
            rhythm = _RHYTHMS["chop" if manner == "boogie" else manner]
            strike(take, form, bar, rhythm, hand, 76, until)
        if fills:
            low, high = _LINE
            answer(take, form, bar.at + 2, feel.name, low=low, high=high, velocity=88)


def _boogie(take: Take, bar: Bar, until: float) -> None:
    """Root and fifth, root and sixth, on the low strings."""
    root = nearest(bar.chords[0].root, 45, 40, 51)
    for eighth, top in enumerate((7, 7, 9, 9, 7, 7, 9, 9)):
        if eighth / 2 < until:
            take.chord(bar.at + eighth / 2, 0.4, (root, root + top), 82 if eighth % 2 == 0 else 68)


def _pick(take: Take, form: Form, bar: Bar, hand: Hand, manner: str, until: float) -> None:
    """The chord's notes one after the other: triplets in a slow song, eighths in an even one."""
    order = _ROLL * 2 if manner == "roll" else _ARPEGGIO
    steps = (0.0, 0.25, 0.5) if manner == "roll" else (0.0, 0.5)
    spots = [beat + step for beat in range(4) for step in steps]
    for spot, string in zip(spots, order, strict=True):
        if spot >= until:
            break
        shape = hand.take_up(form.chord(bar.at + spot))
        take.hit(bar.at + spot, 0.7, shape[string], 78 if spot in (0, 2) else 68)
