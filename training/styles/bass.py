"""The bass: walking where it swings, else a pattern that stays for a section and leads into the next chord."""

from training.styles.feels import Feel
from training.styles.forms import Form
from training.styles.harmony import Chord, ladder, nearest, scale
from training.styles.plan import Plan
from training.styles.take import Take

LOW, HIGH = 28, 52
_ROOT_HIGH = 43

_MANNERS: dict[str, tuple[str, ...]] = {
    "shuffle": ("walk", "boogie", "boogie", "box"),
    "swing": ("walk", "walk", "walk", "two"),
    "straight": ("eighths", "eighths", "anchor", "bossa"),
    "slow": ("slow", "slow", "climb"),
    "funk": ("one", "push", "octaves"),
}
_PATTERNS: dict[str, tuple[tuple[float, float, str], ...]] = {
    # (beat, length, what): r root, 3, 5, 6, 7, 8 octave, x a muted root, a the note that leads on.
    "boogie": (
        (0, 0.45, "r"), (0.5, 0.4, "r"), (1, 0.45, "3"), (1.5, 0.4, "3"),
        (2, 0.45, "5"), (2.5, 0.4, "5"), (3, 0.45, "6"), (3.5, 0.4, "a"),
    ),
    "box": ((0, 0.9, "r"), (1.5, 0.4, "8"), (2, 0.45, "7"), (2.5, 0.4, "5"), (3, 0.8, "a")),
    "two": ((0, 1.8, "r"), (2, 0.9, "5"), (3, 0.8, "a")),
    "eighths": (
        (0, 0.45, "r"), (0.5, 0.4, "r"), (1, 0.45, "r"), (1.5, 0.4, "r"),
        (2, 0.45, "r"), (2.5, 0.4, "r"), (3, 0.45, "5"), (3.5, 0.4, "a"),
    ),
    "anchor": ((0, 1.4, "r"), (1.5, 0.45, "r"), (2, 0.9, "5"), (3, 0.45, "8"), (3.5, 0.4, "a")),
    "bossa": ((0, 1.4, "r"), (1.5, 0.45, "5"), (2, 1.4, "5"), (3.5, 0.4, "a")),
    "slow": ((0, 1.4, "r"), (1.5, 0.4, "5"), (2, 0.9, "8"), (3, 0.45, "5"), (3.5, 0.4, "a")),
    "climb": ((0, 0.9, "r"), (1, 0.9, "3"), (2, 0.9, "5"), (3, 0.45, "6"), (3.5, 0.4, "a")),
    "one": (
        (0, 0.6, "r"), (0.75, 0.2, "x"), (1.5, 0.2, "7"), (1.75, 0.2, "8"),
        (2.5, 0.3, "r"), (3.25, 0.2, "5"), (3.5, 0.2, "7"), (3.75, 0.2, "a"),
    ),
    "push": (
        (0, 0.4, "r"), (0.5, 0.2, "x"), (0.75, 0.2, "r"), (1.75, 0.2, "5"),
        (2, 0.4, "8"), (2.75, 0.2, "x"), (3, 0.3, "7"), (3.5, 0.3, "a"),
    ),
    "octaves": (
        (0, 0.4, "r"), (0.5, 0.3, "8"), (1.25, 0.2, "x"), (1.5, 0.3, "8"),
        (2, 0.4, "r"), (2.5, 0.3, "8"), (3.25, 0.2, "5"), (3.5, 0.3, "a"),
    ),
}  # fmt: skip


def play(take: Take, form: Form, feel: Feel, plan: Plan) -> None:
    """Every bar to its last beat; the final chord's root is held."""
    rng = take.rng
    base, manner, last = take.loudness, "", 36
    others = [name for name in _MANNERS[feel.name] if name != "walk"]
    for bar in form.bars:
        take.loudness = base * plan.energy[bar.number]
        if bar.is_last:
            take.hit(bar.at, 3.6, nearest(bar.chords[0].root, last, LOW, LOW + 12), 98)
            return
        if bar.starts_section and (not manner or rng.random() < 0.35):
            manner = rng.choice(_MANNERS[feel.name])
        walks = manner == "walk"
        spans = bar.spans()
        for index, (beat, length, chord) in enumerate(spans):
            is_inner = index + 1 < len(spans)
            following = spans[index + 1][2] if is_inner else form.following(bar)
            # The last bar of four turns to another pattern now and then: a loop would not.
            turned = bar.number % 4 == 3 and not walks and rng.random() < 0.4
            if walks:
                last = _walk(take, bar.at + beat, int(length), chord, following, last)
            else:
                pattern = rng.choice(others) if turned else manner
                last = _pattern(take, bar.at + beat, length, chord, following, last, pattern)


def _walk(take: Take, at: float, beats: int, chord: Chord, following: Chord, last: int) -> int:
    """Quarter notes: the root, a chord tone on the third beat, a step between, and one that leads on."""
    rng = take.rng
    root = nearest(chord.root, last, LOW, _ROOT_HIGH)
    target = nearest(following.root, root, LOW, HIGH - 4)
    if following == chord:
        target = root + 12 if root + 12 <= HIGH - 4 and rng.random() < 0.5 else root
    line = [root]
    if beats == 4:
        tones = [p for p in ladder(chord, LOW, HIGH) if p != root and abs(p - root) <= 10]
        toward = [p for p in tones if (p - root) * (target - root) > 0 and abs(p - target) > 1]
        third = rng.choice(toward if toward and rng.random() < 0.75 else tones)
        between = [p for p in scale(chord, LOW, HIGH) if min(root, third) < p < max(root, third)]
        near = min(between or [third], key=lambda p: abs(p - (root + third) / 2))
        second = rng.choice(between) if between and rng.random() < 0.3 else near
        line += [second, third]
    if beats >= 2:
        line.append(_lead(take, target, line[-1], chord))
    for beat, pitch in enumerate(line):
        take.hit(at + beat, 0.92, pitch, 90 if beat % 2 == 0 else 84)
        if rng.random() < 0.09:  # a muted skip before the next beat
            take.hit(at + beat + 0.5, 0.15, pitch, 52)
    return line[-1]


def _pattern(
    take: Take, at: float, length: float, chord: Chord, following: Chord, last: int, manner: str
) -> int:
    root = nearest(chord.root, last, LOW, _ROOT_HIGH - 3)
    target = nearest(following.root, root, LOW, _ROOT_HIGH - 3)
    degrees = {
        "r": root, "x": root, "3": root + chord.third, "5": root + chord.fifth, "6": root + _sixth(chord),
        "7": root + chord.seventh, "8": root + 12,
    }  # fmt: skip
    events = [event for event in _PATTERNS[manner] if event[0] < length]
    pitch = root
    for index, (beat, note_length, what) in enumerate(events):
        is_end = index == len(events) - 1
        if what == "a":
            pitch = _lead(take, target, pitch, chord) if following != chord else root + chord.fifth
        elif is_end and following != chord and beat:
            pitch = _lead(take, target, pitch, chord)
        else:
            pitch = degrees[what]
        velocity = 48 if what == "x" else 92 if beat == int(beat) else 80
        take.hit(at + beat, min(note_length, length - beat), pitch, velocity)
    return pitch


def _sixth(chord: Chord) -> int:
    """The boogie's fourth note: a sixth over major chords, a seventh over minor ones."""
    return 9 if chord.third == 4 else chord.seventh


def _lead(take: Take, target: int, last: int, chord: Chord) -> int:
    """A step from the next root, mostly from the side on which the line is and of the scale; sometimes its fifth."""
    rng = take.rng
    fifth = target + 7 if target + 7 <= HIGH else target - 5
    if rng.random() < 0.15 and fifth >= LOW:
        return fifth
    side = (1 if last > target else -1) * (1 if rng.random() < 0.8 else -1)
    steps = [target + side, target + 2 * side, target - side, target - 2 * side]
    steps = [pitch for pitch in steps if LOW <= pitch <= HIGH and pitch != last]
    inside = [pitch for pitch in steps[:2] if pitch in scale(chord, LOW, HIGH)]
    return inside[0] if inside and rng.random() < 0.6 else steps[0]
