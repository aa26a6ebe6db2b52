"""The daemon's end of the model worker: it asks, waits for answers, and starts a worker that died again."""

import asyncio
import logging
import time
from collections import deque
from pathlib import Path

import msgspec

from copilot.decode.devices import Device
from copilot.decode.kinds import WeightKind
from copilot.engine.messages import Answer, Ask, FromWorker, Load, Loaded, Refused
from copilot.errors import BundleError, ProtocolError, WorkerError
from copilot.live.session import Request
from copilot.live.supervise import Child

log = logging.getLogger(__name__)

MAX_DEATHS = 5
DEATHS_WITHIN_S = 30.0
"""A worker that dies more often than this is not started again: the copilot listens and records only."""

_REMEMBERED_ASKS = 64
"""A worker sends its state every 16; of more that were asked since, the oldest are forgotten."""

_LOAD_TIMEOUT_S = 180.0
"""The first start of a machine compiles the decoder, and a 1 B bundle takes a while to read."""


class EngineClient:
    """One worker at a time. Belongs to the event loop that started it.

    A worker that takes over begins with the last snapshot of the one before, and is told what was asked since.
    """

    def __init__(
        self,
        bundle_path: Path,
        *,
        seed: int,
        window_tokens: int = 0,
        device: Device = "auto",
        weights: WeightKind = "auto",
    ) -> None:
        self._load = Load(str(bundle_path.resolve()), seed, window_tokens, device, weights)
        self._child: Child | None = None
        self._deaths: deque[float] = deque(maxlen=MAX_DEATHS)
        self.deaths = 0
        self._state = b""
        self._since: deque[Request] = deque(maxlen=_REMEMBERED_ASKS)  # asked since that state
        self._untold: list[Request] = []  # of these, what the present worker has not been told
        self._forgets = False

    async def start(self) -> Loaded:
        """Start a worker and load the bundle. Raises WorkerError, or BundleError for a bundle it can't use."""
        child = await Child.start("copilot.engine.worker", "worker", FromWorker)
        # The state is tried once: if it is what kills, the next worker begins anew.
        state, self._state = self._state, b""
        self._untold = list(self._since) if state else []
        self._since.clear()
        loaded = await self._load_into(child, msgspec.structs.replace(self._load, state=state))
        self._child = child
        return loaded

    async def change(self, bundle_path: Path) -> Loaded:
        """Load another bundle in a worker of its own and, once it stands, ask that one, which knows of nothing yet.

        Until then, and where it can't be used, the present one goes on. Raises as `start` does.
        """
        load = msgspec.structs.replace(self._load, bundle=str(bundle_path.resolve()))
        child = await Child.start("copilot.engine.worker", "worker", FromWorker)
        loaded = await self._load_into(child, load)
        old, self._child, self._load = self._child, child, load
        self._let_go()
        if old is not None:
            await old.stop(timeout_s=0.5)
        return loaded

    async def _load_into(self, child: Child, load: Load) -> Loaded:
        """Have a worker load; one that can't, or is not waited for, is ended."""
        try:
            return await self._loaded(child, load)
        except BaseException:
            await child.stop(timeout_s=0.0)
            raise

    async def _loaded(self, child: Child, load: Load) -> Loaded:
        child.send(load)
        try:
            async with asyncio.timeout(_LOAD_TIMEOUT_S):
                message = await child.receive()
        except TimeoutError as error:
            raise WorkerError(
                f"the model did not load within {_LOAD_TIMEOUT_S:g} s: try a smaller bundle"
            ) from error
        if isinstance(message, Refused):
            raise BundleError(message.message)
        if not isinstance(message, Loaded):
            raise ProtocolError(f"the worker answered {type(message).__name__} to Load")
        return message

    def ask(self, request: Request) -> None:
        """Send a request; its answer comes from `answer`. Raises WorkerError where the worker is gone."""
        if self._child is None:
            raise WorkerError("no model worker is running")
        self._since.append(request)
        told, self._untold = [*self._untold, request], []
        heard = [heard for each in told for heard in each.heard]
        final = [note for each in told for note in each.final]
        self._child.send(
            Ask(request.number, heard, final, request.horizon, request.controls, forgets=self._forgets)
        )
        self._forgets = False

    def forget(self) -> None:
        """With the next request the worker begins anew, and so would another in its place."""
        self._forgets = True
        self._let_go()

    def _let_go(self) -> None:
        """No worker is to know any more what was told so far."""
        self._state = b""
        self._since.clear()
        self._untold.clear()

    async def answer(self) -> Answer:
        """The next answer. Raises WorkerError when the worker is gone."""
        if self._child is None:
            raise WorkerError("no model worker is running")
        child = self._child
        try:
            message = await child.receive()
        except WorkerError:
            if self._child is None or self._child is child:
                raise
            message = await self._child.receive()  # another model's worker has taken its place
        if not isinstance(message, Answer):
            raise ProtocolError(f"the worker sent {type(message).__name__} unasked")
        if message.state:
            self._state = message.state
            while self._since and self._since[0].number <= message.number:
                self._since.popleft()
        return message

    async def restart(self) -> bool:
        """After a death: start another worker, unless five have died within 30 s. Whether there is one now."""
        await self.stop()
        while self._may_try_again():
            log.warning("the model worker died: starting another")
            try:
                await self.start()
            except WorkerError as error:
                log.warning("%s", error)
            except (BundleError, ProtocolError) as error:
                log.error("no model worker can be started (%s): listening only", error)
                return False
            else:
                return True
        log.error("the model worker died %d times in %g s: listening only", MAX_DEATHS, DEATHS_WITHIN_S)
        return False

    def _may_try_again(self) -> bool:
        """Count a death."""
        self.deaths += 1
        self._deaths.append(time.monotonic())
        return len(self._deaths) < MAX_DEATHS or self._deaths[-1] - self._deaths[0] >= DEATHS_WITHIN_S

    async def stop(self) -> None:
        """End the worker."""
        if self._child is not None:
            child, self._child = self._child, None
            await child.stop(timeout_s=0.5)
