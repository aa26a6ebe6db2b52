"""A MIDI system without ports: nothing is heard, and what is played goes nowhere. For a machine that has none."""

from collections.abc import Callable


class Nowhere:
    """A port of it, as RtMidi's look from here, input or output."""

    def get_ports(self) -> list[str]:
        """None, ever."""
        return []

    def ignore_types(self, *, sysex: bool, timing: bool, active_sense: bool) -> None:
        """Nothing comes that could be ignored."""

    def set_callback(self, callback: Callable[..., None]) -> None:
        """It will not be called."""

    def cancel_callback(self) -> None:
        """There was nothing to cancel."""

    def send_message(self, data: bytes) -> None:
        """Gone."""

    def close_port(self) -> None:
        """There is nothing to close."""

    def delete(self) -> None:
        """Nor to give back."""
