"""What a measurement has to say: rows for a person, keys for a program."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Row:
    """One figure with its unit, and what it is held against."""

    what: str  # "step at 256 tokens"
    figure: str  # "0.21 ms"
    beside: str = ""  # the peer or the limit, measured in the same run: "transformers eager 4.6 ms"
    ratio: str = ""  # "22 × faster", "1.3 × the limit"


@dataclass(frozen=True, slots=True)
class Section:
    """One subject of `copilot bench`. `keys`: entries of --json; None where the peer is not installed."""

    title: str
    rows: tuple[Row, ...]
    keys: Mapping[str, float | None] = field(default_factory=dict)
    remarks: tuple[str, ...] = ()
