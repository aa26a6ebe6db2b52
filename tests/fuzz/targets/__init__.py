"""All that strangers can send: the code that reads it first, and the only errors that it may raise."""

from tests.fuzz.target import Target
from tests.fuzz.targets import bundles, files, midi, remotes, wires


def targets() -> list[Target]:
    """All of them. What a target needs is made when it reads first."""
    rooms = (midi, remotes, files, bundles, wires)
    return [target for room in rooms for target in room.TARGETS]
