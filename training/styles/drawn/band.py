"""A drawn band: who plays, on what, and the song that they share."""

import random
from collections.abc import Callable, Sequence
from functools import partial

from training.styles.drawn import bass, comping, drums, melody
from training.styles.drawn.arrange import COMPS, arrange
from training.styles.drawn.idioms import IDIOMS
from training.styles.drawn.idioms.model import Idiom
from training.styles.drawn.sections import draw_form, label_sections
from training.styles.drawn.song import Song
from training.styles.feels import Feel
from training.styles.forms import Progression, write_form
from training.styles.take import Take

PARTS = ("drums", "bass", "keys", "guitar", "keys 2", "guitar 2", "pad", "lead", "lead 2")
LEANS_MS = {
    "drums": (-2.0, 2.0), "bass": (-2.0, 5.0), "keys": (-2.0, 6.0), "guitar": (-2.0, 6.0), "pad": (-4.0, 6.0),
    "lead": (-2.0, 8.0),
}  # fmt: skip
"""How late players are on average, lowest and highest, by kind of part."""
_SHARES = {"drums": 1.0, "bass": 0.98}
_MOST_PARTS = 8
_P_DUO = 0.04


def draw_parts(rng: random.Random, idiom: Idiom) -> tuple[str, ...]:
    """By the idiom's shares: two to eight parts, bass or drums among them, and one with chords unless it's a duo."""
    shares = {**_SHARES, **idiom.shares}
    drawn = [part for part in PARTS if rng.random() < shares.get(part, 0.0)]
    drawn = [part for part in drawn if not part.endswith("2") or part.split()[0] in drawn]
    spare = max(COMPS, key=lambda part: shares.get(part, 0.0))
    if not set(drawn) & set(COMPS):
        drawn.append(spare)
    if not {"bass", "drums"} & set(drawn):
        drawn.append("bass")
    if rng.random() < _P_DUO:
        drawn = ["bass", rng.choice(("drums", spare))]
    while len(drawn) > _MOST_PARTS:
        drawn.remove(rng.choice([part for part in drawn if part.endswith("2")]))
    return tuple(part for part in PARTS if part in drawn)


def draw_song(
    seed: int, feel: Feel, parts: Sequence[str], tonic: int, harmony: Progression | str, choruses: int
) -> Song:
    """The form, plan and groove of a seed; `harmony` is a progression, or the mode of one to be drawn."""
    idiom = IDIOMS[feel.name]
    if isinstance(harmony, Progression):
        form = label_sections(write_form(harmony, tonic, choruses, feel.bar_beats))
    else:
        form = draw_form(random.Random(f"form {seed}"), idiom, tonic, harmony, feel.bar_beats)
    plan = arrange(random.Random(f"plan {seed}"), form, parts)
    groove = drums.draw_groove(random.Random(f"groove {seed}"), idiom, feel.bar_beats)
    return Song(seed, feel, idiom, form, plan, groove)


def players(song: Song) -> dict[str, Callable[[Take], None]]:
    """Who plays each part of a song."""

    def loud(play: Callable[[Take], None], take: Take) -> None:
        take.loudness *= song.idiom.loudness
        play(take)

    plays: dict[str, Callable[[Take], None]] = {
        "drums": lambda take: drums.play(take, song), "bass": lambda take: bass.play(take, song)
    }  # fmt: skip
    for part in PARTS[2:]:
        play = melody.play if part.startswith("lead") else comping.play
        plays[part] = partial(lambda take, play, part: play(take, song, part), play=play, part=part)
    return {part: partial(loud, play) for part, play in plays.items()}


def programs(idiom: Idiom) -> dict[str, tuple[int, ...]]:
    """The programs of each part; the second of two plays what the first may where it has none of its own."""
    return {part: idiom.programs.get(part) or idiom.programs[part.split()[0]] for part in PARTS}
