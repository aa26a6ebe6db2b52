"""Goals: what was wanted, what came of it, and no verdict on what was not measured."""

import msgspec
import pytest

from copilot.scoreboard.goals import ABOVE_ALL, Goal, goals_of
from copilot.scoreboard.intervals import Interval
from copilot.scoreboard.rows import Bits, Liveliness, Row


def at(value: float, width: float = 0.0) -> Interval:
    return Interval(value, value - width, value + width)


RULE = Row("rule", "baseline", {"las": at(40, 5)})
GOOD = Row(
    "good",
    "model",
    {"las": at(60, 5)},
    gain=at(0.5),
    x_ct_of_real=at(0.85),
    doubling_above_real=at(0.1),
    looping_above_real=at(-0.2),
    bits=Bits(at(4), at(5), None, at(0.2)),
    liveliness={
        "key": Liveliness(at(4), 1.0),
        "slower": Liveliness(at(8), 1.0),
        "faster": Liveliness(at(8), 1.0),
        "stop": Liveliness(at(4), 1.0),
    },
    too_late=at(0.0099),
)


def verdicts(row: Row, *others: Row) -> dict[str, str]:
    return {goal.name: goal.verdict for goal in goals_of(row, [row, *others], "bass")}


def test_what_is_just_good_enough_is_met() -> None:
    """Each figure at its limit is met."""
    assert set(verdicts(GOOD, RULE).values()) == {"met"}


@pytest.mark.parametrize(
    ("change", "missed"),
    [
        ({"gain": at(0.49)}, "G"),
        ({"x_ct_of_real": at(0.84)}, "x_CT of the real part's"),
        ({"liveliness": {**GOOD.liveliness, "key": Liveliness(at(4.1), 1.0)}}, "A_key"),
        ({"liveliness": {**GOOD.liveliness, "slower": Liveliness(at(8.1), 1.0)}}, "A_tempo × 0.8"),
        ({"liveliness": {**GOOD.liveliness, "faster": Liveliness(at(8.1), 1.0)}}, "A_tempo × 1.25"),
        ({"liveliness": {**GOOD.liveliness, "stop": Liveliness(at(4.1), 1.0)}}, "STOP"),
        ({"bits": Bits(at(4), at(5), None, at(0.19))}, "bits a note under PPM-C's"),
        ({"doubling_above_real": at(0.11)}, "doubling above the real part's"),
        ({"looping_above_real": at(0.11)}, "looping above the real part's"),
        ({"hanging": 1}, "hanging notes"),
        ({"too_late": at(0.01)}, "late"),
        ({"marks": {"las": at(49, 5)}}, ABOVE_ALL),
    ],
)
def test_what_is_short_of_its_goal_is_missed(change: dict[str, object], missed: str) -> None:
    """A figure beyond its limit misses its own goal and no other; LAS where intervals touch."""
    found = verdicts(msgspec.structs.replace(GOOD, **change), RULE)
    assert [name for name, verdict in found.items() if verdict == "missed"] == [missed]


def test_what_was_not_measured_has_no_verdict() -> None:
    """Without liveliness, baselines or bits, those goals are neither met nor missed, and show no figure."""
    bare = Row("bare", "model", {"las": at(60)})
    goals = goals_of(bare, [bare], "bass")
    open_ones = [goal for goal in goals if goal.verdict == "not measured"]
    assert len(open_ones) == len(goals) - 1 and all(goal.shown == "" for goal in open_ones)


def test_drums_have_no_goals_in_harmony() -> None:
    """Neither x_CT nor A_key; all others."""
    names = [goal.name for goal in goals_of(GOOD, [GOOD, RULE], "drums")]
    assert "A_key" not in names and not any("x_CT" in name for name in names)
    assert len(names) == len(goals_of(GOOD, [GOOD, RULE], "bass")) - 2


def test_a_figure_is_shown_with_its_interval_and_the_best_baseline_by_name() -> None:
    """As a person reads it; a count alone."""
    shown = {goal.name: goal.shown for goal in goals_of(GOOD, [GOOD, RULE], "bass")}
    assert shown["G"] == "0.50 [0.50, 0.50]" and shown["hanging notes"] == "0"
    assert shown[ABOVE_ALL] == "60.0 [55.0, 65.0], rule [35.0, 45.0]"
    assert msgspec.json.decode(msgspec.json.encode(Goal("a", "b", None, None, "")), type=Goal).met is None
