"""A JACK server that refuses a client for a moment."""

import pytest

from copilot.midi import jackclient
from copilot.midi.jackclient import insist


class Server:
    """Refuses so many times."""

    def __init__(self, refusals: int) -> None:
        self.refusals = refusals

    def open(self) -> str:
        if self.refusals:
            self.refusals -= 1
            raise ConnectionRefusedError(self.refusals)
        return "a client"


@pytest.fixture(autouse=True)
def _no_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jackclient, "_REFUSED_S", 0.0)


def test_a_client_that_is_refused_thrice_is_asked_for_again() -> None:
    """The server gets over another's death."""
    assert insist(Server(3).open, ConnectionRefusedError) == "a client"


def test_the_fourth_refusal_is_the_last() -> None:
    """There is no server."""
    with pytest.raises(ConnectionRefusedError):
        insist(Server(4).open, ConnectionRefusedError)


def test_what_is_no_refusal_is_raised_at_once() -> None:
    """The next try would go no better."""
    server = Server(1)
    with pytest.raises(ConnectionRefusedError):
        insist(server.open, PermissionError)
    assert not server.refusals
