"""What an idiom is: how songs of one feel are built, by tables of weighted rhythms (see grids.py)."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from training.styles.drums import HAT, RIDE, SNARE, TOMS


@dataclass(frozen=True, slots=True)
class Voice:
    """A further drum: its pitch, rhythm and velocity, and how likely the song's drummer has it."""

    pitch: int
    grid: str
    velocity: float = 70.0
    share: float = 1.0


@dataclass(frozen=True, slots=True)
class Kit:
    """A groove's kicks, snares and times, of which songs draw one each; time goes by section from voice to voice.

    `ghosts` are chances for each bar anew. `quiet` and `loud` are who keeps time; `soft` scales velocities.
    """

    kicks: tuple[str, ...]
    snares: tuple[str, ...]
    times: tuple[str, ...]
    quiet: int = HAT
    loud: int = RIDE
    snare: int = SNARE
    ghosts: str = ""
    more: tuple[Voice, ...] = ()
    fill: tuple[int, ...] = (SNARE, *TOMS)
    soft: float = 1.0


@dataclass(frozen=True, slots=True)
class Comp:
    """A manner of accompanying: one of comping.MANNERS, its rhythms, and how much of the gap to the next it lasts.

    In the rhythms, digits are chords; `b` is a low root, `f` its fifth below or above, `c` root and chord together.
    """

    manner: str
    grids: tuple[str, ...]
    gate: tuple[float, float] = (0.7, 0.95)
    size: int = 3
    lift: int = 0
    velocity: float = 74.0


@dataclass(frozen=True, slots=True)
class Idiom:
    """One feel's songs. Shares and programs are by part; `named` are progressions that suit beside drawn ones.

    `bass` are rhythms whose letters are degrees (bass.py). `modes` and `paces` are weights of grammar.MODES and
    grammar.SHAPES, `colours` the languages to choose from, `forms` section letters (sections.py).
    """

    kits: tuple[Kit, ...]
    bass: tuple[str, ...]
    comps: Mapping[str, tuple[Comp, ...]]
    melody: tuple[str, ...]
    modes: Mapping[str, float] = field(
        default_factory=lambda: {"major": 5, "minor": 3, "mixolydian": 1, "dorian": 0.6}
    )
    colours: tuple[str, ...] = ("triads", "dominants")
    paces: Mapping[str, float] = field(
        default_factory=lambda: {"long": 1, "even": 4, "quick": 1, "wide": 1.5}
    )
    forms: tuple[str, ...] = ("iABAB", "iABABCB", "AABA", "iAABAB", "ABACAB")
    named: tuple[str, ...] = ()
    gate: tuple[float, float] = (0.85, 0.98)
    shares: Mapping[str, float] = field(default_factory=dict)
    programs: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    p_dominant: float = 0.12
    p_line: float = 0.3
    lead_lift: int = 0
    loudness: float = 1.0
    bars: tuple[int, ...] = (8, 8, 8, 4)
