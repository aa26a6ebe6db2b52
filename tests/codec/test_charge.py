"""Who pays for which word, counted by hand."""

import math

import numpy as np
import pytest
from numpy.typing import NDArray

from copilot.codec.charge import FIGURES, NOBODY, Tally, charged, music_begins, ratios, tally
from copilot.codec.words import GridParams, WordTable

TABLE = WordTable(GridParams())
WINDOW = (
    "[GENRE_BLUES] [PART_KEYS] [CH_7_BASS] ON_7_30 "  # given: pinned, and a held note
    "BAR V_2 ON_0_40 ON_9_36 P_12 P_3 OFF_0_40 OFF_7_30 V_5 ON_0_41 P_96 P_6 BAR P_6 V_3 ON_7_31"
)


def words_of(text: str) -> NDArray[np.int64]:
    return np.asarray([TABLE.index[word] for word in text.split()], dtype=np.int64)


def test_delays_and_velocities_are_paid_by_what_they_lead_to() -> None:
    """Channel 0 pays for its ons, offs, and their velocities and delays; a bar line's delay is nobody's."""
    expected = [NOBODY] * 3 + [7, NOBODY, 0, 0, 9, 0, 0, 0, 7, 0, 0, NOBODY, NOBODY, NOBODY, 7, 7, 7]
    assert charged(words_of(WINDOW), TABLE).tolist() == expected


def test_words_that_lead_to_nothing_are_nobody_s() -> None:
    """A delay and a velocity at the end of a window that breaks off are charged to no channel."""
    assert charged(words_of("BAR ON_0_40 P_6 P_1"), TABLE).tolist() == [NOBODY, 0, NOBODY, NOBODY]
    assert charged(words_of("BAR ON_0_40 P_6 V_3"), TABLE).tolist() == [NOBODY, 0, NOBODY, NOBODY]


@pytest.mark.parametrize(
    ("text", "begins"), [("BAR", 0), ("[PART_BASS] P_6 BAR", 1), ("ON_0_40 ON_0_41 BAR", 2), ("ON_0_40", 1)]
)
def test_music_begins_with_a_bar_line_or_a_delay(text: str, begins: int) -> None:
    """What stands before is pinned or held; a window of nothing else has no music."""
    assert music_begins(words_of(text), TABLE) == begins


def test_a_tally_counts_what_was_predicted_and_nothing_that_was_given() -> None:
    """A nat an id, two ids a word: all but the four given words, notes without the held one, delays as beats."""
    words = words_of(WINDOW)
    owners = np.repeat(np.arange(len(words)), 2)
    found = tally(np.ones(len(owners)), owners, words, TABLE)
    assert found == Tally(
        nats=32, part_nats=14, tokens=32, notes=4, part_notes=2, beats=(12 + 3 + 96 + 6 + 6) / 24
    )


def test_padding_costs_nothing() -> None:
    """Ids without an owner are passed over, whatever stands in their cost, and a row of nothing else is 0."""
    words = words_of("BAR ON_0_40")
    found = tally(np.asarray([1.0, 1.0, 9.0]), np.asarray([0, 1, -1]), words, TABLE)
    assert (found.nats, found.part_nats, found.tokens, found.notes) == (2, 1, 2, 1)
    assert tally(np.ones(2), np.full(2, -1), words_of(""), TABLE) == Tally()


def test_figures_are_ratios_of_sums() -> None:
    """Bits are nats over ln 2, and what has nothing to divide by is NaN."""
    sums = Tally(nats=8 * math.log(2), part_nats=2 * math.log(2), tokens=4, notes=2, part_notes=1, beats=16)
    figures = dict(zip(FIGURES, ratios(sums.row()).tolist(), strict=True))
    assert figures == pytest.approx(
        {
            "nats_per_token": 2 * math.log(2),
            "bits_per_note": 4.0,
            "bits_per_beat": 0.5,
            "part_bits_per_note": 2.0,
            "part_bits_per_beat": 0.125,
        }
    )
    assert np.isnan(ratios(Tally().row())).all()
