"""A client of a JACK server, by JACK-Client: to look and to connect by. It takes no part in the music."""

import os
import time
from collections.abc import Callable
from contextlib import suppress
from types import ModuleType
from typing import Any, TypeVar

_REFUSALS, _REFUSED_S = 3, 0.05
_LOOKS = 20

T = TypeVar("T")


def list_jack_ports(client: Any) -> tuple[list[tuple[str, bool]], list[tuple[str, bool]]]:
    """The MIDI ports that can be heard and those that can be played on, and whether they are hardware's."""
    heard, played = all_ports(client, is_output=True), all_ports(client, is_input=True)
    return [(port.name, port.is_physical) for port in heard], [
        (port.name, port.is_physical) for port in played
    ]


def all_ports(client: Any, pattern: str = "", **which: bool) -> list[Any]:
    """The MIDI ports that there are.

    JACK-Client asks for the names first and for each port then, and raises where one went away in between (one
    unplugging in thirty): then we look again.
    """
    jack = import_jack()
    assert jack is not None
    for _ in range(_LOOKS):
        with suppress(jack.JackError):
            return list(client.get_ports(pattern, is_midi=True, **which))
    return list(client.get_ports(pattern, is_midi=True, **which))


def connect_jack(client_name: str, *, is_there: bool = False) -> Any | None:
    """A JACK-Client connection, or None if libjack is missing or no server answers. Never starts one.

    `is_there`: there should be a server, so that we insist.
    """
    os.environ["JACK_NO_START_SERVER"] = "1"
    jack = import_jack()
    if jack is None:
        return None

    def connect() -> Any:
        return jack.Client(client_name, no_start_server=True)

    try:
        return insist(connect, jack.JackOpenError) if is_there else connect()
    except jack.JackOpenError:
        return None


def insist(make: Callable[[], T], refusal: type[Exception]) -> T:
    """A new client of a JACK server, which may refuse it for a moment while it gets over another client's death.

    Raises the fourth refusal, after 0.15 s.
    """
    for _ in range(_REFUSALS):
        with suppress(refusal):
            return make()
        time.sleep(_REFUSED_S)
    return make()


def import_jack() -> ModuleType | None:
    """JACK-Client, told to be quiet; None where it or libjack is missing."""
    try:
        import jack  # raises OSError where libjack is missing
    except (ImportError, OSError):
        return None
    jack.set_error_function(_ignore)
    jack.set_info_function(_ignore)
    module: ModuleType = jack
    return module


def _ignore(message: str) -> None:
    """libjack reports by return codes too; its chatter would only soil the terminal."""
