"""Who plays on which channel."""

from hypothesis import given
from hypothesis import strategies as st

from copilot.codec.words import SEATS
from copilot.engine.seating import seat_players
from copilot.live.roster import Roster
from copilot.music.roles import ROLES


def test_what_was_given_is_never_guessed_over() -> None:
    """A channel whose role is known keeps it, whatever is played there."""
    roster = Roster({2: "lead"})
    for _ in range(40):
        roster.hear(2, 30)
    assert roster.roles == {2: "lead"}


def test_a_role_is_guessed_from_the_pitches() -> None:
    """Low notes are a bass, others keys; channel 9 is drums; the guess stands after 32 notes."""
    roster = Roster({})
    for channel, pitch in ((1, 64), (2, 36), (9, 36)):
        for _ in range(32):
            roster.hear(channel, pitch)
    assert roster.roles == {1: "keys", 2: "bass", 9: "drums"}
    for _ in range(1000):
        roster.hear(1, 30)
    assert roster.roles[1] == "keys"
    assert all(len(pitches) <= 32 for pitches in roster._pitches.values())


def test_a_guess_is_looked_at_again_after_eight_notes() -> None:
    """One low note does not make a bass of a piano."""
    roster = Roster({})
    for pitch in (30, 60, 64, 67, 72, 60, 64, 67):
        roster.hear(5, pitch)
    assert roster.roles == {5: "keys"}


@given(st.dictionaries(st.integers(1, 15), st.sampled_from(ROLES)))
def test_everybody_has_a_seat_of_his_role(roles: dict[int, str]) -> None:
    """Seats fit the roles, and are shared only where a role has no free one."""
    seats = seat_players(roles)
    assert seats.keys() == roles.keys()
    for channel, seat in seats.items():
        assert SEATS[seat] == roles[channel]
    for role in ROLES:
        of_role = [seats[channel] for channel in seats if roles[channel] == role]
        choices = sum(seated == role for seated in SEATS.values())
        assert len(set(of_role)) == min(len(of_role), choices)
