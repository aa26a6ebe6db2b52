"""What `copilot run` is asked for, and the ports that this means."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from copilot.control.access import Elsewhere
from copilot.control.http import DEFAULT_PORT
from copilot.decode.devices import Device
from copilot.decode.kinds import WeightKind
from copilot.errors import PortError
from copilot.live.config import DEFAULT_QUOTA_MB
from copilot.live.midi_rig import PortPlan
from copilot.midi.backend import API_VARIABLE, NO_API
from copilot.midi.ports import Survey, chosen, resolve, survey
from copilot.panel import Value


@dataclass(frozen=True, slots=True)
class RunOptions:
    """What the command line and the config ask for. `ports` are heard and played on alike; `http_port` None: no page.

    `opens`: whether a browser is to show the page.
    """

    ports: tuple[str, ...] = ()
    inputs: tuple[str, ...] = ()
    outputs: tuple[str, ...] = ()
    thru: tuple[str, ...] = ()
    virtual: bool = False
    sysex: bool = False
    osc_port: int = 7400
    osc_reply_port: int = 0
    http_port: int | None = DEFAULT_PORT
    elsewhere: Elsewhere = field(default_factory=Elsewhere)
    opens: bool = False
    bundle: Path | None = None
    seed: int = 0
    window_tokens: int = 0
    device: Device = "auto"
    weights: WeightKind = "auto"
    record: Path | None = None
    record_quota_mb: int = DEFAULT_QUOTA_MB
    panel: Mapping[str, Value] = field(default_factory=dict)

    @property
    def names_ports(self) -> bool:
        """Whether MIDI ports are asked for."""
        return bool(self.ports or self.inputs or self.outputs or self.thru or self.virtual)


def found_ports(options: RunOptions) -> Survey:
    """What can be heard and played. Raises PortError, one line.

    A machine without a MIDI system has none, and does with the page alone: it is played there, and sounds there.
    """
    try:
        return survey()
    except PortError:
        if options.http_port is None or options.names_ports or os.environ.get(API_VARIABLE):
            raise
        os.environ[API_VARIABLE] = NO_API  # the MIDI process inherits it
        return Survey(NO_API, (), ())


def plan_ports(found: Survey, options: RunOptions) -> PortPlan:
    """The ports to open, from what was named and what is there. Raises PortError, one line.

    Beside a page, what is not there is a port of our own, which others may connect to later.
    """
    inputs = [resolve(found.inputs, name).name for name in options.inputs]
    outputs = [resolve(found.outputs, name).name for name in options.outputs]
    for name in options.ports:
        heard, played = _resolve_both(found, name)
        inputs += heard
        outputs += played
    thru = [resolve(found.inputs, name).name for name in options.thru]
    named = bool(inputs or outputs or options.virtual)
    inputs += thru
    if not named:
        inputs += chosen(found.inputs)
    if not outputs and not options.virtual:
        outputs = chosen(found.outputs)
    virtual = options.virtual or (options.http_port is not None and not (inputs and outputs))
    if not inputs and not virtual:
        raise PortError("no MIDI port to hear: connect one, name one with --in, or make one with --virtual")
    if not outputs and not virtual:
        raise PortError(
            "no MIDI port to play on: connect one, name one with --out, or make one with --virtual"
        )
    return PortPlan(
        tuple(dict.fromkeys(inputs)), tuple(dict.fromkeys(outputs)), tuple(thru), virtual, options.sysex
    )


def _resolve_both(found: Survey, name: str) -> tuple[list[str], list[str]]:
    """The input and the output that a name means: one of the two is enough."""
    errors: list[PortError] = []
    heard: list[str] = []
    played: list[str] = []
    for ports, names in ((found.inputs, heard), (found.outputs, played)):
        try:
            names.append(resolve(ports, name).name)
        except PortError as error:
            errors.append(error)
            if len([port for port in ports if name.casefold() in port.name.casefold()]) > 1:
                raise
    if len(errors) == 2:
        raise errors[0]
    return heard, played
