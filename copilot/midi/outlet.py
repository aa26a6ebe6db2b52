"""An output that stays, whatever comes and goes behind it."""

from typing import cast

from copilot.midi.cables import RtPort
from copilot.midi.delay import OutPort


class Outlet:
    """What is sent while there is no port behind it goes nowhere, as with a synth that is unplugged."""

    def __init__(self) -> None:
        self._port: OutPort | None = None

    def plug(self, port: RtPort | None) -> None:
        """From now on this is behind it."""
        self._port = cast("OutPort | None", port)

    def send_message(self, data: bytes) -> None:
        """Send one whole MIDI message."""
        port = self._port
        if port is not None:
            port.send_message(data)
