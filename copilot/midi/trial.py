"""`python -m copilot.midi.trial loopback OUT IN` and `… clock IN`: what a cable, or a sender of clock, does to time.

A short-lived process, as for listing (scan.py): a MIDI system that hangs can't stop the caller. It writes a
`Loopback` or `Pulses` as msgpack to stdout; status 2 and a line if it can't.
"""

import random
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, TypeVar

import msgspec

from copilot.errors import PortError
from copilot.midi import backend
from copilot.midi.precedence import lift_companions, take_precedence

MESSAGES = 256
_SPACING_S = (0.009, 0.015)
"""Uneven, so that no moment of a MIDI system's cycle (2.7 ms and more with JACK) is met more often than another."""
_PATIENCE_S = 1.0
CLOCK_S = 5.0
_START_TIMEOUT_S = 10.0
_CONTROLLER = 119
"""An undefined controller on channel 16: a synth on the line takes no notice, and nothing can be left sounding."""
_STATUS = 0xBF
_VALUES = 128
_CALLBACK_GRACE_S = 0.01

Hear = Callable[[float, bytes], None]
_Result = TypeVar("_Result")


class Loopback(msgspec.Struct, frozen=True):
    """What came of messages sent out and heard again: how long each that came back took, in the order of sending."""

    sent: int
    took_ms: list[float]
    disordered: int


class Pulses(msgspec.Struct, frozen=True):
    """When each pulse of a MIDI clock came in, within so many seconds."""

    at_s: list[float]
    listened_s: float


def loopback(output: str, input_name: str) -> Loopback:
    """Send to one port and hear it at another, by their full names; takes about 5 s. Raises PortError."""
    return _apart(["loopback", output, input_name], Loopback)


def pulses(input_name: str) -> Pulses:
    """Hear the MIDI clock of a port, by its full name, for 5 s. Raises PortError."""
    return _apart(["clock", input_name], Pulses)


def _apart(arguments: list[str], kind: type[_Result]) -> _Result:
    command = [sys.executable, "-m", "copilot.midi.trial", *arguments]
    limit_s = _START_TIMEOUT_S + max(CLOCK_S, MESSAGES * _SPACING_S[1] + _PATIENCE_S)
    try:
        done = subprocess.run(command, capture_output=True, timeout=limit_s, check=False)
    except subprocess.TimeoutExpired:
        raise PortError(f"the MIDI system did not answer in {limit_s:.0f} s: restart it") from None
    if done.returncode == 0:
        return msgspec.msgpack.decode(done.stdout, type=kind)
    said = done.stdout if done.returncode == 2 else done.stderr
    lines = said.decode(errors="replace").strip().splitlines()
    raise PortError(lines[-1] if lines else f"the trial ended with status {done.returncode}")


@contextmanager
def _hearing(api: str, name: str, hear: Hear) -> Iterator[None]:
    """Hear a port as the MIDI process does: stamped in the MIDI system's own thread."""
    port = backend.open_input(api, name, "copilot-trial-in")

    def receive(stamped: tuple[Sequence[int], float], _: object = None) -> None:
        at_s = time.monotonic()
        hear(at_s, bytes(stamped[0]))

    port.ignore_types(sysex=True, timing=False, active_sense=True)
    port.set_callback(receive)
    try:
        yield
    finally:
        port.cancel_callback()
        time.sleep(
            _CALLBACK_GRACE_S
        )  # a callback on its way needs the interpreter's lock, which closing holds
        backend.close_ports([port], is_alive=True)


def _send_and_hear(output: str, input_name: str) -> Loopback:
    api = backend.choose_api()
    came: list[tuple[float, int]] = []

    def hear(at_s: float, data: bytes) -> None:
        if len(data) == 3 and data[:2] == bytes((_STATUS, _CONTROLLER)):
            came.append((at_s, data[2]))

    port = backend.open_output(api, output, "copilot-trial-out")
    try:
        with _hearing(api, input_name, hear):
            left_s = _send(port)
    finally:
        backend.close_ports([port], is_alive=True)
    return matched(left_s, came)


def _send(port: Any) -> list[float]:
    """Send all messages from the calling thread; when each left."""
    lift_companions()
    take_precedence()
    spacing, left_s, due_s = random.Random(0), [], time.monotonic()
    for number in range(MESSAGES):
        due_s += spacing.uniform(*_SPACING_S)
        time.sleep(max(0.0, due_s - time.monotonic()))
        left_s.append(time.monotonic())
        port.send_message(bytes((_STATUS, _CONTROLLER, number % _VALUES)))
    time.sleep(_PATIENCE_S)
    return left_s


def matched(left_s: Sequence[float], came: Sequence[tuple[float, int]]) -> Loopback:
    """Which message came back when. The n-th left with n modulo 128 in it, and more than a second before its twin.

    Each counts once: what comes back twice came by two ways, and the first is the way.
    """
    took_ms: dict[int, float] = {}
    disordered, newest = 0, -1
    for at_s, value in came:
        twins = range(value, len(left_s), _VALUES)
        number = max((each for each in twins if left_s[each] <= at_s), default=None)
        if number is None or number in took_ms:
            continue
        took_ms[number] = (at_s - left_s[number]) * 1000
        disordered += number < newest
        newest = max(newest, number)
    return Loopback(len(left_s), [took_ms[number] for number in sorted(took_ms)], disordered)


def _hear_clock(input_name: str) -> Pulses:
    at_s: list[float] = []

    def hear(moment_s: float, data: bytes) -> None:
        if data[0] == 0xF8:
            at_s.append(moment_s)

    lift_companions()
    with _hearing(backend.choose_api(), input_name, hear):
        time.sleep(CLOCK_S)
    return Pulses(at_s, CLOCK_S)


def main() -> int:
    """Do the trial that the arguments name."""
    try:
        match sys.argv[1:]:
            case ["loopback", output, input_name]:
                found: Loopback | Pulses = _send_and_hear(output, input_name)
            case ["clock", input_name]:
                found = _hear_clock(input_name)
            case _:
                raise PortError("the trials are: loopback OUT IN, clock IN")
    except PortError as error:
        print(error)
        return 2
    sys.stdout.buffer.write(msgspec.msgpack.encode(found))
    return 0


if __name__ == "__main__":
    sys.exit(main())
