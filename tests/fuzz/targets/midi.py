"""MIDI: messages as RtMidi hands them over, and files."""

from functools import cache

from copilot.errors import MidiFileError
from copilot.midi.filter import InputFilter
from copilot.midi.inputs import Input
from copilot.midi.jackwatch import NoWatch
from copilot.midi.ledger import Ledger
from copilot.midi.outputs import Outputs
from copilot.music.midifile import read_score
from tests.fuzz.target import Target


class _Synth:
    """What is sent to it begins with a status byte."""

    def send_message(self, data: bytes) -> None:
        assert data[0] >= 0x80


def _hand_on(_at_s: float, _port: int, message: bytes) -> None:
    """What goes on to the daemon is a whole message."""
    status = message[0]
    assert len(message) == (1 if status >= 0xF8 or status in (0xFA, 0xFB, 0xFC) else 3)
    assert max(message[1:], default=0) < 128


@cache
def _input() -> Input:
    """An input that is passed through to a synth, as the MIDI process has it; its clock stands still."""
    sieve = InputFilter()
    outputs = Outputs(
        [_Synth()],
        Ledger.create(),
        filters=[sieve],
        watch=NoWatch(),
        clock=lambda: 0.0,
        on_failure=lambda _reason: None,
    )
    return Input(0, sieve, _hand_on, outputs, lambda: 0.0, passes_sysex=True)


def _hear(data: bytes) -> None:
    _input().receive((list(data), 0.0))


TARGETS = [
    Target("midi", _hear, words=(b"\x90\x3c\x40", b"\xf0", b"\xf7", b"\xf2", b"\x00"), most_bytes=8192),
    Target(
        "midifile",
        read_score,
        (MidiFileError,),
        words=(
            b"MTrk",
            b"\xff\x51\x03",
            b"\xff\x58\x04",
            b"\xff\x2f\x00",
            b"\xff\xff\xff\x7f",
            b"\x90\x3c\x40",
        ),
    ),
]
