"""The daemon's end of the guardian: the process that ends the notes of a MIDI process that was killed."""

import asyncio
import logging
import time

from copilot.errors import PortError, ProtocolError, WorkerError
from copilot.live.supervise import Child
from copilot.midi.messages import Failed, FromGuardian, Guard, Guarding, Silence, Silenced

log = logging.getLogger(__name__)

_OPEN_TIMEOUT_S = 10.0
_SILENCE_TIMEOUT_S = 20.0
"""JACK may stand still for 15 s until it has got over the death of a client."""
_PAUSE_S = 5.0
"""Between two that could not be started, or died at once."""


class Guardian:
    """Belongs to the event loop. The process ends by itself with the MIDI system, and when the daemon does."""

    def __init__(self) -> None:
        self._starting: asyncio.Task[Child] | None = None
        self._started_s = float("-inf")

    def guard(self, order: Guard) -> None:
        """See to it that there is one: to be called now and then while there is a MIDI system."""
        now_s = time.monotonic()
        if self._is_there or now_s - self._started_s < _PAUSE_S:
            return
        self._started_s = now_s
        self._starting = asyncio.create_task(_start(order), name="guardian")

    async def stands(self) -> None:
        """Wait until there is one, or can't be, which is logged."""
        if self._starting is not None:
            await asyncio.wait([self._starting])
            if (error := self._starting.exception()) is not None:
                log.warning("%s", error)

    @property
    def _is_there(self) -> bool:
        starting = self._starting
        if starting is None:
            return False
        return not starting.done() or (starting.exception() is None and not starting.result().is_gone)

    async def silence(self, seen_s: float) -> int:
        """End all that the ledger says sounds; how many notes that were. Once the MIDI process has ended, as was seen
        at `seen_s`.

        Without a MIDI system nobody can, and nothing is ended.
        """
        if self._starting is None:
            return 0
        try:
            child = await asyncio.shield(self._starting)
            async with asyncio.timeout(_SILENCE_TIMEOUT_S):
                child.send(Silence(seen_s))
                answer = await child.receive()
        except (PortError, WorkerError, ProtocolError, TimeoutError) as error:
            log.debug("nobody ends what is left sounding: %s", error)
            await self.close()
            return 0
        return answer.count if isinstance(answer, Silenced) else 0

    async def close(self) -> None:
        """End it, whatever it does."""
        starting, self._starting = self._starting, None
        self._started_s = float("-inf")
        if starting is None:
            return
        # One that is only being started is waited for: half a process can't be ended.
        await asyncio.wait([starting])
        if starting.exception() is None:
            await starting.result().stop(timeout_s=0.5)


async def _start(order: Guard) -> Child:
    """Raises PortError, one line."""
    try:
        child = await Child.start("copilot.midi.guardian", "rescue", FromGuardian)
    except (WorkerError, ProtocolError) as error:
        raise PortError(str(error)) from error
    try:
        child.send(order)
        async with asyncio.timeout(_OPEN_TIMEOUT_S):
            answer = await child.receive()
        if isinstance(answer, Guarding):
            return child
        said = answer.message if isinstance(answer, Failed) else type(answer).__name__
    except (WorkerError, ProtocolError, TimeoutError) as error:
        said = str(error)
    except BaseException:
        await child.kill()
        raise
    await child.kill()
    raise PortError(f"the process that ends notes in need did not start: {said}")
