"""A band in a process of its own: plays a MIDI file on a JACK port, in real time, once a line comes in on stdin."""

import sys
import time

import rtmidi

from copilot.live.players import Touch, performance
from copilot.music.midifile import read_score

PORT_NAME = "test-band:out"


def main(path: str, seconds: float) -> None:
    """Play the file's first seconds; its notes that still sound then are ended."""
    port = rtmidi.MidiOut(rtmidi.API_UNIX_JACK, name="test-band")
    port.open_virtual_port("out")
    print("ready", flush=True)
    sys.stdin.readline()
    sounding: set[tuple[int, int]] = set()
    began_s = time.monotonic()
    for event in performance(read_score(path)):
        if event.at_s > seconds:
            break
        if not isinstance(event, Touch):
            continue
        time.sleep(max(0.0, began_s + event.at_s - time.monotonic()))
        if event.velocity:
            port.send_message([0x90 | event.channel, event.pitch, event.velocity])
            sounding.add((event.channel, event.pitch))
        else:
            port.send_message([0x80 | event.channel, event.pitch, 0])
            sounding.discard((event.channel, event.pitch))
    for channel, pitch in sounding:
        port.send_message([0x80 | channel, pitch, 0])
    time.sleep(0.1)
    port.close_port()
    port.delete()


if __name__ == "__main__":
    main(sys.argv[1], float(sys.argv[2]))
