"""`python tests/jack/instrument.py NAME PORT`: a synth `NAME:PORT`, a keyboard `NAME-keys:out`, in their own process.

It outlives no JACK server, and so the tests that kill one keep it out of their own process; so do those that plug it
in and out, for now and then RtMidi reads in JACK's thread what it has freed in another. It plays what it reads, a
message in hexadecimal a line (an empty one is a pause), and writes what it receives, with the moment on the shared
clock.
"""

import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from pathlib import Path

import rtmidi


class Hearer:
    """What keeps all that it receives, as `(at_s, data)`."""

    received: list[tuple[float, bytes]]

    @property
    def messages(self) -> list[bytes]:
        """What was received, without the times."""
        return [data for _, data in self.received]

    @property
    def hanging(self) -> set[tuple[int, int]]:
        """`(channel, pitch)` of the notes that were not ended."""
        return hanging(self.messages)


class Instrument(Hearer):
    """The test's end."""

    def __init__(
        self, name: str, port: str = "in", received: list[tuple[float, bytes]] | None = None
    ) -> None:
        """`received`: goes on there, as a synth does that was unplugged."""
        self.heard_at, self.played_from = f"{name}:{port}", f"{name}-keys:out"
        self.received: list[tuple[float, bytes]] = [] if received is None else received
        self._process = subprocess.Popen(
            [sys.executable, str(Path(__file__)), name, port],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        assert self._process.stdout is not None
        assert self._process.stdout.readline() == "ready\n"
        self.began_s = time.monotonic()
        self._reading = threading.Thread(target=self._read, daemon=True)
        self._reading.start()

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            at_s, data = line.split()
            self.received.append((float(at_s), bytes.fromhex(data)))

    def play(self, *messages: bytes) -> None:
        """Send messages at once."""
        assert self._process.stdin is not None
        self._process.stdin.write("".join(f"{data.hex()}\n" for data in messages))
        self._process.stdin.flush()

    def pause(self) -> None:
        """Before the next message, 5 ms."""
        self.play(b"")

    def unplug(self) -> float:
        """Its ports go away; when."""
        at_s = time.monotonic()
        self._process.kill()
        self._process.communicate()
        return at_s

    def close(self) -> None:
        """Let it close its ports itself, as a program does that ends."""
        self._process.communicate()


def hanging(messages: Sequence[bytes]) -> set[tuple[int, int]]:
    """`(channel, pitch)` of the notes that were not ended."""
    held: set[tuple[int, int]] = set()
    for data in messages:
        key = (data[0] & 0x0F, data[1])
        if data[0] & 0xF0 == 0x90:
            held.add(key)
        elif data[0] & 0xF0 == 0x80:
            held.discard(key)
    return held


def main() -> None:
    """Be the instrument."""
    name, port_name = sys.argv[1:]
    synth, keys = (
        rtmidi.MidiIn(rtmidi.API_UNIX_JACK, name=name),
        rtmidi.MidiOut(rtmidi.API_UNIX_JACK, name=f"{name}-keys"),
    )
    synth.ignore_types(sysex=False, timing=False, active_sense=False)
    synth.set_callback(
        lambda stamped, _: print(f"{time.monotonic():.6f} {bytes(stamped[0]).hex()}", flush=True)
    )
    synth.open_virtual_port(port_name)
    keys.open_virtual_port("out")
    print("ready", flush=True)
    for line in sys.stdin:
        if line == "\n":
            time.sleep(0.005)
        else:
            keys.send_message(bytes.fromhex(line))
    synth.cancel_callback()
    time.sleep(0.02)
    for port in (synth, keys):
        port.close_port()
        port.delete()
        time.sleep(0.02)


if __name__ == "__main__":
    main()
