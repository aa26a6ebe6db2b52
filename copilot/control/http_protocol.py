"""uvicorn's reader of HTTP, mended where bytes that are none made it fail, and made to give others their turn."""

import asyncio
import re

from h11 import LocalProtocolError
from uvicorn.protocols.http.h11_impl import H11Protocol

MOST_READ_BYTES = 2048
"""What is read at once. asyncio's own 256 KiB may be 40,000 frames of a WebSocket, which held the loop for 0.3 s."""
MOST_BLANKS = 128
"""In a row, in a request. h11 tries each of them as the last before a header's value: 15,000 and a byte that may not
stand there held the loop for 0.6 s, and 128 take 0.1 ms."""

_TOO_BLANK = re.compile(rb"[ \t]{%d}" % (MOST_BLANKS + 1))


class HttpProtocol(H11Protocol):
    """A connection, until it is a WebSocket's. What is no HTTP gets one answer, and then it ends."""

    _blanks = b""  # that the last read ended with

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """See asyncio."""
        transport.max_size = MOST_READ_BYTES  # type: ignore[attr-defined]  # of the selectors' transports
        super().connection_made(transport)

    def data_received(self, data: bytes) -> None:
        """See asyncio."""
        read = self._blanks + data
        if _TOO_BLANK.search(read):
            self.send_400_response(f"Over {MOST_BLANKS} blanks in a row: no request of ours has them.")
            return
        self._blanks = read[len(read.rstrip(b" \t")) :]
        super().data_received(data)

    def send_400_response(self, msg: str) -> None:
        """See uvicorn, which would raise where the answer to what came before is on its way, or has ended it all."""
        if self.cycle is not None and not self.cycle.response_complete:
            self.cycle.disconnected = True  # nobody listens to what it would answer
            self.cycle.message_event.set()
        try:
            super().send_400_response(msg)
        except LocalProtocolError:
            self.transport.close()
