"""The present values of the live parameters, and who is told when they change."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from copilot.errors import ParameterError
from copilot.panel.parameter import Parameter, Value
from copilot.panel.table import GROUPS, OUTPUT, PARAMETERS

Listener = Callable[[Parameter, Value], None]
_BY_NAME = {parameter.name: parameter for parameter in PARAMETERS}


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
    found = _BY_NAME.get(name)
    if found is None:
        raise ParameterError(f"no parameter is called {name!r}: there are {', '.join(_BY_NAME)}")
    return found


def latencies_s(panel: Panel) -> list[float]:
    """How late each output sounds, in seconds, by its number."""
    return [float(value) / 1000 for parameter, value in panel if parameter.name.startswith(OUTPUT)]


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
