"""What a jam asks of the world outside: a MIDI system, ports to hear and to play on, a UDP port."""

import ctypes.util
import os
import shutil
import socket
import sys
from collections.abc import Callable
from dataclasses import replace

from copilot.commands.doctor.check import Check, State
from copilot.commands.run_options import RunOptions, plan_ports
from copilot.control.http import take_port
from copilot.errors import InputError, PortError
from copilot.midi.backend import ALSA_SEQUENCER
from copilot.midi.ports import PortInfo, Survey, survey


def check_ports(options: RunOptions, find: Callable[[], Survey] = survey) -> list[Check]:
    """The MIDI system, what it lists, and what `copilot run` would take of it."""
    systems = _systems()
    try:
        found = find()
    except PortError as error:
        state: State = "note" if options.waits else "problem"  # then run waits for one
        return [Check("MIDI system", state, systems or "none answers", str(error))]
    checks = [Check("MIDI system", "ok", f"{found.api} is used{f'; {systems}' if systems else ''}")]
    for name, ports in (("ports to hear", found.inputs), ("ports to play on", found.outputs)):
        checks.append(Check(name, "ok", _list(ports)))
    try:
        plan = plan_ports(found, replace(options, http_port=None))  # a page does without; a rig does not
    except PortError as error:
        return [*checks, Check("run's ports", "problem", "nothing to choose", str(error))]
    awaited = [
        name
        for names, ports in ((plan.inputs, found.inputs), (plan.outputs, found.outputs))
        for name in names
        if name not in {port.name for port in ports}
    ]
    if awaited:
        todo = "run takes it up when it comes: connect it, or mend its name (`copilot ports` lists what is there)"
        return [*checks, Check("run's ports", "note", f"not there yet: {', '.join(awaited)}", todo)]
    own = " and ports of its own" if plan.virtual else ""
    hears, plays = ", ".join(plan.inputs) or "nothing", ", ".join(plan.outputs) or "nothing"
    return [*checks, Check("run's ports", "ok", f"hears {hears}, plays on {plays}{own}")]


def _list(ports: tuple[PortInfo, ...]) -> str:
    return ", ".join(port.name for port in ports) or "none"


def _systems() -> str:
    """What of Linux' two MIDI systems is here, for who lacks one."""
    if sys.platform != "linux":
        return ""
    if not ALSA_SEQUENCER.exists():
        alsa = f"ALSA: no {ALSA_SEQUENCER} (modprobe snd-seq)"
    elif not os.access(ALSA_SEQUENCER, os.R_OK | os.W_OK):
        alsa = f"ALSA: {ALSA_SEQUENCER} is not yours to open (join the group audio and log in again)"
    else:
        alsa = "ALSA: its sequencer is open to you"
    library = (
        "its library is here" if ctypes.util.find_library("jack") else "its library is missing (libjack)"
    )
    server = (
        "a server is installed"
        if shutil.which("jackd") or shutil.which("pw-jack")
        else "no server is installed"
    )
    return f"{alsa}; JACK: {library}, {server}"


def check_osc(port: int) -> Check:
    """Whether the UDP port of OSC is free."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            todo = "another program has it, or a copilot runs already: choose another with --port N"
            return Check("OSC", "problem", f"port {port}: {error.strerror}", todo)
    return Check("OSC", "ok", f"UDP port {port} is free")


def check_elsewhere(options: RunOptions) -> Check:
    """Whether what others are to reach can be had, with what lets them in."""
    try:
        outside, (osc_address, senders) = options.elsewhere.http(), options.elsewhere.osc()
        if outside is not None:
            take_port(options.http_port or 0, outside.address).close()
    except (InputError, PortError) as error:
        return Check("from elsewhere", "problem", "can't be had", str(error))
    found = [f"the page at {outside.address}, with the token"] if outside else []
    found += [f"OSC at {osc_address} from {', '.join(sorted(senders))}"] if osc_address else []
    return Check("from elsewhere", "ok", " and ".join(found) or "nothing is to be reached")


def check_http(port: int | None) -> Check:
    """Whether the TCP port of the page is free; None: it isn't wanted."""
    if port is None:
        return Check("page", "ok", "not wanted")
    try:
        take_port(port).close()
    except PortError as error:
        return Check("page", "problem", str(error), "another program has it, or a copilot runs already")
    return Check("page", "ok", f"TCP port {port} is free")
