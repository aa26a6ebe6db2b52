"""Who plays what in a window: which part is the copilot's, who sits where, from which bar, in which key."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from copilot.codec.words import SEATS, Header
from copilot.music.roles import ROLES, Role
from copilot.music.rows import PART, PITCH, START
from training.corpus.song import Song
from training.windows.mistakes import MISTAKEN_BARS, draw_mistakes, draw_strangers
from training.windows.words import Cut

SEATS_OF: dict[Role, tuple[int, ...]] = {
    role: tuple(seat for seat, sitting in SEATS.items() if sitting == role) for role in ROLES
}
P_DROP_WORD = 0.1
"""Each pinned word is left out so often, so that it can be left unsaid."""

P_DROP_GENRE = 0.5
"""The genre word is left out so often, but never where the copilot's part is not the band's own (`Song.own`).

A guest plays as the word says and not as the band does. Were he met without the word, a copilot that is told no genre
would take him for a third of all players, and play past the band as often.
"""

TEMPO_JITTER = 0.1
"""The tempo that is said is up to this share off.

On a grid of beats another tempo moves no note; it changes what the tempo word says. A band takes the same
arrangement a tenth faster or slower without changing its feel, so such tempi have the same notes. Beyond that they
have not: swing straightens as the tempo rises (A. Friberg, A. Sundström, Music Perception 19, 2002).
"""

BAND_VELOCITY_JITTER, PART_VELOCITY_JITTER = 12, 6
"""By how much velocity the whole band plays louder or softer, and each player on top of that.

A constant for each part and window, as from another keyboard or another day: accents stay as they were played. The
copilot's part goes with the band, so that it learns to follow the band's loudness.
"""

P_SMALL_BAND = 0.75
SMALL_BAND = (1, 5)
"""Fewest and most players in a small band: rigs are smaller than the fifteen tracks of a game score."""

P_FROM_THE_TOP = 0.1
MIN_PRESENCE = 0.75
"""The copilot's part plays in at least this share of the bars, over the song and over the window's first bars.

A model that learnt from any part fell silent after three bars of a blues: parts of full scores mostly rest.
"""

P_LATE_ENTRY, LATEST_ENTRY_BARS = 0.5, 2.0
P_REST, LONGEST_REST_BARS = 0.15, 2.0
"""A model that only ever heard its part play from the first beat to the last neither enters a jam that has begun
nor plays again once it has paused (silent for ten bars). So half the windows have it enter late, half let it rest.
"""

TRANSPOSITIONS = range(-5, 7)
_SOON_BARS = 12


P_STRANGE = 0.5
"""How many of the mistakes are what a part of another song plays, where a genre says how it should be instead."""

NextSong = Callable[[], Song]
"""Draws another song of the source."""


def draw_cut(
    song: Song,
    rng: np.random.Generator,
    window: int,
    p_mistaken: float = 0.0,
    another: NextSong | None = None,
) -> Cut:
    """A random window of a song, about `window` words long where the song has that many left.

    The copilot's part is uniform over the roles present, then over that role's parts, and plays within the
    window's first bars; where a copilot played in the song, it is that one's. Drums keep their part word: the
    grammar knows by it that they have no ends. With the chance of `p_mistaken` it begins with mistakes.
    """
    mine = _draw_part(song, rng)
    seats = {mine: 0} | _draw_players(song, mine, rng)
    part = song.roles[mine]

    def said(drop: float) -> bool:
        return bool(rng.random() >= drop)

    header = Header(
        genre=song.genre if said(0.0 if song.own else P_DROP_GENRE) else None,
        part=part if part == "drums" or said(P_DROP_WORD) else None,
        tempo_bpm=_draw_tempo(song, rng) if said(P_DROP_WORD) else None,
        meter=song.meter if said(P_DROP_WORD) else None,
        seats=tuple(seat for seat in seats.values() if seat and said(P_DROP_WORD)),
    )
    bar = _draw_bar(song, mine, seats, rng, window)
    semitones, rests, loudness = (
        _draw_key(song, seats, rng),
        _draw_rests(song, bar, rng),
        _draw_loudness(seats, rng),
    )
    cut = Cut(seats, header, bar, semitones, rests, loudness)
    return _mistaken(song, cut, rng, another) if p_mistaken and rng.random() < p_mistaken else cut


def _mistaken(song: Song, cut: Cut, rng: np.random.Generator, another: NextSong | None) -> Cut:
    """The same with mistakes at its beginning, which take the place of rests."""
    start_tick = int(song.bars[cut.bar])
    until_tick = start_tick + int(rng.uniform(*MISTAKEN_BARS) * song.bar_ticks)
    mistakes = None
    if another is not None and cut.header.genre is not None and rng.random() < P_STRANGE:
        mistakes = draw_strangers(song, cut.mine, another(), start_tick, until_tick, rng)
    if mistakes is None:
        mistakes = draw_mistakes(song, cut.mine, start_tick, until_tick, rng)
    pitches = mistakes[:, PITCH] + (cut.semitones if song.roles[cut.mine] != "drums" else 0)
    mistakes = mistakes[(pitches >= 0) & (pitches <= 127)]
    return replace(cut, rests=(), mistakes=mistakes, mistaken_until_tick=until_tick)


def _draw_part(song: Song, rng: np.random.Generator) -> int:
    if song.own:
        return int(rng.choice(song.own))
    presence = np.asarray([_plays(song, part).mean() for part in range(len(song.roles))])
    enough = presence >= min(MIN_PRESENCE, presence.max())
    roles = sorted({song.roles[part] for part in np.flatnonzero(enough)})
    role = roles[rng.integers(len(roles))]
    return int(rng.choice([part for part in np.flatnonzero(enough) if song.roles[part] == role]))


def _plays(song: Song, part: int) -> NDArray[np.bool_]:
    """In which bars a part begins a note: bool (bars,)."""
    starts = song.notes[song.notes[:, PART] == part, START]
    plays = np.zeros(len(song.bars), dtype=np.bool_)
    plays[np.searchsorted(song.bars, starts, side="right") - 1] = True
    return plays


def _draw_players(song: Song, mine: int, rng: np.random.Generator) -> dict[int, int]:
    """Seats for the other parts: the busiest of each role as far as seats go, in the song's order."""
    counts = np.bincount(song.notes[:, PART], minlength=len(song.roles))
    others = [part for part in range(len(song.roles)) if part != mine and counts[part]]
    if len(others) > SMALL_BAND[0] and rng.random() < P_SMALL_BAND:
        low, high = SMALL_BAND
        size = min(len(others), int(rng.integers(low, high + 1)))
        others = sorted(rng.choice(others, size, replace=False).tolist())
    seats: dict[int, int] = {}
    for role, free in SEATS_OF.items():
        busiest = sorted(
            (part for part in others if song.roles[part] == role), key=lambda part: -counts[part]
        )
        seats |= dict(zip(sorted(busiest[: len(free)]), free, strict=False))
    return seats


def _draw_bar(song: Song, mine: int, seats: dict[int, int], rng: np.random.Generator, window: int) -> int:
    seated = np.isin(song.notes[:, PART], list(seats))
    left = seated.sum() - np.searchsorted(song.notes[seated, START], song.bars)
    bars = np.arange(len(song.bars))
    soon = np.minimum(bars + _SOON_BARS, len(bars))
    played = np.concatenate([[0], np.cumsum(_plays(song, mine))])
    presence = (played[soon] - played[bars]) / (soon - bars)
    usable = bars[presence >= min(MIN_PRESENCE, presence.max())]
    # 2.5 words a note; where less than the window is left, the rest of it would be padding.
    full = usable[left[usable] * 2.5 >= window]
    if rng.random() < P_FROM_THE_TOP or not len(full):
        return int(usable[0])
    return int(rng.choice(full))


def _draw_rests(song: Song, bar: int, rng: np.random.Generator) -> tuple[tuple[int, int], ...]:
    """When the copilot's part is silent: from before the window until it enters, and once later on."""
    bar_ticks = song.bar_ticks
    start_tick, rests = int(song.bars[bar]), []
    if rng.random() < P_LATE_ENTRY:
        rests.append((0, start_tick + int(rng.uniform(0, LATEST_ENTRY_BARS * bar_ticks))))
    if rng.random() < P_REST:
        from_tick = start_tick + int(rng.uniform(LATEST_ENTRY_BARS, 8 * LATEST_ENTRY_BARS) * bar_ticks)
        rests.append((from_tick, from_tick + int(rng.uniform(0.5, LONGEST_REST_BARS) * bar_ticks)))
    return tuple(rests)


def _draw_tempo(song: Song, rng: np.random.Generator) -> float | None:
    if song.tempo_bpm is None:
        return None
    return song.tempo_bpm * float(1.0 + rng.uniform(-TEMPO_JITTER, TEMPO_JITTER))


def _draw_loudness(seats: dict[int, int], rng: np.random.Generator) -> dict[int, int]:
    """How much louder each part is, in velocity."""
    band = int(rng.integers(-BAND_VELOCITY_JITTER, BAND_VELOCITY_JITTER + 1))
    each = rng.integers(-PART_VELOCITY_JITTER, PART_VELOCITY_JITTER + 1, len(seats))
    return {part: band + int(own) for part, own in zip(seats, each, strict=True)}


def _draw_key(song: Song, seats: dict[int, int], rng: np.random.Generator) -> int:
    pitched = [part for part in seats if song.roles[part] != "drums"]
    pitches = song.notes[np.isin(song.notes[:, PART], pitched), PITCH]
    if not len(pitches):
        return 0
    fitting = [step for step in TRANSPOSITIONS if pitches.min() + step >= 0 and pitches.max() + step <= 127]
    return int(rng.choice(fitting or [0]))
