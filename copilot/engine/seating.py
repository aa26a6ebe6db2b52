"""Which of the rig's channels sits on which channel of the codec."""

from collections.abc import Mapping

from copilot.codec.words import SEATS
from copilot.music.score import DRUM_CHANNEL


def seat_players(roles: Mapping[int, str]) -> dict[int, int]:
    """Seat by rig channel: the free seats of each role in channel order; who finds none shares the role's last."""
    taken: set[int] = set()
    seats: dict[int, int] = {}
    for channel in sorted(roles):
        role = roles[channel]
        choices = [seat for seat, seated in SEATS.items() if seated == role] or [DRUM_CHANNEL]
        free = [seat for seat in choices if seat not in taken]
        seats[channel] = free[0] if free else choices[-1]
        taken.add(seats[channel])
    return seats
