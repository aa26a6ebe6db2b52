"""The daemon's end of the model worker: it asks, waits for answers, and has another for one that died or hangs."""

import asyncio
import logging
import time
from collections import deque
from pathlib import Path

import msgspec

from copilot.decode.devices import Device
from copilot.decode.kinds import WeightKind
from copilot.engine.messages import Answer, Ask, FromWorker, Load, Loaded, Refused
from copilot.engine.place import Place
from copilot.errors import BundleError, ProtocolError, WorkerError
from copilot.live.patience import Deaths, Patience
from copilot.live.questions import Request
from copilot.live.supervise import Child
from copilot.live.vitals import vitals_of
from copilot.wire import Message

log = logging.getLogger(__name__)

_REMEMBERED_ASKS = 64
"""A worker sends its state every 16; of more that were asked since, the oldest are forgotten."""

_LOOK_S = 0.1
"""How often it is seen whether the answer is overdue. Patience is counted in looks, not by the clock: where the
daemon itself stood still, the answer is read before the next look."""


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
        place: Place = "alone",
    ) -> None:
        """`place`: where its workers run beside others (engine/place.py)."""
        self._load = Load(str(bundle_path.resolve()), seed, window_tokens, device, weights)
        self._place: Place = place
        self._child: Child | None = None
        self._loading = asyncio.Lock()
        self._patience = Patience()
        self._asked_s: float | None = None  # when the present worker was asked what it has not answered
        self._looks = 0  # in vain, since then
        self._began_cpu_s = 0.0  # what the worker had had of a core by the first of them
        self._deaths = Deaths()
        self.restart_s: float | None = None
        self._state = b""
        self._since: deque[Request] = deque(maxlen=_REMEMBERED_ASKS)  # asked since that state
        self._untold: list[Request] = []  # of these, what the present worker has not been told
        self._forgets = False
        self._asked_number = 0  # of the last request

    async def start(self) -> Loaded:
        """Start a worker and load the bundle. Raises WorkerError, or BundleError for a bundle it can't use."""
        async with self._loading:
            return await self._start()

    async def _start(self) -> Loaded:
        child = await self._new_child()
        # The state is tried once: if it is what kills, the next worker begins anew.
        state, self._state = self._state, b""
        self._untold = list(self._since) if state else []
        self._since.clear()
        loaded = await _load_into(child, msgspec.structs.replace(self._load, state=state), self._patience)
        self._child, self._asked_s = child, None
        return loaded

    async def _new_child(self) -> Child:
        return await Child.start("copilot.engine.worker", "worker", FromWorker, arguments=(self._place,))

    async def change(self, bundle_path: Path) -> Loaded:
        """Load another bundle in a worker of its own and, once it stands, ask that one, which knows of nothing yet.

        Until then, and where it can't be used, the present one goes on. What died before counts no more. Raises as
        `start` does.
        """
        async with self._loading:
            load = msgspec.structs.replace(self._load, bundle=str(bundle_path.resolve()))
            patience = Patience()
            child = await self._new_child()
            loaded = await _load_into(child, load, patience)
            old, self._child, self._load = self._child, child, load
            self._asked_s, self._patience = None, patience
            self._let_go()
            self._deaths.forgive()
            if old is not None:
                await old.kill()
            return loaded

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
        self._asked_number = request.number
        if self._asked_s is None:
            self._asked_s, self._looks = time.monotonic(), 0

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
        """The next answer. Raises WorkerError when the worker is gone, or takes longer than any honest call."""
        while True:
            child = self._child
            if child is None:
                raise WorkerError("no model worker is running")
            try:
                async with asyncio.timeout(_LOOK_S):
                    message = await child.receive()
            except TimeoutError:
                self._look()
            except WorkerError:
                if self._child is None or self._child is child:
                    raise
                # another model's worker has taken its place
            else:
                return self._take(message)

    def _look(self) -> None:
        """Nothing came for a while. Raises WorkerError where that is too long."""
        if self._asked_s is None:
            return
        vitals = vitals_of(self._child.process.pid) if self._child is not None else None
        if self._looks == 0 and vitals is not None:
            self._began_cpu_s = vitals.cpu_s
        self._looks += 1
        cpu_s = vitals.cpu_s - self._began_cpu_s if vitals is not None else 0.0
        if self._patience.answer_is_overdue(self._looks * _LOOK_S, vitals, cpu_s):
            raise WorkerError(f"the model worker hangs: no answer in {self._looks * _LOOK_S:.1f} s")

    def _take(self, message: Message) -> Answer:
        if not isinstance(message, Answer):
            raise ProtocolError(f"the worker sent {type(message).__name__} unasked")
        if self._asked_s is not None:
            self._patience.answered(time.monotonic() - self._asked_s)
        if message.number >= self._asked_number:
            self._asked_s = None
        self._deaths.has_answered()
        if message.state:
            self._state = message.state
            while self._since and self._since[0].number <= message.number:
                self._since.popleft()
        return message

    async def restart(self) -> bool:
        """After a death or a hang: have another worker, unless too many died. Whether there is one now."""
        began_s, gone = time.monotonic(), self._child
        async with self._loading:
            if self._child is not gone:
                return True  # another model's worker has taken its place meanwhile
            await self._end()
            while self._deaths.count(time.monotonic()):
                await asyncio.sleep(self._deaths.pause_s)
                log.warning("the model worker is gone: starting another")
                try:
                    await self._start()
                except WorkerError as error:
                    log.warning("%s", error)
                except (BundleError, ProtocolError) as error:
                    log.error("no model worker can be started: %s", error)
                    return False
                else:
                    self.restart_s = time.monotonic() - began_s
                    log.warning("another model worker stands after %.1f s", self.restart_s)
                    return True
            return False

    @property
    def bundle(self) -> Path:
        """What the present worker, or the next one, plays with."""
        return Path(self._load.bundle)

    @property
    def deaths(self) -> int:
        """How many workers died, or hung and were ended."""
        return self._deaths.total

    async def _end(self) -> None:
        """Whatever the worker does: it holds nothing that an orderly end would save."""
        if self._child is not None:
            child, self._child = self._child, None
            await child.kill()

    async def stop(self) -> None:
        """End the worker."""
        if self._child is not None:
            child, self._child = self._child, None
            await child.stop(timeout_s=0.5)


async def _load_into(child: Child, load: Load, patience: Patience) -> Loaded:
    """Have a worker load; one that can't, or is not waited for, is ended."""
    try:
        return await _loaded(child, load, patience)
    except BaseException:
        await child.kill()
        raise


async def _loaded(child: Child, load: Load, patience: Patience) -> Loaded:
    child.send(load)
    began_s = time.monotonic()
    message: Message | None = None
    while message is None:
        try:
            async with asyncio.timeout(_LOOK_S):
                message = await child.receive()
        except TimeoutError as error:
            waited_s, vitals = time.monotonic() - began_s, vitals_of(child.process.pid)
            if patience.load_is_overdue(waited_s, vitals, vitals.cpu_s if vitals is not None else 0.0):
                raise WorkerError(
                    f"the model did not load within {waited_s:.0f} s: try a smaller one"
                ) from error
    patience.loaded(time.monotonic() - began_s)
    if isinstance(message, Refused):
        raise BundleError(message.message)
    if not isinstance(message, Loaded):
        raise ProtocolError(f"the worker answered {type(message).__name__} to Load")
    return message
