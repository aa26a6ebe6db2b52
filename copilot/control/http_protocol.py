"""uvicorn's reader of HTTP, mended where bytes that are none made it fail, and made to give others their turn."""

import asyncio

from h11 import LocalProtocolError
from uvicorn.protocols.http.h11_impl import H11Protocol

MOST_READ_BYTES = 2048
"""What is read at once. asyncio's own 256 KiB may be 40,000 frames of a WebSocket, which held the loop for 0.3 s."""


class HttpProtocol(H11Protocol):
    """A connection, until it is a WebSocket's. What is no HTTP gets one answer, and then it ends."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """See asyncio."""
        transport.max_size = MOST_READ_BYTES  # type: ignore[attr-defined]  # of the selectors' transports
        super().connection_made(transport)

    def send_400_response(self, msg: str) -> None:
        """See uvicorn, which would raise where the answer to what came before is on its way, or has ended it all."""
        if self.cycle is not None and not self.cycle.response_complete:
            self.cycle.disconnected = True  # nobody listens to what it would answer
            self.cycle.message_event.set()
        try:
            super().send_400_response(msg)
        except LocalProtocolError:
            self.transport.close()
