"""What `copilot run` is asked for, and the ports that this means."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from copilot.control.access import Elsewhere
from copilot.control.http import DEFAULT_PORT
from copilot.decode.devices import Device
from copilot.decode.kinds import WeightKind
from copilot.errors import PortError
from copilot.live.config import DEFAULT_QUOTA_MB
from copilot.live.port_plan import PortPlan
from copilot.midi.backend import API_VARIABLE, NO_API
from copilot.midi.ports import PortInfo, Survey, chosen, fitting_ports, resolve, survey
from copilot.panel import Value


@dataclass(frozen=True, slots=True)
class RunOptions:
    """What the command line and the config ask for. `ports` are heard and played on alike; `http_port` None: no page.

    `waits`: whether ports that are not there yet are taken up when they come. `opens`: whether a browser is to show
    the page.
    """

    ports: tuple[str, ...] = ()
    inputs: tuple[str, ...] = ()
    outputs: tuple[str, ...] = ()
    thru: tuple[str, ...] = ()
    virtual: bool = False
    sysex: bool = False
    waits: bool = False
    osc_port: int = 7400
    osc_reply_port: int = 0
    http_port: int | None = DEFAULT_PORT
    elsewhere: Elsewhere = field(default_factory=Elsewhere)
    opens: bool = False
    bundle: Path | None = None
    cover: Path | None = None
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
    Where it is to wait, the system may come yet.
    """
    try:
        return survey()
    except PortError:
        if options.waits:
            return Survey("", (), ())
        if options.http_port is None or options.names_ports or os.environ.get(API_VARIABLE):
            raise
        os.environ[API_VARIABLE] = NO_API  # the MIDI process inherits it
        return Survey(NO_API, (), ())


def plan_ports(found: Survey, options: RunOptions) -> PortPlan:
    """The ports to open, from what was named and what is there. Raises PortError, one line.

    Where it is to wait, a name that fits nothing stays as it is. Beside a page, what is neither named nor there is a
    port of our own, which others may connect to later.
    """
    inputs = [_resolve(found.inputs, name, found, options) for name in options.inputs]
    outputs = [_resolve(found.outputs, name, found, options) for name in options.outputs]
    for name in options.ports:
        heard, played = _resolve_both(found, name, waits=options.waits)
        inputs += heard
        outputs += played
    thru = [_resolve(found.inputs, name, found, options) for name in options.thru]
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
        tuple(dict.fromkeys(inputs)),
        tuple(dict.fromkeys(outputs)),
        tuple(thru),
        virtual,
        options.sysex,
        options.waits,
        found.api,
    )


def _resolve(ports: Sequence[PortInfo], name: str, found: Survey, options: RunOptions) -> str:
    """A port's full name. Raises PortError."""
    if options.waits and name and not fitting_ports(ports, name, found.api):
        return name
    try:
        return resolve(ports, name, found.api).name
    except PortError as error:
        if fitting_ports(ports, name, found.api):
            raise
        raise PortError(f"{error}; or wait for it with --wait") from error


def _resolve_both(found: Survey, name: str, *, waits: bool) -> tuple[list[str], list[str]]:
    """The input and the output that a name means: one of the two is enough. Raises PortError."""
    fitting = [fitting_ports(ports, name, found.api) for ports in (found.inputs, found.outputs)]
    if not any(fitting):
        if waits and name:
            return [name], [name]
        resolve((*found.inputs, *found.outputs), name)
    heard, played = (
        [resolve(ports, name, found.api).name] if fits else []
        for ports, fits in zip((found.inputs, found.outputs), fitting, strict=True)
    )
    return heard, played
