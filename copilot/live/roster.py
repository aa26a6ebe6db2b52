"""Who plays on which channel: as told, else guessed from what is heard. Pure."""

from collections.abc import Mapping

from copilot.music.roles import ROLES, Role
from copilot.music.score import DRUM_CHANNEL

_GUESS_AFTER_NOTES = (1, 8, 32)
"""A guess is looked at again after so many notes, and then stands: a role that wavers would cost a prefill each."""
_BASS_BELOW_PITCH = 50


class Roster:
    """Roles by channel. What was given is never guessed over."""

    def __init__(self, given: Mapping[int, Role]) -> None:
        self._given = dict(given)
        self._guessed: dict[int, Role] = {}
        self._pitches: dict[int, list[int]] = {}

    def give(self, channel: int, role: str | None) -> None:
        """From now on this is who plays on a channel; None listens for it again."""
        if role is None:
            self._given.pop(channel, None)
            self._pitches.pop(channel, None)
        else:
            self._given[channel] = next(each for each in ROLES if each == role)

    @property
    def roles(self) -> dict[int, Role]:
        """Role of every channel that was given or heard."""
        return {**self._guessed, **self._given}

    def hear(self, channel: int, pitch: int) -> None:
        """A note-on was heard."""
        if channel in self._given:
            return
        pitches = self._pitches.setdefault(channel, [])
        if len(pitches) >= _GUESS_AFTER_NOTES[-1]:
            return
        pitches.append(pitch)
        if len(pitches) in _GUESS_AFTER_NOTES:
            self._guessed[channel] = _guess(channel, pitches)


def _guess(channel: int, pitches: list[int]) -> Role:
    if channel == DRUM_CHANNEL:
        return "drums"
    return "bass" if sorted(pitches)[len(pitches) // 2] < _BASS_BELOW_PITCH else "keys"
