"""The rhythm section: drums and bass, chorus by chorus. Beats are written beats from the song's start."""

import random

from training.styles.blues_form import BARS, Chord, Chorus, Feel
from training.styles.drums import CRASH, HAT, KICK, OPEN_HAT, PEDAL, RIDE, SNARE, TOMS
from training.styles.harmony import nearest
from training.styles.take import Take

BASS_LOW, BASS_HIGH = 28, 52


def play_drums(take: Take, choruses: list[Chorus], feel: Feel) -> None:
    """A backbeat with ghost notes, fills that end the fourth, eighth and twelfth bars, a crash after each."""
    rng = take.rng
    kicks = _kick_pattern(rng, feel)
    for index, chorus in enumerate(choruses):
        cymbal = RIDE if feel == "swing" or (index % 2 == 1 and rng.random() < 0.75) else HAT
        energy = min(1.12, 0.94 + 0.06 * index)
        for bar in range(BARS):
            at = 4.0 * (index * BARS + bar)
            if chorus.is_last and bar == BARS - 1:
                _end_drums(take, at)
                return
            fill_beats = _fill_beats(rng, bar)
            if bar == 0:
                take.hit(at, 1.0, CRASH, 104 * energy)
            _cymbals(take, at, 4.0 - fill_beats, cymbal, feel=feel, energy=energy)
            _backbeat(take, at, 4.0 - fill_beats, kicks, feel=feel, energy=energy)
            if fill_beats:
                _fill(take, at + 4.0 - fill_beats, fill_beats, feel, energy)


def _kick_pattern(rng: random.Random, feel: Feel) -> tuple[float, ...]:
    patterns: dict[Feel, tuple[tuple[float, ...], ...]] = {
        "shuffle": ((0, 2), (0, 2, 3.5), (0, 1.5, 2), (0, 1, 2, 3), (0, 2, 2.5)),
        "straight": ((0, 2, 2.5), (0, 1.5, 2), (0, 2), (0, 0.5, 2.5), (0, 1.5, 2.5)),
        "slow": ((0, 2), (0, 2, 3.5), (0, 1.5, 2)),
        "swing": ((0, 2), (0, 1, 2, 3), (0, 2.5)),
    }
    return rng.choice(patterns[feel])


def _fill_beats(rng: random.Random, bar: int) -> float:
    if bar == BARS - 1:
        return rng.choice((2.0, 3.0, 2.0, 4.0))
    if bar in (3, 7):
        return rng.choice((1.0, 1.0, 2.0, 0.5))
    return 0.0


def _cymbals(take: Take, at: float, until: float, cymbal: int, *, feel: Feel, energy: float) -> None:
    rng = take.rng
    if feel == "slow":
        steps = [beat + third for beat in range(4) for third in (0.0, 0.25, 0.5)]
    elif feel == "swing":
        steps = [0.0, 1.0, 1.5, 2.0, 3.0, 3.5]
    else:
        steps = [eighth / 2 for eighth in range(8)]
    for step in steps:
        if step >= until:
            break
        on_beat = step == int(step)
        loud = (88 if on_beat else 66) + (6 if on_beat and int(step) % 2 == 1 and cymbal == RIDE else 0)
        opens = cymbal == HAT and step == 3.5 and rng.random() < 0.15
        take.hit(at + step, 0.2, OPEN_HAT if opens else cymbal, loud * energy)
    if cymbal == RIDE:
        for beat in (1.0, 3.0):
            if beat < until:
                take.hit(at + beat, 0.2, PEDAL, 62 * energy)


def _backbeat(
    take: Take, at: float, until: float, kicks: tuple[float, ...], *, feel: Feel, energy: float
) -> None:
    rng = take.rng
    for kick in kicks:
        if kick < until and (kick == 0 or rng.random() < 0.92):
            take.hit(at + kick, 0.2, KICK, (96 if kick in (0, 2) else 80) * energy)
    if feel != "swing" and rng.random() < 0.18 and until > 3.5:
        take.hit(at + 3.5, 0.2, KICK, 78 * energy)
    soft = feel == "swing"
    for beat in (1.0, 3.0):
        if beat < until:
            take.hit(at + beat, 0.2, SNARE, (84 if soft else 102) * energy)
    for ghost in (0.5, 1.5, 2.5, 3.5):
        if ghost < until and rng.random() < (0.3 if feel in ("shuffle", "swing") else 0.15):
            take.hit(at + ghost, 0.1, SNARE, 34)


def _fill(take: Take, at: float, beats: float, feel: Feel, energy: float) -> None:
    """From snare down the toms: triplets where the music swings, sixteenths where it's straight."""
    rng = take.rng
    steps: tuple[float, ...] = (0.0, 0.5) if rng.random() < 0.3 else (0.0, 0.25, 0.5)
    if feel == "straight":
        steps = (0.0, 0.25, 0.5, 0.75) if rng.random() < 0.6 else (0.0, 0.5)
    spots = [beat + step for beat in range(int(beats)) for step in steps] or [0.0, 0.25]
    drums = [SNARE, *TOMS[:: rng.choice((1, 2))]]
    for i, spot in enumerate(spots):
        if 0 < i < len(spots) - 1 and rng.random() < 0.12:
            continue
        progress = i / len(spots)
        drum = drums[min(len(drums) - 1, int(progress * len(drums)))]
        take.hit(at + spot, 0.2, drum, (78 + 30 * progress) * energy)
        if spot == int(spot) and rng.random() < 0.6:
            take.hit(at + spot, 0.2, KICK, 84 * energy)


def _end_drums(take: Take, at: float) -> None:
    for spot in (0.0, 1.0):
        take.hit(at + spot, 0.2, SNARE, 98)
        take.hit(at + spot, 0.2, KICK, 96)
    for spot in (1.5, 1.75):
        take.hit(at + spot, 0.2, TOMS[2], 92)
    take.hit(at + 2.0, 2.0, CRASH, 112)
    take.hit(at + 2.0, 0.5, KICK, 110)


def play_bass(take: Take, choruses: list[Chorus], feel: Feel) -> None:
    """Walking, boogie or riffing by chorus; every bar's last note leads by step into the next root."""
    rng = take.rng
    manners = {
        "shuffle": ("walk", "walk", "boogie", "box"),
        "straight": ("boogie", "box", "walk"),
        "slow": ("walk", "slow"),
        "swing": ("walk",),
    }[feel]
    manner = rng.choice(manners)
    last = 38.0
    for index, chorus in enumerate(choruses):
        if index and rng.random() < 0.35:
            manner = rng.choice(manners)
        for bar in range(BARS):
            at = 4.0 * (index * BARS + bar)
            if chorus.is_last and bar == BARS - 1:
                _end_bass(take, at, chorus, last)
                return
            following = _following(choruses, index, bar)
            if manner == "walk" or chorus.changes(bar) or bar == BARS - 1:
                last = _walk(take, at, chorus, bar, following, last=last)
            elif manner == "slow":
                last = _slow(take, at, chorus.chord(bar), following, last)
            else:
                last = _pattern(take, at, chorus.chord(bar), following, last=last, manner=manner)


def _following(choruses: list[Chorus], index: int, bar: int) -> Chord:
    if bar + 1 < BARS:
        return choruses[index].chord(bar + 1)
    return choruses[min(index + 1, len(choruses) - 1)].chord(0)


def _approach(rng: random.Random, following: Chord, last: float) -> int:
    """A note a semitone (or a fifth) from the next root, on the side that the line comes from."""
    target = nearest(following.root, last, BASS_LOW, BASS_HIGH)
    if rng.random() < 0.15:
        return target + 7 if target + 7 <= BASS_HIGH else target - 5
    side = 1 if last > target else -1
    if rng.random() < 0.25:
        side = -side
    return target + side * (1 if rng.random() < 0.8 else 2)


def _walk(take: Take, at: float, chorus: Chorus, bar: int, following: Chord, *, last: float) -> float:
    rng = take.rng
    first, second = chorus.bars[bar]
    root = nearest(first.root, last, BASS_LOW, BASS_HIGH - 9)
    if first != second:
        middle = nearest(second.root, root, BASS_LOW, BASS_HIGH)
        line = [root, _approach(rng, second, root), middle, _approach(rng, following, middle)]
    else:
        third, fifth = first.third, first.fifth
        inner = rng.choice(
            ((third, fifth), (2, third), (fifth, 9), (third, fifth), (12, 10), (0, third), (10, fifth))
        )
        if first.quality == "dim":
            inner = (3, 6)
        lead = _approach(rng, following, root + inner[1])
        if following == first and rng.random() < 0.5:
            lead = root + rng.choice((9, 10, fifth))
        line = [root, root + inner[0], root + inner[1], lead]
    for beat, pitch in enumerate(line):
        take.hit(at + beat, 0.9, _in_range(pitch), 92 if beat in (0, 2) else 86)
        if rng.random() < 0.12:  # a muted skip before the next beat
            take.hit(at + beat + 0.5, 0.12, _in_range(pitch), 58)
    return float(line[-1])


def _slow(take: Take, at: float, chord: Chord, following: Chord, last: float) -> float:
    """Roots on one and three, a triplet pick-up into the next bar."""
    rng = take.rng
    root = nearest(chord.root, last, BASS_LOW, BASS_HIGH - 9)
    take.hit(at, 1.4, root, 94)
    take.hit(at + 1.5, 0.4, root + chord.fifth, 74)
    take.hit(at + 2, 0.9, root + rng.choice((0, chord.fifth, 12 - 2)), 88)
    lead = _approach(rng, following, root)
    take.hit(at + 3, 0.45, root + chord.fifth, 84)
    take.hit(at + 3.5, 0.45, _in_range(lead), 80)
    return float(lead)


def _pattern(take: Take, at: float, chord: Chord, following: Chord, *, last: float, manner: str) -> float:
    rng = take.rng
    root = nearest(chord.root, last, BASS_LOW, BASS_HIGH - 12)
    third, fifth = chord.third, chord.fifth
    if manner == "boogie":
        degrees = rng.choice(
            ((0, 0, third, third, fifth, fifth, 9, 9), (0, 0, third, third, fifth, 9, 10, 9))
        )
        steps = [(eighth / 2, 0.45, degree) for eighth, degree in enumerate(degrees)]
    else:
        steps = [(0.0, 0.9, 0), (1.5, 0.4, 12), (2.0, 0.45, 10), (2.5, 0.4, fifth), (3.0, 0.9, fifth)]
    if following != chord:
        steps[-1] = (steps[-1][0], 0.45, _approach(rng, following, root + steps[-2][2]) - root)
    for beat, length, degree in steps:
        take.hit(at + beat, length, _in_range(root + degree), 94 if beat == int(beat) else 80)
    return float(root + steps[-1][2])


def _end_bass(take: Take, at: float, chorus: Chorus, last: float) -> None:
    first, final = chorus.bars[-1]
    root = nearest(final.root, last, BASS_LOW, 43)
    take.hit(at, 0.8, nearest(first.root, last, BASS_LOW, BASS_HIGH), 96)
    take.hit(at + 1, 0.8, root + 1, 94)
    take.hit(at + 2, 2.0, root, 104)


def _in_range(pitch: int) -> int:
    while pitch < BASS_LOW:
        pitch += 12
    while pitch > BASS_HIGH + 3:
        pitch -= 12
    return pitch
