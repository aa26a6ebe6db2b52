"""The style generator: a seed → a band's song with its chords. The same seed gives the same notes for ever.

A song is a progression × a feel × a key × a tempo × the parts that play it; what is not given is drawn. Five feels
are played by heart, by the modules beside this one; in the others a band of `drawn` makes up its own.
"""

import random
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from functools import partial

from copilot.errors import ParameterError
from copilot.music.casting import role_of
from copilot.music.midifile import COPILOT_NAME, Marker, one_press_a_key
from copilot.music.score import DRUM_CHANNEL, PLAYER_CHANNELS, MeterChange, Part, Score, TempoChange
from copilot.music.theory import NOTE_NAMES
from training.styles import bass, drums, guitar, horns, organ, piano
from training.styles.drawn import band
from training.styles.drawn.grammar import MODES
from training.styles.drawn.idioms import IDIOMS
from training.styles.feels import FEELS, Feel
from training.styles.forms import PROGRESSIONS, Form, write_form
from training.styles.guests import Guest, as_guest_hears, draw_guest
from training.styles.plan import COMPING, PARTS, write_plan
from training.styles.take import TICKS_PER_BEAT, Take

MOST_MS = 35.0
"""No note is further beside its place than this: what is further off sounds like a mistake."""

_PLAYERS: dict[str, Callable[..., None]] = {
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
_LEAST_MS = 40.0
"""No note is shorter, or nobody would hear its pitch."""
_P_NAMED = 0.25
"""How often a drawn feel takes one of its named progressions."""
DRAWN = {f"drawn-{mode}": mode for mode in MODES}
"""Progressions that are drawn for a song, by name, and their modes."""
_LEAST_BARS = 24
"""A song has as many choruses as make this many bars."""


@dataclass(frozen=True, slots=True)
class Style:
    """What a song is. `tempo_bpm` counts quarter notes, as MIDI files do; `swing` is Take's.

    A `guest` takes one of the parts, whose name then says that it's the copilot's.
    """

    seed: int
    progression: str
    feel: str
    key: str
    tempo_bpm: float
    swing: float
    parts: tuple[str, ...]
    choruses: int
    guest: Guest | None = None

    @property
    def genre(self) -> str:
        """The codec's genre word: the band's, or the guest's."""
        if self.guest:
            return self.guest.genre
        if FEELS[self.feel].genre:
            return FEELS[self.feel].genre
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
    """A seed's style; what is given is kept, and the rest drawn to suit it.

    `progression` is one of PROGRESSIONS or DRAWN, `feel` of FEELS, `key` of `theory.NOTE_NAMES`, with an "m" where
    the progression is minor, `parts` of `parts_of` the feel. Raises ParameterError for what is unknown, or has no
    player.
    """
    rng = random.Random(f"style {seed}")
    if progression is not None:
        _one_of("progression", progression, (*PROGRESSIONS, *DRAWN))
    suiting = [name for name in FEELS if progression is None or progression in suits(name)]
    drawn = rng.choices(suiting, [FEELS[name].weight for name in suiting])[0]
    feel = _one_of("feel", feel or drawn, FEELS)
    form = progression or _draw_progression(rng, feel)
    if form in DRAWN and feel not in IDIOMS:
        raise ParameterError(
            f"feel {feel!r} is played by heart, {form!r} is not known so: give one of {', '.join(suits(feel))}"
        )
    tonic = NOTE_NAMES[rng.randrange(12)]
    name = _one_of("key", (key or tonic).removesuffix("m"), NOTE_NAMES) + ("m" if _is_minor(form) else "")
    slowest, fastest = FEELS[feel].tempo_bpm
    beats_bpm = round(slowest + (fastest - slowest) * rng.betavariate(2, 2.4))
    swing = FEELS[feel].draw_swing(rng, beats_bpm)
    known = parts_of(feel)
    if parts is not None:
        chosen = tuple(_one_of("part", part, known) for part in parts)
    else:
        chosen = band.draw_parts(rng, IDIOMS[feel]) if feel in IDIOMS else _draw_parts(rng)
    choruses = 1
    if form in PROGRESSIONS:
        bars = PROGRESSIONS[form].bars
        choruses = max(1 + (bars < 32), -(-_LEAST_BARS // bars))
    tempo_bpm = beats_bpm * FEELS[feel].beat_ticks / TICKS_PER_BEAT
    in_order = tuple(part for part in known if part in chosen)
    return Style(seed, form, feel, name, tempo_bpm, round(swing, 4), in_order, choruses)


def with_guest(style: Style) -> Style:
    """The same with a guest, if it's a drawn band's and a guest suits it."""
    feel = FEELS[style.feel]
    if feel.name not in IDIOMS:
        return style
    rng = random.Random(f"guest {style.seed}")
    tempo_bpm = style.tempo_bpm * TICKS_PER_BEAT / feel.beat_ticks
    return replace(style, guest=draw_guest(rng, feel, tempo_bpm, style.parts))


def suits(feel: str) -> tuple[str, ...]:
    """The progressions that a feel is drawn with."""
    if feel in IDIOMS:
        return (*IDIOMS[feel].named, *(name for name, mode in DRAWN.items() if mode in IDIOMS[feel].modes))
    return tuple(name for name, progression in PROGRESSIONS.items() if feel in progression.feels)


def parts_of(feel: str) -> tuple[str, ...]:
    """The parts that a band of a feel may have, in the order of their tracks."""
    return band.PARTS if feel in IDIOMS else PARTS


def play_style(style: Style) -> Tune:
    """The band plays. Each player has a generator of his own: a change in how one plays changes no other."""
    feel = FEELS[style.feel]
    tonic = NOTE_NAMES.index(style.key.removesuffix("m"))
    players: dict[str, Callable[[Take], None]]
    if feel.name in IDIOMS:
        song = band.draw_song(
            style.seed, feel, style.parts, tonic, DRAWN.get(style.progression) or PROGRESSIONS[style.progression],
            style.choruses,
        )  # fmt: skip
        form, players, programs = song.form, band.players(song), band.programs(song.idiom)
        if guest := style.guest:
            theirs = as_guest_hears(song, guest)
            players[guest.part] = band.players(theirs)[guest.part]
            programs[guest.part] = band.programs(theirs.idiom)[guest.part]
    else:
        form = write_form(PROGRESSIONS[style.progression], tonic, style.choruses)
        plan = write_plan(random.Random(f"plan {style.seed}"), form, style.parts)
        players = {name: partial(play, form=form, feel=feel, plan=plan) for name, play in _PLAYERS.items()}
        programs = {name: by_feel.get(feel.name, by_feel[""]) for name, by_feel in _PROGRAMS.items()}
    parts, free = list[Part](), (channel for channel in PLAYER_CHANNELS if channel != DRUM_CHANNEL)
    for name in style.parts:
        rng = random.Random(f"{style.seed} {name}")
        take = _take(rng, style, feel, name)
        players[name](take)
        program = rng.choice(programs[name])
        notes = one_press_a_key(take.notes)
        if not notes:
            continue
        is_drums = name == "drums"
        role = role_of(program, name, is_drums, notes)
        is_guest = style.guest is not None and name == style.guest.part
        title = f"{COPILOT_NAME} ({name})" if is_guest else name
        parts.append(Part(DRUM_CHANNEL if is_drums else next(free), role, notes, title, program))
    score = Score(
        TICKS_PER_BEAT,
        tuple(parts),
        (TempoChange(0, style.tempo_bpm),),
        (MeterChange(0, *feel.meter),),
        style.title,
    )
    return Tune(style, score, _markers(form, feel))


def _draw_progression(rng: random.Random, feel: str) -> str:
    if feel not in IDIOMS:
        return rng.choice(suits(feel))
    idiom = IDIOMS[feel]
    if idiom.named and rng.random() < _P_NAMED:
        return rng.choice(idiom.named)
    return "drawn-" + rng.choices(list(idiom.modes), list(idiom.modes.values()))[0]


def _is_minor(progression: str) -> bool:
    if progression in DRAWN:
        return MODES[DRAWN[progression]].is_minor
    return PROGRESSIONS[progression].is_minor


def _take(rng: random.Random, style: Style, feel: Feel, part: str) -> Take:
    leans = _LEANS_MS.get(part) or band.LEANS_MS[part.split(maxsplit=1)[0]]
    lean_ms, loose_ms = rng.uniform(*leans), rng.uniform(*feel.loose_ms)
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
        least_ms=_LEAST_MS,
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
