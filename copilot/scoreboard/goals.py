"""What a model is meant to reach, beside what it did: a verdict for each goal, and how sure it is."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import msgspec

from copilot.music.roles import Role
from copilot.scoreboard.intervals import Interval
from copilot.scoreboard.jobs import Task
from copilot.scoreboard.rows import Row

ABOVE_ALL = "LAS above all baselines"
_PITCHED_ONLY = ("x_CT of the real part's", "A_key")


class Goal(msgspec.Struct, frozen=True):
    """One goal. `met`: whether the figure, by its value, reached what was wanted; None where it was not measured.

    `shown`: the figure and its 95% interval as a person reads them, empty where there is none.
    """

    name: str
    wanted: str
    figure: Interval | None
    met: bool | None
    shown: str

    @property
    def verdict(self) -> str:
        """`met`, `missed` or `not measured`."""
        return "not measured" if self.met is None else "met" if self.met else "missed"


@dataclass(frozen=True, slots=True)
class _Aim:
    """`form`: how the figure is written; `reached`: whether a value is good enough. A count has no interval."""

    name: str
    wanted: str
    form: str
    figure: Callable[[Row], Interval | None]
    reached: Callable[[float], bool]
    is_count: bool = False


def _turn(variation: Task) -> Callable[[Row], Interval | None]:
    def beats(row: Row) -> Interval | None:
        lively = row.liveliness.get(variation)
        return lively.beats if lively else None

    return beats


_AIMS = (
    _Aim("G", "≥ 0.5", ".2f", lambda row: row.gain, lambda value: value >= 0.5),
    _Aim(_PITCHED_ONLY[0], "≥ 0.85", ".2f", lambda row: row.x_ct_of_real, lambda value: value >= 0.85),
    _Aim(_PITCHED_ONLY[1], "≤ 4 beats", ".1f", _turn("key"), lambda value: value <= 4),
    _Aim("A_tempo × 0.8", "≤ 8 beats", ".1f", _turn("slower"), lambda value: value <= 8),
    _Aim("A_tempo × 1.25", "≤ 8 beats", ".1f", _turn("faster"), lambda value: value <= 8),
    _Aim("STOP", "≤ 4 beats", ".1f", _turn("stop"), lambda value: value <= 4),
    _Aim(
        "bits a note under PPM-C's",
        "≥ 20%",
        ".1%",
        lambda row: row.bits.under_ppm if row.bits else None,
        lambda value: value >= 0.2,
    ),
    _Aim(
        "doubling above the real part's",
        "≤ 10 points",
        "+.1%",
        lambda row: row.doubling_above_real,
        lambda value: value <= 0.1,
    ),
    _Aim(
        "looping above the real part's",
        "≤ 10 points",
        "+.1%",
        lambda row: row.looping_above_real,
        lambda value: value <= 0.1,
    ),
    _Aim(
        "hanging notes", "0", ".0f", lambda row: _exact(row.hanging), lambda value: value == 0, is_count=True
    ),
    _Aim("late", "< 1%", ".2%", lambda row: row.too_late, lambda value: value < 0.01),
)
"""All but the first, which takes the other rows, too."""


def goals_of(row: Row, rows: Sequence[Row], part: Role) -> list[Goal]:
    """Every goal of one part and player; drums have none in harmony."""
    aims = [aim for aim in _AIMS if part != "drums" or aim.name not in _PITCHED_ONLY]
    return [_above_all(row, rows), *(_goal(aim, row) for aim in aims)]


def _goal(aim: _Aim, row: Row) -> Goal:
    figure = aim.figure(row)
    if figure is None:
        return Goal(aim.name, aim.wanted, None, None, "")
    shown = f"{figure.value:{aim.form}}"
    if not aim.is_count:
        shown += f" [{figure.low:{aim.form}}, {figure.high:{aim.form}}]"
    return Goal(aim.name, aim.wanted, figure, aim.reached(figure.value), shown)


def _above_all(row: Row, rows: Sequence[Row]) -> Goal:
    """The whole interval of LAS must be above that of each baseline, of which the highest is named."""
    others = [other for other in rows if other.kind == "baseline"]
    if not others:
        return Goal(ABOVE_ALL, "intervals apart", None, None, "")
    best = max(others, key=lambda other: other.marks["las"].high)
    las, its = row.marks["las"], best.marks["las"]
    shown = f"{las.value:.1f} [{las.low:.1f}, {las.high:.1f}], {best.player} [{its.low:.1f}, {its.high:.1f}]"
    return Goal(ABOVE_ALL, "intervals apart", las, las.low > its.high, shown)


def _exact(count: int) -> Interval:
    return Interval(count, count, count)
