"""What can be heard and played here, and which of it a name means.

Listing runs in a short-lived process of its own: a MIDI system that hangs or chatters (libjack writes a dozen
lines to stderr when no server runs) can then neither stop nor soil the caller.
"""

import re
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import msgspec

from copilot.errors import PortError
from copilot.midi.identity import identity

Direction = Literal["in", "out"]
SURVEY_TIMEOUT_S = 5.0
_OURS = re.compile(r"copilot\b", re.IGNORECASE)
_LOOP = re.compile(r"midi through|\bIAC\b|loopmidi|gs wavetable", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class PortInfo:
    """One port that can be heard (`in`) or played on (`out`), by its full name.

    `is_chosen`: the daemon takes it when nothing is named.
    """

    name: str
    direction: Direction
    is_hardware: bool = False
    is_ours: bool = False
    is_chosen: bool = False


@dataclass(frozen=True, slots=True)
class Survey:
    """The MIDI system in use (`ALSA`, `JACK`, `CoreMIDI`, `WinMM`) and its ports."""

    api: str
    inputs: tuple[PortInfo, ...]
    outputs: tuple[PortInfo, ...]


def survey(timeout_s: float = SURVEY_TIMEOUT_S) -> Survey:
    """What is here now. Takes about 0.2 s. Raises PortError without a MIDI system that answers."""
    command = [sys.executable, "-m", "copilot.midi.scan"]
    try:
        done = subprocess.run(command, capture_output=True, timeout=timeout_s, check=False)
    except subprocess.TimeoutExpired:
        raise PortError(
            f"the MIDI system did not answer in {timeout_s:g} s: restart it (on Linux the JACK server)"
        ) from None
    if done.returncode == 2:
        raise PortError(done.stdout.decode().strip())
    if done.returncode != 0:
        last_line = (done.stderr.decode(errors="replace").strip().splitlines() or ["no message"])[-1]
        raise PortError(f"listing the MIDI ports ended with status {done.returncode}: {last_line}")
    return msgspec.msgpack.decode(done.stdout, type=Survey)


def arrange(api: str, inputs: Sequence[tuple[str, bool]], outputs: Sequence[tuple[str, bool]]) -> Survey:
    """A survey from `(name, is_hardware)` pairs: marks our ports and those the daemon would choose.

    It would choose every hardware input and the first hardware output; never our own, nor one that only
    loops.
    """
    return Survey(api, _describe("in", inputs, limit=len(inputs)), _describe("out", outputs, limit=1))


def _describe(direction: Direction, found: Sequence[tuple[str, bool]], limit: int) -> tuple[PortInfo, ...]:
    ports: list[PortInfo] = []
    chosen = 0
    for name, is_hardware in found:
        is_ours = _OURS.match(name) is not None
        is_chosen = is_hardware and not is_ours and _LOOP.search(name) is None and chosen < limit
        chosen += is_chosen
        ports.append(PortInfo(name, direction, is_hardware, is_ours, is_chosen))
    return tuple(ports)


def resolve(ports: Sequence[PortInfo], wanted: str, api: str = "") -> PortInfo:
    """The port of that exact name, or the only one whose name has `wanted` in it, whatever its case.

    `ports` are a survey's inputs or its outputs, of the system `api`: with it, a full name with a number that has
    changed since is found too. Raises PortError, which lists what is there, or what fits.
    """
    for port in ports:
        if port.name == wanted:
            return port
    fitting = fitting_ports(ports, wanted, api)
    if len(fitting) == 1:
        return fitting[0]
    if fitting:
        raise PortError(f"{wanted!r} fits {len(fitting)} ports, {_names(fitting)}: give more of the name")
    if not ports:
        raise PortError(f"no MIDI port fits {wanted!r}, and none is there: connect one, or use --virtual")
    raise PortError(f"no MIDI port fits {wanted!r}: there are {_names(ports)}")


def fitting_ports(ports: Sequence[PortInfo], wanted: str, api: str) -> list[PortInfo]:
    """Those that a full name with an older number means, or, without such, a part of a name."""
    same = [port for port in ports if identity(api, port.name) == identity(api, wanted)]
    return same or [port for port in ports if wanted and wanted.casefold() in port.name.casefold()]


def chosen(ports: Sequence[PortInfo]) -> list[str]:
    """The names that the daemon takes when nothing is named."""
    return [port.name for port in ports if port.is_chosen]


def _names(ports: Sequence[PortInfo]) -> str:
    return ", ".join(repr(port.name) for port in ports)
