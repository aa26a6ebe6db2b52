"""The live parameters: each exists once, here. OSC, TOML, the command line and the status line read this table.

A `Parameter` says what values are allowed; a `Panel` holds the present values and tells listeners of changes.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Literal

from copilot.errors import ParameterError
from copilot.music.roles import ROLES, Role
from copilot.music.symbols import KEYS, SCALES, chord

Value = float | int | bool | str
Kind = Literal["float", "int", "bool", "choice", "chord"]
GENRES = ("none", "ambient", "blues", "classical", "folk", "funk", "game", "jazz", "latin", "pop", "rock")
_TRUE = ("1", "1.0", "true", "on", "yes")
_FALSE = ("0", "0.0", "false", "off", "no")


@dataclass(frozen=True, slots=True)
class Parameter:
    """One live parameter: its name (unit included), type, range and one sentence on what it does.

    `low` and `high` are inclusive and mean nothing for bool, choice and chord; `choices` only for choice. What is
    smooth moves to a new value over half a second. `group` is one of GROUPS.
    """

    name: str
    kind: Kind
    default: Value
    doc: str
    group: str = "part"
    unit: str = ""
    low: float = 0.0
    high: float = 1.0
    choices: tuple[str, ...] = ()
    is_smooth: bool = False

    @property
    def allowed(self) -> str:
        """The allowed values, in words."""
        if self.kind == "choice":
            return "one of " + ", ".join(self.choices)
        if self.kind == "bool":
            return "true or false"
        if self.kind == "chord":
            return "a symbol like Bb7, Am, F#m7b5 or C/E, or off"
        unit = f" {self.unit}" if self.unit else ""
        return f"{self.low:g} to {self.high:g}{unit}"

    def parse(self, given: object) -> Value:
        """`given` as this parameter's value. Raises ParameterError, which names what is allowed."""
        value = self._coerce(given)
        if value is None:
            raise ParameterError(f"{self.name}: got {given!r}, allowed is {self.allowed}")
        return value

    def _coerce(self, given: object) -> Value | None:
        if self.kind == "choice":
            return given if isinstance(given, str) and given in self.choices else None
        if self.kind == "chord":
            return _chord(given)
        if self.kind == "bool":
            return as_bool(given)
        if isinstance(given, bool) or not isinstance(given, int | float | str):
            return None
        try:
            number = float(given)
        except (ValueError, OverflowError):
            return None
        if not self.low <= number <= self.high:  # also refuses NaN
            return None
        if self.kind == "int":
            return int(number) if number == int(number) else None
        return number


GROUPS = ("part", "state", "sound", "steering", "sampling", "planning", "time", "channels")
"""What parameters are shown together under, in order."""

CHANNEL = "channel_"
"""How the names of the parameters begin that say who plays on a channel."""

ROLE_CHOICES = ("auto", *ROLES)
_PLAYERS = range(1, 16)

PARAMETERS: tuple[Parameter, ...] = (
    Parameter("part", "choice", "bass", "The part that the copilot plays.", choices=ROLES),
    Parameter("genre", "choice", "none", "The genre word that the model is given.", choices=GENRES),
    Parameter("mute", "bool", False, "Rest: plan nothing new and let what sounds end.", "state"),
    Parameter("listen_only", "bool", False, "Plan as if playing, and send nothing.", "state"),
    Parameter("hold", "bool", False, "Play the last bar of the plan over and over.", "state"),
    Parameter(
        "velocity_scale",
        "float",
        1.0,
        "How hard it plays, beside what it meant.",
        "sound",
        high=2.0,
        is_smooth=True,
    ),
    Parameter("lowest_velocity", "int", 1, "No note is sent softer.", "sound", low=1, high=127),
    Parameter("highest_velocity", "int", 127, "No note is sent louder.", "sound", low=1, high=127),
    Parameter(
        "swing",
        "float",
        0.5,
        "Where the second eighth of a beat is played: 0.5 is straight, 0.67 a triplet.",
        "sound",
        unit="beats",
        low=0.5,
        high=0.75,
        is_smooth=True,
    ),
    Parameter(
        "harmony",
        "float",
        1.5,
        "How far notes lean to the chord that the band plays; 0 leaves it to the model.",
        "steering",
        high=2.0,
        is_smooth=True,
    ),
    Parameter(
        "groove",
        "float",
        1.0,
        "How far notes lean to where in the beat the band plays; 0 leaves it to the model.",
        "steering",
        high=2.0,
        is_smooth=True,
    ),
    Parameter(
        "lead",
        "float",
        0.0,
        "Follow or lead: how much its own notes count beside the band's, for harmony and groove.",
        "steering",
        is_smooth=True,
    ),
    Parameter(
        "density",
        "float",
        0.0,
        "Notes a beat that it is brought to; 0 leaves it to the model.",
        "steering",
        unit="notes a beat",
        high=16.0,
        is_smooth=True,
    ),
    Parameter(
        "lowest_pitch",
        "int",
        0,
        "Nothing lower is played; 0 is the part's own register.",
        "steering",
        high=127,
    ),
    Parameter(
        "highest_pitch",
        "int",
        127,
        "Nothing higher is played; 127 is the part's own register.",
        "steering",
        high=127,
    ),
    Parameter(
        "polyphony",
        "int",
        0,
        "The most notes that sound at once; 0 is the part's own.",
        "steering",
        high=16,
    ),
    Parameter(
        "key", "choice", "off", "The root of the scale that it keeps to, or off.", "steering", choices=KEYS
    ),
    Parameter("scale", "choice", "major", "The scale on that root.", "steering", choices=tuple(SCALES)),
    Parameter(
        "chord", "chord", "off", "The chord that it takes for played until this changes, or off.", "steering"
    ),
    Parameter(
        "temperature",
        "float",
        0.9,
        "Below 1 the model is surer of itself, above 1 bolder.",
        "sampling",
        high=2.0,
        is_smooth=True,
    ),
    Parameter(
        "top_p",
        "float",
        0.95,
        "Sample from the likeliest words that make up this share.",
        "sampling",
        low=0.01,
    ),
    Parameter(
        "top_k", "int", 0, "Sample from so many of the likeliest words; 0 is all.", "sampling", high=1000
    ),
    Parameter(
        "min_p", "float", 0.0, "Sample from words this likely beside the likeliest; 0 is all.", "sampling"
    ),
    Parameter(
        "imagine",
        "choice",
        "band",
        "Who is imagined ahead: all players, or the copilot's part alone.",
        "planning",
        choices=("band", "part"),
    ),
    Parameter(
        "candidates",
        "int",
        1,
        "How many plans are imagined each time; the one that fits the harmony best is taken.",
        "planning",
        low=1,
        high=8,
    ),
    Parameter(
        "lookahead_beats",
        "float",
        4.0,
        "How far ahead the plan reaches.",
        "planning",
        unit="beats",
        low=0.5,
        high=16.0,
    ),
    Parameter(
        "commit_ms",
        "float",
        0.0,
        "How far ahead notes are final; 0 follows the engine's measured p99.",
        "planning",
        unit="ms",
        high=4000.0,
    ),
    Parameter(
        "alone_beats",
        "float",
        3.0,
        "How long it plays on when nobody else plays; 0 is for ever.",
        "planning",
        unit="beats",
        high=64.0,
    ),
    Parameter(
        "tempo_bpm",
        "float",
        120.0,
        "Tempo while no MIDI clock is heard.",
        "time",
        unit="bpm",
        low=20.0,
        high=999.0,
    ),
    Parameter(
        "clock",
        "choice",
        "auto",
        "Whose time it is: a MIDI clock once one is heard, or always its own.",
        "time",
        choices=("auto", "internal"),
    ),
    *(
        Parameter(
            f"{CHANNEL}{number}",
            "choice",
            "auto",
            f"Who plays on MIDI channel {number}, counted from 0; auto listens for it.",
            "channels",
            choices=ROLE_CHOICES,
        )
        for number in _PLAYERS
    ),
)

Listener = Callable[[Parameter, Value], None]


def as_bool(given: object) -> bool | None:
    """Yes or no, as remotes and people write it; None for anything else."""
    word = str(given).lower()
    return True if word in _TRUE else False if word in _FALSE else None


def _chord(given: object) -> str | None:
    try:
        chord(str(given))
    except ValueError:
        return None
    return str(given)


@dataclass(slots=True)
class Panel:
    """The present values. Owned by the daemon's event loop; not safe to share between threads."""

    _values: dict[str, Value] = field(default_factory=dict)
    _listeners: list[Listener] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._values = {parameter.name: parameter.default for parameter in PARAMETERS} | self._values

    def __iter__(self) -> Iterator[tuple[Parameter, Value]]:
        for parameter in PARAMETERS:
            yield parameter, self._values[parameter.name]

    def __getitem__(self, name: str) -> Value:
        return self._values[find(name).name]

    def number(self, name: str) -> float:
        """The value of a float, int or bool parameter."""
        return float(self[name])

    def text(self, name: str) -> str:
        """The value of a choice."""
        return str(self[name])

    def set(self, name: str, given: object) -> Value:
        """Set a parameter and tell the listeners if it changed. Raises ParameterError and changes nothing."""
        parameter = find(name)
        value = parameter.parse(given)
        if value != self._values[name]:
            self._values[name] = value
            for listener in self._listeners:
                listener(parameter, value)
        return value

    def on_change(self, listener: Listener) -> None:
        """Call `listener(parameter, value)` after every change, whoever made it."""
        self._listeners.append(listener)


def find(name: str) -> Parameter:
    """The parameter of that name. Raises ParameterError, which lists the names."""
    for parameter in PARAMETERS:
        if parameter.name == name:
            return parameter
    names = ", ".join(parameter.name for parameter in PARAMETERS)
    raise ParameterError(f"no parameter is called {name!r}: there are {names}")


def roles_of(panel: Panel) -> dict[int, Role]:
    """Who plays on each channel that the panel names."""
    named = {int(p.name.removeprefix(CHANNEL)): value for p, value in panel if p.name.startswith(CHANNEL)}
    return {channel: role for channel, value in named.items() for role in ROLES if role == value}


def as_toml(panel: Panel, groups: Sequence[str] = GROUPS) -> str:
    """Some groups of the panel as a table of TOML, each parameter under what it is and may be."""
    lines = ["[panel]"]
    for parameter, value in panel:
        if parameter.group not in groups:
            continue
        lines += [f"# {parameter.doc} ({parameter.allowed})", f"{parameter.name} = {_toml(value)}"]
    return "\n".join(lines) + "\n"


def _toml(value: Value) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return f'"{value}"' if isinstance(value, str) else repr(value)
