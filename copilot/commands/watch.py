"""A jam with a file, shown and steered in a browser while it plays."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable

from copilot.commands.browser import show
from copilot.control.http import HttpServer
from copilot.errors import InputError
from copilot.files import user_data_folder
from copilot.live.desk import Desk
from copilot.live.herald import Herald
from copilot.live.models import Models
from copilot.live.presets import Presets
from copilot.live.recorder import Recorder
from copilot.live.session import Session
from copilot.live.stage import Stage


class _Tape(Recorder):
    """A jam is recorded from its beginning to its end, whatever a page says."""

    ends_with_stop = False

    def stop(self, session: Session) -> str:  # noqa: ARG002
        """See Recorder. Raises InputError."""
        raise InputError("a jam is recorded to its end: let it play, or end it with Ctrl-C")


class Watch:
    """A page's server whose port is taken before the jam begins. `on_page` is told its address."""

    def __init__(self, stage: Stage, model: str, port: int, on_page: Callable[[str], None]) -> None:
        """Raises PortError when the port can't be had."""
        session, clock = stage.session, stage.clock
        folder = user_data_folder()
        desk = Desk(
            session,
            clock,
            Presets(folder / "presets"),
            _Tape(folder / "recordings", clock, seed=0),
            Models(folder / "bundles"),
            stage,
            fixed=("time",),  # the file gives it
            model=model,
        )
        self._herald = Herald(session, clock)
        self._on_page = on_page
        self._http = HttpServer(desk)
        self._http.open(port)

    @contextlib.asynccontextmanager
    async def shown(self) -> AsyncIterator[None]:
        """Serve, and have a browser look on."""
        heralding = asyncio.create_task(self._herald.run())
        try:
            await self._http.start()
            self._on_page(self._http.address)
            show(self._http.address)
            yield
        finally:
            heralding.cancel()
            await self._http.close()
