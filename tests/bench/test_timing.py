"""Figures that are to be compared take turns, and what a limit is made of."""

from pathlib import Path

import pytest

from copilot.bench.limits import cache_bytes
from copilot.bench.timing import LEAST_ROUNDS, in_turns


class Clock:
    """Moves only when something is run."""

    def __init__(self) -> None:
        self.now_s = 0.0

    def __call__(self) -> float:
        return self.now_s


def test_each_takes_its_turn_and_is_given_by_its_median() -> None:
    """Bursts alternate; one outlier moves no median."""
    clock, order = Clock(), []

    def run(name: str, spent_s: list[float]) -> None:
        order.append(name)
        clock.now_s += spent_s.pop(0) if len(spent_s) > 1 else spent_s[0]

    quick, slow = [50.0, 1.0], [2.0]
    times_s = in_turns(
        {"quick": lambda: run("quick", quick), "slow": lambda: run("slow", slow)}, 0.0, burst=2, clock=clock
    )
    assert order == ["quick", "quick", "slow", "slow"] * LEAST_ROUNDS
    assert times_s == {"quick": 1.0, "slow": 2.0}


def test_rounds_go_on_until_the_budget_is_spent() -> None:
    """A round of 1 s is begun as long as 10 s are not over."""
    clock = Clock()

    def run() -> None:
        clock.now_s += 1.0

    assert in_turns({"a": run}, 10.0, burst=1, clock=clock) == {"a": 1.0}
    assert clock.now_s == 10.0


@pytest.mark.parametrize(("level", "expected"), [(2, 1024 * 1024), (3, 32768 * 1024)])
def test_cache_sizes_are_what_linux_tells(tmp_path: Path, level: int, expected: int) -> None:
    """The cache of instructions is not the one that data passes."""
    caches = [
        ("1", "Data", "32K"),
        ("2", "Instruction", "64K"),
        ("2", "Unified", "1024K"),
        ("3", "Unified", "32768K"),
    ]
    for index, told in enumerate(caches):
        folder = tmp_path / f"index{index}"
        folder.mkdir()
        for name, text in zip(("level", "type", "size"), told, strict=True):
            (folder / name).write_text(text + "\n")
    assert cache_bytes(level, tmp_path) == expected


def test_where_no_system_tells_sizes_common_ones_are_taken(tmp_path: Path) -> None:
    """As on macOS and Windows."""
    assert 0 < cache_bytes(2, tmp_path) < cache_bytes(3, tmp_path)
