"""A player's row beside the real part: ratios of sums, differences, and shares."""

import math
from typing import Any

import pytest

from copilot.scoreboard.jobs import REAL, Job, Result
from copilot.scoreboard.rows import Row, make_row

MARKS = ("las", "doubling", "looping", "x_ct")


def jam(song: str, seed: int, values: tuple[float, ...], player: str = "model", **more: Any) -> Result:
    notes = [(0, 10, 60 + seed, 90), (24, 30, 60, 90)]
    marks: dict[str, float | None] = dict(zip(MARKS, values, strict=True))
    return Result(Job(song, "bass", player, seed, 50.0), marks, notes, 24, **more)


def bits(song: str, nats: float, notes: int, ppm: float, taught: float | None) -> Result:
    job = Job(song, "bass", "model", task="bits")
    return Result(job, part_nats=nats, part_notes=notes, ppm_nats=ppm, taught_ppm_nats=taught)


def row(*results: Result) -> Row:
    real = [jam(song, 0, (80.0, 0.2, 0.3, 0.8), REAL) for song in "ab"]
    return make_row("model", "model", {"model": list(results), REAL: real}, ["a", "b"])


JAMS = (
    jam("a", 0, (50, 0.3, 0.3, 0.6), sent=90, late=1, dropped=10),
    jam("a", 1, (50, 0.5, 0.5, 0.8), sent=100),
    jam("b", 0, (50, 0.4, 0.2, 0.7), sent=50),
    jam("b", 1, (50, 0.4, 0.2, 0.7), sent=50),
)


def test_shares_stand_beside_those_of_the_real_part() -> None:
    """x_CT as a ratio of means, doubling and looping as differences, lateness by all notes that were due."""
    made = row(*JAMS)
    assert made.x_ct_of_real and made.doubling_above_real and made.looping_above_real and made.too_late
    assert made.x_ct_of_real.value == pytest.approx(0.7 / 0.8)
    assert made.doubling_above_real.value == pytest.approx(0.2)
    assert made.looping_above_real.value == pytest.approx(0.0)
    assert made.too_late.value == pytest.approx(11 / 300)
    assert made.too_late.low == 0.0 < made.too_late.value < made.too_late.high == pytest.approx(11 / 200)
    assert made.diversity == pytest.approx(
        2 / 3, abs=1e-4
    )  # of three different notes of two seeds, one is common


def test_bits_are_sums_divided_and_beside_the_cheaper_ppm() -> None:
    """The taught PPM-C counts where it foretells more; with one song untaught it is left out."""
    ln2 = math.log(2)
    made = row(
        *JAMS, bits("a", 400 * ln2, 100, 600 * ln2, 500 * ln2), bits("b", 100 * ln2, 50, 200 * ln2, 125 * ln2)
    )
    assert made.bits and made.bits.taught_ppm
    assert (made.bits.model.value, made.bits.ppm.value) == pytest.approx((500 / 150, 800 / 150))
    assert made.bits.taught_ppm.value == pytest.approx(625 / 150)
    under = made.bits.under_ppm
    assert (under.low, under.value, under.high) == pytest.approx((0.2, 0.2, 0.2))
    worse = row(*JAMS, bits("a", 400, 100, 500, 900), bits("b", 100, 50, 125, 900))
    assert worse.bits and worse.bits.under_ppm.value == pytest.approx(0.2)
    untaught = row(*JAMS, bits("a", 400, 100, 500, 300), bits("b", 100, 50, 125, None))
    assert untaught.bits and untaught.bits.taught_ppm is None
    assert untaught.bits.under_ppm.value == pytest.approx(0.2)


def test_the_real_part_is_compared_with_nothing() -> None:
    """It has no lateness, no diversity, and is not set beside itself."""
    real = [jam(song, 0, (80.0, 0.2, 0.3, 0.8), REAL) for song in "ab"]
    made = make_row(REAL, "real", {REAL: real}, ["a", "b"])
    assert made.x_ct_of_real is None and made.doubling_above_real is None
    assert made.too_late is None and made.diversity is None and made.bits is None
