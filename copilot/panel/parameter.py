"""One live parameter: what values it allows, and how they may be written."""

from dataclasses import dataclass
from typing import Literal

from copilot.errors import ParameterError
from copilot.music.symbols import chord

Value = float | int | bool | str
Kind = Literal["float", "int", "bool", "choice", "chord"]
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
