"""A band of the soak's in a process of its own, on a JACK port in real time: `live_band.py SECONDS STAMPS`.

It begins once a line comes in on stdin, and writes when each message left to the file STAMPS, as msgpack.
"""

import sys
import time
from pathlib import Path

import msgspec
import rtmidi

from copilot.live.players import Touch
from copilot.midi.ledger import note_off, note_on
from tests.soak.band import songs

PORT_NAME = "soak-band:out"
_LATE_S = 0.01


def main(seconds: float, stamps: Path) -> None:
    """Play for so long; what still sounds then is ended."""
    port = rtmidi.MidiOut(rtmidi.API_UNIX_JACK, name="soak-band")
    port.open_virtual_port("out")
    print("ready", flush=True)
    sys.stdin.readline()
    sent: list[tuple[float, int, int, int]] = []
    sounding: set[tuple[int, int]] = set()

    def send(channel: int, pitch: int, velocity: int) -> None:
        sent.append((time.monotonic(), channel, pitch, velocity))
        port.send_message(note_on(channel, pitch, velocity) if velocity else note_off(channel, pitch))
        sounding.add((channel, pitch)) if velocity else sounding.discard((channel, pitch))

    began_s = time.monotonic()
    for event in (event for song in songs() for event in song.events):
        if event.at_s > seconds:
            break
        if isinstance(event, Touch):
            time.sleep(max(0.0, began_s + event.at_s - time.monotonic()))
            # Who was held up goes on from there: a key struck twice at once is what a loop does, and is left out.
            began_s += max(0.0, time.monotonic() - began_s - event.at_s - _LATE_S)
            send(event.channel, event.pitch, event.velocity)
    for channel, pitch in sorted(sounding):
        send(channel, pitch, 0)
    time.sleep(0.2)
    stamps.write_bytes(msgspec.msgpack.encode(sent))
    port.close_port()
    port.delete()


if __name__ == "__main__":
    main(float(sys.argv[1]), Path(sys.argv[2]))
