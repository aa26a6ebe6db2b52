"""The live parameters: each exists once, here. OSC, TOML, the command line and the status line read this table.

A `Parameter` says what values are allowed; a `Panel` holds the present values and tells listeners of changes.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Literal

from copilot.errors import ParameterError
from copilot.music.roles import ROLES

Value = float | int | bool | str
Kind = Literal["float", "int", "bool", "choice"]
GENRES = ("none", "ambient", "blues", "classical", "folk", "funk", "game", "jazz", "latin", "pop", "rock")
_TRUE = ("1", "1.0", "true", "on", "yes")
_FALSE = ("0", "0.0", "false", "off", "no")


@dataclass(frozen=True, slots=True)
class Parameter:
    """One live parameter: its name (unit included), type, range and one sentence on what it does.

    `low` and `high` are inclusive and mean nothing for bool and choice; `choices` only for choice.
    """

    name: str
    kind: Kind
    default: Value
    doc: str
    unit: str = ""
    low: float = 0.0
    high: float = 1.0
    choices: tuple[str, ...] = ()

    @property
    def allowed(self) -> str:
        """The allowed values, in words."""
        if self.kind == "choice":
            return "one of " + ", ".join(self.choices)
        if self.kind == "bool":
            return "true or false"
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
        if self.kind == "bool":
            word = str(given).lower()
            return True if word in _TRUE else False if word in _FALSE else None
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


PARAMETERS: tuple[Parameter, ...] = (
    Parameter("part", "choice", "bass", "The part that the copilot plays.", choices=ROLES),
    Parameter("genre", "choice", "none", "The genre word that the model is given.", choices=GENRES),
    Parameter("temperature", "float", 0.9, "Below 1 the model is surer of itself, above 1 bolder.", high=2.0),
    Parameter("top_p", "float", 0.95, "Sample from the likeliest words that make up this share.", low=0.01),
    Parameter(
        "harmony",
        "float",
        1.5,
        "How far notes lean to the chord that the band plays; 0 leaves it to the model.",
        high=2.0,
    ),
    Parameter(
        "groove",
        "float",
        1.0,
        "How far notes lean to where in the beat the band plays; 0 leaves it to the model.",
        high=2.0,
    ),
    Parameter(
        "imagine",
        "choice",
        "band",
        "Who is imagined ahead: all players, or the copilot's part alone.",
        choices=("band", "part"),
    ),
    Parameter(
        "candidates",
        "int",
        1,
        "How many plans are imagined each time; the one that fits the harmony best is taken.",
        low=1,
        high=8,
    ),
    Parameter(
        "lookahead_beats", "float", 4.0, "How far ahead the plan reaches.", unit="beats", low=0.5, high=16.0
    ),
    Parameter(
        "alone_beats",
        "float",
        3.0,
        "How long it plays on when nobody else plays; 0 is for ever.",
        unit="beats",
        high=64.0,
    ),
    Parameter(
        "commit_ms",
        "float",
        0.0,
        "How far ahead notes are final; 0 follows the engine's measured p99.",
        unit="ms",
        high=4000.0,
    ),
    Parameter(
        "tempo_bpm", "float", 120.0, "Tempo while no MIDI clock is heard.", unit="bpm", low=20.0, high=999.0
    ),
    Parameter("mute", "bool", False, "Rest: plan nothing new and let what sounds end."),
)

Listener = Callable[[Parameter, Value], None]


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
