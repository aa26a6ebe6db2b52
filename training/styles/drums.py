"""The drums: a groove by feel, its cymbal changing with the section, ghost notes, and fills that end sections."""

from dataclasses import dataclass

from training.styles.feels import Feel
from training.styles.forms import BEATS, Bar, Form
from training.styles.plan import Plan
from training.styles.take import Take

KICK, STICK, SNARE, HAT, PEDAL, OPEN_HAT, CRASH, RIDE = 36, 37, 38, 42, 44, 46, 49, 51
TOMS = (50, 48, 47, 45, 43, 41)


@dataclass(frozen=True, slots=True)
class Groove:
    """Beats within a bar of each voice. `soft` plays snares as a jazz drummer's left hand does."""

    cymbals: tuple[float, ...]
    kicks: tuple[tuple[float, ...], ...]
    snares: tuple[float, ...] = (1.0, 3.0)
    ghosts: tuple[float, ...] = ()
    p_ghost: float = 0.2
    snare: int = SNARE
    soft: bool = False


_EIGHTHS = tuple(i / 2 for i in range(8))
_SIXTEENTHS = tuple(i / 4 for i in range(16))
_TRIPLETS = tuple(beat + part for beat in range(4) for part in (0.0, 0.25, 0.5))

GROOVES: dict[str, tuple[Groove, ...]] = {
    "shuffle": (
        Groove(_EIGHTHS, ((0, 2), (0, 2, 3.5), (0, 1.5, 2), (0, 2, 2.5)), ghosts=(0.5, 1.5, 2.5, 3.5)),
        Groove((0, 0.5, 1, 1.5, 2, 2.5, 3, 3.5), ((0, 1, 2, 3),), ghosts=(0.5, 2.5), p_ghost=0.35),
    ),
    "swing": (
        Groove(
            (0, 1, 1.5, 2, 3, 3.5),
            ((0,), (0, 2), (2.5,), (0, 3.5)),
            (),
            (0.5, 1.5, 2.5, 3, 3.5),
            0.22,
            soft=True,
        ),
        Groove((0, 1, 1.5, 2, 3, 3.5), ((0, 1, 2, 3),), (3.0,), (1.5, 2.5), 0.2, STICK, soft=True),
    ),
    "straight": (
        Groove(
            _EIGHTHS, ((0, 2), (0, 2, 2.5), (0, 1.5, 2), (0, 0.5, 2.5)), ghosts=(1.75, 2.75), p_ghost=0.12
        ),
        Groove(_EIGHTHS, ((0, 1.5, 2, 3.5),), (0, 1.5, 3), (), 0.0, STICK, soft=True),
        Groove((0, 1, 2, 3), ((0, 2), (0, 1.5, 2.5))),
    ),
    "slow": (Groove(_TRIPLETS, ((0, 2), (0, 2, 3.5), (0, 1.5, 2)), ghosts=(0.25, 2.25), p_ghost=0.12),),
    "funk": (
        Groove(
            _SIXTEENTHS,
            ((0, 0.75, 2.5), (0, 1.5, 2.5), (0, 0.5, 2.25)),
            (1, 3),
            (1.75, 2.25, 2.75, 3.75),
            0.4,
        ),
        Groove(_EIGHTHS, ((0, 0.75, 1.75, 2.5), (0, 2.5, 2.75)), (1, 3), (0.75, 1.75, 2.25, 3.25), 0.45),
    ),
}
_FILLS = {
    "straight": (0.0, 0.25, 0.5, 0.75),
    "funk": (0.0, 0.25, 0.5, 0.75),
    "swing": (0.0, 0.25, 0.5),
    "shuffle": (0.0, 0.25, 0.5),
    "slow": (0.0, 0.25, 0.5),
}


def play(take: Take, form: Form, feel: Feel, plan: Plan) -> None:
    """Every bar; a fill ends each section, longer at a chorus' end, and a crash begins what follows it."""
    rng = take.rng
    base, groove = take.loudness, rng.choice(GROOVES[feel.name])
    kicks, cymbal = groove.kicks[0], HAT
    after_fill = False
    for bar in form.bars:
        take.loudness = base * plan.energy[bar.number]
        if bar.is_last:
            take.hit(bar.at, 3.0, CRASH, 110)
            take.hit(bar.at, 0.3, KICK, 106)
            return
        if bar.starts_section:
            kicks = rng.choice(groove.kicks)
            rides = groove.soft or (bar.chorus + bar.section) % 2 == 1
            cymbal = (
                RIDE if (rides and groove.snare != STICK) or (groove.soft and feel.name == "swing") else HAT
            )
        fill = _fill_beats(take, bar)
        if after_fill or bar.number == 0:
            take.hit(bar.at, 1.0, CRASH, 100)
        _time(take, bar, BEATS - fill, groove, cymbal, feel)
        _beat(take, bar, BEATS - fill, groove, kicks)
        if fill:
            _fill(take, bar.at + BEATS - fill, fill, feel)
        after_fill = fill >= 2 or bar.ends_chorus


def _fill_beats(take: Take, bar: Bar) -> float:
    if bar.ends_chorus:
        return take.rng.choice((2.0, 2.0, 3.0, 4.0))
    return take.rng.choice((1.0, 1.0, 2.0)) if bar.ends_section else 0.0


def _time(take: Take, bar: Bar, until: float, groove: Groove, cymbal: int, feel: Feel) -> None:
    """The cymbal's steady notes, the beats louder; a hat that opens now and then; the pedal under a ride."""
    rng = take.rng
    for step in groove.cymbals:
        if step >= until:
            break
        on_beat = step == int(step)
        velocity = 82 if on_beat else 70 if step % 0.5 == 0 else 54
        if cymbal == RIDE and step in (1.0, 3.0):
            velocity += 6
        opens = cymbal == HAT and step == 3.5 and feel.name != "slow" and rng.random() < 0.12
        take.hit(bar.at + step, 0.2, OPEN_HAT if opens else cymbal, velocity)
    if cymbal == RIDE:
        for beat in (1.0, 3.0):
            if beat < until:
                take.hit(bar.at + beat, 0.2, PEDAL, 62)


def _beat(take: Take, bar: Bar, until: float, groove: Groove, kicks: tuple[float, ...]) -> None:
    """Kick and snare, feathered or full, and ghost notes between."""
    rng = take.rng
    for kick in kicks:
        if kick < until and (kick == 0 or rng.random() < 0.93):
            take.hit(bar.at + kick, 0.2, KICK, (62 if groove.soft else 96) + (6 if kick == 0 else 0))
    for snare in groove.snares:
        if snare < until:
            take.hit(bar.at + snare, 0.2, groove.snare, 74 if groove.soft else 100)
    for ghost in groove.ghosts:
        if ghost < until and rng.random() < groove.p_ghost:
            take.hit(bar.at + ghost, 0.1, SNARE, 52 if groove.soft else 34)


def _fill(take: Take, at: float, beats: float, feel: Feel) -> None:
    """From the snare down the toms, growing; triplets where the music swings, sixteenths where it is even."""
    rng = take.rng
    steps = _FILLS[feel.name] if rng.random() < 0.65 else (0.0, 0.5)
    spots = [beat + step for beat in range(int(beats)) for step in steps]
    drums = (SNARE, *TOMS[:: rng.choice((1, 2))])
    for index, spot in enumerate(spots):
        if 0 < index < len(spots) - 1 and rng.random() < 0.12:
            continue
        share = index / len(spots)
        take.hit(at + spot, 0.2, drums[int(share * len(drums))], 76 + 30 * share)
        if spot == int(spot):
            take.hit(at + spot, 0.2, KICK, 82)
