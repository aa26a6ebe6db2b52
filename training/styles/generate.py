"""The style generator: a seed → a band's song with its chords. The same seed gives the same notes for ever.

A song is a progression × a feel × a key × a tempo × the parts that play it; what is not given is drawn.
"""

import random
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

from copilot.errors import ParameterError
from copilot.music.casting import role_of
from copilot.music.midifile import Marker, one_press_a_key
from copilot.music.score import DRUM_CHANNEL, PLAYER_CHANNELS, MeterChange, Part, Score, TempoChange
from copilot.music.theory import NOTE_NAMES
from training.styles import bass, drums, guitar, horns, organ, piano
from training.styles.feels import FEELS, Feel
from training.styles.forms import PROGRESSIONS, Form, write_form
from training.styles.plan import COMPING, PARTS, Plan, write_plan
from training.styles.take import TICKS_PER_BEAT, Take

MOST_MS = 35.0
"""No note is further beside its place than this: what is further off sounds like a mistake."""

_PLAYERS: dict[str, Callable[[Take, Form, Feel, Plan], None]] = {
    "drums": drums.play, "bass": bass.play, "piano": piano.play, "guitar": guitar.play, "organ": organ.play,
    "horns": horns.play,
}  # fmt: skip
_PROGRAMS: dict[str, dict[str, tuple[int, ...]]] = {
    # General MIDI, by part and feel; "" for the feels that are not named.
    "drums": {"": (0, 8), "swing": (32, 40), "slow": (0, 40)},
    "bass": {"": (33, 34), "swing": (32,), "shuffle": (32, 33, 34), "funk": (33, 36, 37)},
    "piano": {"": (0, 1), "swing": (0,), "funk": (4, 7), "slow": (0, 4)},
    "guitar": {"": (27, 25), "swing": (26,), "shuffle": (26, 29), "funk": (27, 28)},
    "organ": {"": (16, 17), "funk": (17, 18)},
    "horns": {"": (61,)},
}
_SHARES = {"piano": 0.75, "guitar": 0.75, "organ": 0.45, "horns": 0.5}
_LEANS_MS = {
    "drums": (-3.0, 3.0), "bass": (-2.0, 8.0), "piano": (0.0, 9.0), "guitar": (0.0, 9.0), "organ": (-2.0, 8.0),
    "horns": (0.0, 10.0),
}  # fmt: skip
_LEAST_BARS = 24
"""A song has as many choruses as make this many bars."""


@dataclass(frozen=True, slots=True)
class Style:
    """What a song is. `tempo_bpm` counts quarter notes, as MIDI files do; `swing` is Take's."""

    seed: int
    progression: str
    feel: str
    key: str
    tempo_bpm: float
    swing: float
    parts: tuple[str, ...]
    choruses: int

    @property
    def genre(self) -> str:
        """The codec's genre word."""
        return "FUNK" if self.feel == "funk" else PROGRESSIONS[self.progression].genre

    @property
    def title(self) -> str:
        """For people, and for a file's name."""
        return f"{self.progression} {self.feel} in {self.key}, {self.tempo_bpm:g} bpm"


@dataclass(frozen=True, slots=True)
class Tune:
    """A style played: its score, and its chords as markers."""

    style: Style
    score: Score
    markers: tuple[Marker, ...]


def draw_style(
    seed: int,
    *,
    progression: str | None = None,
    feel: str | None = None,
    key: str | None = None,
    parts: Sequence[str] | None = None,
) -> Style:
    """A seed's style; what is given is kept, and changes nothing else that is drawn but the tempo by the feel.

    `key` is one of `theory.NOTE_NAMES`, with an "m" where the progression is minor. Raises ParameterError for
    what is unknown.
    """
    rng = random.Random(f"style {seed}")
    drawn = rng.choice(list(PROGRESSIONS))
    form = _one_of("progression", progression or drawn, PROGRESSIONS)
    suiting = PROGRESSIONS[form].feels
    pick = rng.random()
    feel = _one_of("feel", feel or suiting[int(pick * len(suiting))], FEELS)
    tonic = NOTE_NAMES[rng.randrange(12)]
    minor = "m" if PROGRESSIONS[form].is_minor else ""
    name = _one_of("key", (key or tonic).removesuffix("m"), NOTE_NAMES) + minor
    slowest, fastest = FEELS[feel].tempo_bpm
    beats_bpm = round(slowest + (fastest - slowest) * rng.betavariate(2, 2.4))
    swing = FEELS[feel].draw_swing(rng, beats_bpm)
    chosen = tuple(_one_of("part", part, PARTS) for part in parts) if parts is not None else _draw_parts(rng)
    choruses = max(1 + (PROGRESSIONS[form].bars < 32), -(-_LEAST_BARS // PROGRESSIONS[form].bars))
    tempo_bpm = beats_bpm * FEELS[feel].beat_ticks / TICKS_PER_BEAT
    in_order = tuple(part for part in PARTS if part in chosen)
    return Style(seed, form, feel, name, tempo_bpm, round(swing, 4), in_order, choruses)


def play_style(style: Style) -> Tune:
    """The band plays. Each player has a generator of his own: a change in how one plays changes no other."""
    feel, progression = FEELS[style.feel], PROGRESSIONS[style.progression]
    form = write_form(progression, NOTE_NAMES.index(style.key.removesuffix("m")), style.choruses)
    plan = write_plan(random.Random(f"plan {style.seed}"), form, style.parts)
    parts, free = list[Part](), iter(PLAYER_CHANNELS)
    for name in style.parts:
        rng = random.Random(f"{style.seed} {name}")
        take = _take(rng, style, feel, name)
        _PLAYERS[name](take, form, feel, plan)
        by_feel = _PROGRAMS[name]
        program = rng.choice(by_feel.get(feel.name, by_feel[""]))
        notes = one_press_a_key(take.notes)
        is_drums = name == "drums"
        role = role_of(program, name, is_drums, notes)
        parts.append(Part(DRUM_CHANNEL if is_drums else next(free), role, notes, name, program))
    score = Score(
        TICKS_PER_BEAT,
        tuple(parts),
        (TempoChange(0, style.tempo_bpm),),
        (MeterChange(0, *feel.meter),),
        style.title,
    )
    return Tune(style, score, _markers(form, feel))


def _take(rng: random.Random, style: Style, feel: Feel, part: str) -> Take:
    lean_ms, loose_ms = rng.uniform(*_LEANS_MS[part]), rng.uniform(*feel.loose_ms)
    return Take(
        rng=rng,
        tempo_bpm=style.tempo_bpm * TICKS_PER_BEAT / feel.beat_ticks,
        swing=style.swing,
        lean_ms=lean_ms,
        loose_ms=loose_ms,
        loudness=rng.uniform(0.9, 1.04),
        most_ms=MOST_MS,
        beat_ticks=feel.beat_ticks,
        swung_beats=feel.swung_beats,
    )


def _draw_parts(rng: random.Random) -> tuple[str, ...]:
    """Drums and bass always, and one that comps at least."""
    drawn = [part for part, share in _SHARES.items() if rng.random() < share]
    spare = rng.choice(COMPING)
    if not set(drawn) & set(COMPING):
        drawn.append(spare)
    return ("drums", "bass", *drawn)


def _markers(form: Form, feel: Feel) -> tuple[Marker, ...]:
    """Each chord where it begins."""
    markers, before = list[Marker](), None
    for bar in form.bars:
        for beat, _, chord in bar.spans():
            if chord != before:
                markers.append(Marker(round((bar.at + beat) * feel.beat_ticks), chord.symbol))
            before = chord
    return tuple(markers)


def _one_of(what: str, name: str, known: Collection[str]) -> str:
    if name not in known:
        raise ParameterError(f"{what} {name!r} is unknown: give one of {', '.join(known)}")
    return name
