"""A score's parts as live players."""

import pytest
from hypothesis import given

from copilot.errors import ParameterError
from copilot.live.players import Touch, Turn, end_of, hold_out, missing_role, performance, time_map
from copilot.music.roles import Role
from copilot.music.score import MeterChange, Note, Part, Score, TempoChange
from tests.music.strategies import scores

BAND = Score(
    480,
    (
        Part(1, "keys", (Note(0, 480, 60, 90),), "Rhodes"),
        Part(2, "bass", (Note(480, 960, 40, 80),), "Bass"),
        Part(3, "keys", (Note(0, 480, 72, 90),), "Organ"),
        Part(9, "drums", (Note(0, 10, 36, 100),)),
    ),
    (TempoChange(0, 120.0), TempoChange(480, 60.0)),
    (MeterChange(0, 3, 4),),
)


def test_players_act_in_time_and_let_go_of_every_key() -> None:
    """Strikes and releases at their seconds; a tempo turns before the notes of its tick; drums are let go at once."""
    assert list(performance(BAND)) == [
        Turn(0.0, TempoChange(0, 120.0)),
        Turn(0.0, MeterChange(0, 3, 4)),
        Touch(0.0, 1, 60, 90),
        Touch(0.0, 3, 72, 90),
        Touch(0.0, 9, 36, 100),
        Touch(0.0, 9, 36, 0),
        Turn(0.5, TempoChange(480, 60.0)),
        Touch(0.5, 1, 60, 0),
        Touch(0.5, 3, 72, 0),
        Touch(0.5, 2, 40, 80),
        Touch(1.5, 2, 40, 0),
    ]


@given(scores())
def test_a_performance_is_in_order_and_whole(score: Score) -> None:
    """Moments never go back, each note is struck and let go once, and all is over by the end."""
    events = list(performance(score))
    moments = [event.at_s for event in events]
    assert moments == sorted(moments)
    touches = [event for event in events if isinstance(event, Touch)]
    strikes = [touch for touch in touches if touch.velocity]
    assert len(strikes) == score.note_count and len(touches) == 2 * len(strikes)
    down: set[tuple[int, int]] = set()
    for touch in touches:
        key = (touch.channel, touch.pitch)
        assert (key in down) != bool(touch.velocity)
        down ^= {key}
    assert moments[-1] <= end_of(score) + 1e-9


@given(scores())
def test_the_end_is_a_bar_line_less_than_a_bar_after_the_last_note(score: Score) -> None:
    """A jam ends with its last bar, in whatever meter."""
    end_ticks = time_map(score).beats(end_of(score)) * score.ticks_per_beat
    assert score.end_ticks <= end_ticks + 1e-3
    assert end_ticks < score.end_ticks + float(score.meters[-1].bar_beats()) * score.ticks_per_beat + 1e-3


def test_the_end_is_found_in_the_longest_bar() -> None:
    """64/1 at the finest resolution has bars of over a million ticks."""
    score = Score(32_767, (Part(1, "keys", (Note(0, 1, 60, 90),)),), meters=(MeterChange(0, 64, 1),))
    assert end_of(score) == pytest.approx(128.0)


@pytest.mark.parametrize("wanted", ["2", "bass", "BASS", "Bass"])
def test_a_part_is_held_out_by_channel_name_or_role(wanted: str) -> None:
    """The band plays on without it."""
    band, held = hold_out(BAND, wanted)
    assert held.channel == 2 and [part.channel for part in band.parts] == [1, 3, 9]


@pytest.mark.parametrize(
    ("wanted", "problem"), [("keys", "more than one"), ("tuba", "fits no"), ("12", "fits no")]
)
def test_a_hold_out_that_is_not_one_part_is_refused(wanted: str, problem: str) -> None:
    """The error lists who is there."""
    with pytest.raises(ParameterError, match=f"{problem}.*1 Rhodes, 2 Bass"):
        hold_out(BAND, wanted)


def test_the_last_player_can_not_be_held_out() -> None:
    """Somebody must play."""
    alone = Score(480, BAND.parts[:1])
    with pytest.raises(ParameterError, match="nobody"):
        hold_out(alone, "1")


def test_a_band_wants_first_for_a_bass() -> None:
    """Then for drums, keys, a pad, a guitar and a lead; a band that has all takes a pad."""
    roles: tuple[Role, ...] = ("bass", "drums", "keys", "pad")
    parts = {role: Part(index + 1, role, ()) for index, role in enumerate(roles)}
    assert missing_role(Score(480, ())) == "bass"
    assert missing_role(Score(480, (parts["bass"],))) == "drums"
    assert missing_role(Score(480, tuple(parts.values()))) == "guitar"
    others = (Part(6, "guitar", ()), Part(7, "lead", ()))
    assert missing_role(Score(480, (*parts.values(), *others))) == "pad"


def test_a_turn_after_the_last_note_is_still_the_last_bars() -> None:
    """The tempo of what rings on to the last bar line is the score's; what stands behind it is nobody's."""
    notes = (Note(0, 24, 60, 90),)
    score = Score(
        24, (Part(1, "keys", notes),), (TempoChange(0, 120.0), TempoChange(48, 60.0), TempoChange(96, 90.0))
    )
    assert [event.change.tick for event in performance(score) if isinstance(event, Turn)] == [0, 0, 48]
    assert end_of(score) == pytest.approx(3.0)
