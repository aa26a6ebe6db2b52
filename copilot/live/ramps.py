"""Live parameters that move to a new value instead of jumping there. Pure."""

from dataclasses import dataclass, field

from copilot.panel import Panel

RAMP_S = 0.5
"""How long the way to a new value takes."""


@dataclass(frozen=True, slots=True)
class _Ramp:
    """A straight line from one value to another, begun at a moment in seconds."""

    start: float
    end: float
    at_s: float

    def value(self, now_s: float) -> float:
        share = min(1.0, max(0.0, (now_s - self.at_s) / RAMP_S))
        return self.end if share == 1.0 else self.start + share * (self.end - self.start)


@dataclass(slots=True)
class Ramps:
    """The smooth parameters of a panel, on their way. Moments come in order."""

    panel: Panel
    _ramps: dict[str, _Ramp] = field(default_factory=dict)

    def __post_init__(self) -> None:
        smooth = [(parameter, value) for parameter, value in self.panel if parameter.is_smooth]
        self._ramps = {p.name: _Ramp(float(value), float(value), float("-inf")) for p, value in smooth}

    def turn(self, name: str, now_s: float) -> None:
        """The panel has a new value; nothing for a parameter that is not smooth."""
        if name in self._ramps:
            self._ramps[name] = _Ramp(self.value(name, now_s), self.panel.number(name), now_s)

    def value(self, name: str, now_s: float) -> float:
        """A smooth parameter at a moment."""
        return self._ramps[name].value(now_s)
