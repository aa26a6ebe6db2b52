"""The organ: long chords that hardly move, where the others leave room, or stabs off the beat in a lively song."""

from training.styles.comping import Hand, Rhythm, hold_last, strike
from training.styles.feels import Feel
from training.styles.forms import BEATS, Bar, Form
from training.styles.lines import answer
from training.styles.plan import Plan
from training.styles.take import Take

_HANDS = {
    # Who else comps: where the organ then has room, and how many notes it needs.
    (): (55, 77, 3),
    ("piano",): (48, 65, 3),
    ("guitar",): (60, 80, 3),
    ("piano", "guitar"): (60, 77, 2),
}
_LINE = (66, 84)
_P_STABS = {"shuffle": 0.5, "swing": 0.3, "straight": 0.25, "slow": 0.0, "funk": 0.5}
_STABS: dict[str, tuple[Rhythm, ...]] = {
    "shuffle": (((0.5, 0.3), (1.5, 0.3), (2.5, 0.3), (3.5, 0.3)), ((1.5, 0.3), (3.5, 0.3))),
    "swing": (((1.5, 0.4), (3.5, 0.4)), ((0.5, 0.3), (2.5, 0.3))),
    "straight": (((0.5, 0.3), (1.5, 0.3), (2.5, 0.3), (3.5, 0.3)),),
    "funk": (((0.5, 0.2), (1.75, 0.2), (2.5, 0.2)), ((1.25, 0.2), (1.5, 0.2), (3.25, 0.2), (3.5, 0.3))),
}


def play(take: Take, form: Form, feel: Feel, plan: Plan) -> None:
    """Holds or stabs by section; holds always where two others comp."""
    rng = take.rng
    base = take.loudness
    rhythm: Rhythm = ()
    hand = Hand(*_HANDS[tuple(part for part in ("piano", "guitar") if part in plan.plays)])
    for bar in form.bars:
        take.loudness = base * plan.energy[bar.number]
        if bar.is_last:
            hold_last(take, bar, hand, 82)
            return
        if bar.starts_section:
            stabs = not plan.busy("organ", bar.number) and rng.random() < _P_STABS[feel.name]
            rhythm = rng.choice(_STABS[feel.name]) if stabs else ()
        if not plan.plays["organ"][bar.number]:
            continue
        fills = plan.filler[bar.number] == "organ"
        until = BEATS - 2 * fills
        if rhythm:
            strike(take, form, bar, rhythm, hand, 70, until)
        else:
            _hold(take, bar, hand, until)
        if fills:
            low, high = _LINE
            answer(take, form, bar.at + 2, feel.name, low=low, high=high, velocity=78)


def _hold(take: Take, bar: Bar, hand: Hand, until: float) -> None:
    """Each chord of the bar for as long as it lasts; struck anew every bar, or nobody would hear it after a while."""
    for beat, length, chord in bar.spans():
        if beat < until:
            take.chord(bar.at + beat, min(length, until - beat) - 0.06, hand.take_up(chord), 64)
