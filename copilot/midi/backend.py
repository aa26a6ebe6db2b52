"""The MIDI systems that RtMidi was built with: which one to use, and how to open a port of it.

May block when a JACK server hangs: call it from a process that its owner can end.
"""

import os
import re
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import rtmidi

from copilot.errors import PortError
from copilot.midi.jackclient import connect_jack, insist, list_jack_ports
from copilot.midi.jackwatch import JackWatch, Watch
from copilot.midi.nowhere import Nowhere
from copilot.midi.ports import PortInfo, Survey, arrange

API_NUMBERS = {
    "ALSA": rtmidi.API_LINUX_ALSA,
    "JACK": rtmidi.API_UNIX_JACK,
    "CoreMIDI": rtmidi.API_MACOSX_CORE,
    "WinMM": rtmidi.API_WINDOWS_MM,
}
API_VARIABLE = "COPILOT_MIDI_API"
"""Names the MIDI system to use (`JACK` beside ALSA, say); without it the choice is made here."""

NO_API = "none"
"""The system without ports, for a machine without MIDI: never chosen, only named (see nowhere.py)."""

ALSA_SEQUENCER = Path("/dev/snd/seq")
_CLOSE_PAUSE_S = 0.01
"""Between two connections' ends: JACK tells each of the other's, and hangs if one ends while it is being told."""

_ALSA_CLIENT = re.compile(r" (\d+):\d+$")
_ALSA_HARDWARE_CLIENTS = range(16, 128)
"""ALSA numbers the clients of sound cards from 16 and those of programs from 128; 14 is Midi Through."""


def choose_api(*, insists: bool = True) -> str:
    """The MIDI system to use: ALSA where its sequencer is, else JACK where a server answers, CoreMIDI, WinMM.

    `insists`: a JACK server that refuses us is asked again for 0.15 s. Raises PortError if there is none, with how to
    get one.
    """
    compiled = [name for name, number in API_NUMBERS.items() if number in rtmidi.get_compiled_api()]
    wanted = os.environ.get(API_VARIABLE)
    if wanted:
        if wanted not in (*compiled, NO_API):
            raise PortError(f"{API_VARIABLE} is {wanted!r}: here it may be {', '.join(compiled)} or {NO_API}")
        return wanted
    for name in compiled:
        if _is_there(name, insists=insists):
            return name
    if sys.platform == "linux":
        raise PortError(
            "there is no MIDI system here: load ALSA's sequencer (modprobe snd-seq) or start a JACK server "
            "(jackd -d alsa); `copilot jam` needs none"
        )
    raise PortError("there is no MIDI system here that RtMidi can use; `copilot jam` needs none")


def _is_there(api: str, *, insists: bool = False) -> bool:
    if api == "ALSA":
        return os.access(ALSA_SEQUENCER, os.R_OK | os.W_OK)
    if api == "JACK":
        client = connect_jack("copilot-probe", is_there=insists)
        if client is not None:
            client.close()
        return client is not None
    return True


def is_there(api: str) -> bool:
    """Whether that MIDI system answers; `api` may be empty: any. Takes 5 ms where there is no JACK server."""
    try:
        return _is_there(api or choose_api(insists=False))
    except PortError:
        return False


def scan() -> Survey:
    """The ports of the MIDI system in use. Raises PortError without one."""
    api = choose_api()
    if api == "JACK":
        client = connect_jack("copilot-scan", is_there=True)
        if client is None:
            raise PortError(
                "no JACK server answers: start one (jackd -d alsa), or wait for one with `copilot run --wait`; "
                "`copilot jam` needs none"
            )
        try:
            return arrange("JACK", *list_jack_ports(client))
        finally:
            client.close()
    if api == NO_API:
        return arrange(api, [], [])
    with _quiet_stderr():
        # RtMidi's clients must be named and deleted, or they show up as ports of ours.
        return arrange(api, _list_ports(api, rtmidi.MidiIn), _list_ports(api, rtmidi.MidiOut))


class Lister:
    """What can be heard and played on as of now: by JACK's watch, or by two clients of RtMidi's without a port."""

    def __init__(self, api: str, watch: Watch) -> None:
        self._api, self._watch = api, watch
        self._clients: list[rtmidi.MidiIn | rtmidi.MidiOut] = []
        if api not in ("JACK", NO_API):
            self._clients = [_client(api, kind, "copilot-scan") for kind in (rtmidi.MidiIn, rtmidi.MidiOut)]

    def listed(self) -> tuple[Sequence[PortInfo], Sequence[PortInfo]]:
        """Inputs and outputs."""
        if isinstance(self._watch, JackWatch):
            found = arrange(self._api, *self._watch.listed())
        elif self._clients:
            named = [[(name, _is_hardware(self._api, name)) for name in c.get_ports()] for c in self._clients]
            found = arrange(self._api, *named)
        else:
            return (), ()
        return found.inputs, found.outputs

    def close(self) -> None:
        """Give the clients back."""
        for client in self._clients:
            client.delete()
        self._clients.clear()


def _list_ports(api: str, kind: Callable[..., rtmidi.MidiIn | rtmidi.MidiOut]) -> list[tuple[str, bool]]:
    try:
        client = kind(API_NUMBERS[api], name="copilot-scan")
    except (rtmidi.RtMidiError, rtmidi.SystemError) as error:
        raise PortError(f"{api} can't be used: {error}") from error
    try:
        return [(name, _is_hardware(api, name)) for name in client.get_ports()]
    finally:
        client.delete()


def _is_hardware(api: str, name: str) -> bool:
    if api != "ALSA":
        return True
    client = _ALSA_CLIENT.search(name)
    return client is not None and int(client[1]) in _ALSA_HARDWARE_CLIENTS


def open_input(api: str, name: str, client_name: str) -> rtmidi.MidiIn:
    """A connection that hears port `name`. Raises PortError if it can't be had."""
    return _open(api, rtmidi.MidiIn, name, client_name, "in")


def open_output(api: str, name: str, client_name: str) -> rtmidi.MidiOut:
    """A connection that plays on port `name`. Raises PortError if it can't be had."""
    return _open(api, rtmidi.MidiOut, name, client_name, "out")


def open_virtual(
    api: str, kind: type[rtmidi.MidiIn] | type[rtmidi.MidiOut], client_name: str
) -> rtmidi.MidiIn | rtmidi.MidiOut | Nowhere:
    """A port of our own that others connect to. Raises PortError where the system has none (WinMM)."""
    if api == NO_API:
        return Nowhere()
    if api == "WinMM":
        raise PortError("Windows has no virtual MIDI ports: install loopMIDI and name its port")
    client = _client(api, kind, client_name)
    client.open_virtual_port("in" if kind is rtmidi.MidiIn else "out")
    return client


def close_ports(ports: Iterable[rtmidi.MidiIn | rtmidi.MidiOut], is_alive: bool) -> None:
    """Close and delete what was opened: `close_port` lets the last messages out, `delete` ends the connection.

    `is_alive`: whether the MIDI system still answers; without it `close_port` would wait a second for its answer.
    """
    for port in ports:
        if is_alive:
            port.close_port()
        port.delete()
        time.sleep(_CLOSE_PAUSE_S)


def _open(
    api: str, kind: Callable[..., rtmidi.MidiIn | rtmidi.MidiOut], name: str, client_name: str, own_port: str
) -> rtmidi.MidiIn | rtmidi.MidiOut:
    client = _client(api, kind, client_name)
    try:
        names = client.get_ports()
        if name not in names:
            raise PortError(
                f"the MIDI port {name!r} is gone: there are {', '.join(map(repr, names)) or 'none'}"
            )
        client.open_port(names.index(name), own_port)
    except (PortError, rtmidi.RtMidiError) as error:
        client.delete()
        raise PortError(f"the MIDI port {name!r} can't be opened: {error}") from error
    return client


def _client(
    api: str, kind: Callable[..., rtmidi.MidiIn | rtmidi.MidiOut], client_name: str
) -> rtmidi.MidiIn | rtmidi.MidiOut:
    def make() -> rtmidi.MidiIn | rtmidi.MidiOut:
        with _quiet_stderr():
            return kind(API_NUMBERS[api], name=client_name)

    try:
        return insist(make, rtmidi.RtMidiError) if api == "JACK" else make()
    except rtmidi.RtMidiError as error:
        raise PortError(f"{api} can't be used: {error}") from error


@contextmanager
def _quiet_stderr() -> Iterator[None]:
    """Send what C libraries write to stderr nowhere; what matters comes back as an exception."""
    saved, nowhere = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, 2)
        yield
    finally:
        os.dup2(saved, 2)
        os.close(saved)
        os.close(nowhere)
