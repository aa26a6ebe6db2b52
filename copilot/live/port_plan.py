"""The ports that a stage plays on: which, and how a MIDI process comes to have them open."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace

from copilot.errors import PortError, ProtocolError
from copilot.live.supervise import Child
from copilot.midi.ledger import Ledger
from copilot.midi.messages import Alive, Failed, FromMidi, Heard, Open, Port, Ready
from copilot.wire import Message

_OPEN_TIMEOUT_S = 10.0


@dataclass(frozen=True, slots=True)
class PortPlan:
    """The ports to open, by their full names. `thru` names some of the inputs.

    `waits`: what is not there is taken up when it comes, the MIDI system `api` too, and a name may be a part of one.
    """

    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    thru: tuple[str, ...] = ()
    virtual: bool = False
    sysex: bool = False
    waits: bool = False
    api: str = ""

    def renamed(self, ports: Sequence[Port]) -> "PortPlan":
        """The same with the names that the ports have now, in the order of the plan."""
        inputs = tuple(port.name for port in ports[: len(self.inputs)])
        outputs = tuple(port.name for port in ports[len(self.inputs) :][: len(self.outputs)])
        thru = tuple(now for now, then in zip(inputs, self.inputs, strict=True) if then in self.thru)
        return replace(self, inputs=inputs, outputs=outputs, thru=thru)

    def awaited(self) -> Ready:
        """How it stands while there is no MIDI system at all."""
        ports = [
            *(Port(name, "in", "awaited") for name in self.inputs),
            *(Port(name, "out", "awaited") for name in self.outputs),
        ]
        return Ready(self.api, list(self.inputs), list(self.outputs), ports, False, "waits for a MIDI system")


async def open_ports(plan: PortPlan, ledger: Ledger) -> tuple[Child, Ready]:
    """Start a MIDI process and have it open the ports. Raises PortError, ProtocolError or WorkerError."""
    child = await Child.start("copilot.midi.process", "midi", FromMidi)
    try:
        child.send(
            Open(
                list(plan.inputs),
                list(plan.outputs),
                plan.virtual,
                list(plan.thru),
                "copilot",
                ledger.path,
                sysex=plan.sysex,
                waits=plan.waits,
                api=plan.api,
            )
        )
        message: Message = Alive()
        early: list[Message] = []
        # It may have to wait for a MIDI system; and somebody may play while it opens the ports.
        while isinstance(message, Alive | Heard):
            async with asyncio.timeout(_OPEN_TIMEOUT_S):
                message = await child.receive()
            if isinstance(message, Heard):
                early.append(message)
        child.put_back(early)
        if isinstance(message, Failed):
            raise PortError(message.message)
        if not isinstance(message, Ready):
            raise ProtocolError(f"the MIDI process answered {type(message).__name__} to Open")
    except TimeoutError as error:
        await child.kill()
        raise PortError("the MIDI ports did not open within 10 s: is the MIDI server alive?") from error
    except BaseException:
        await child.stop(timeout_s=0.5)
        raise
    return child, message
