"""What remotes send: OSC, pages' frames, and HTTP; on a whole server, but for the socket that it comes by."""

from copilot.control.http_door import _token_in
from copilot.control.http_protocol import MOST_READ_BYTES
from copilot.control.live_messages import asked
from copilot.errors import InputError
from tests.fuzz.target import Target
from tests.fuzz.targets.servers import datagram, http, websocket

_JSON = (b'{"set":', b'"value":', b'{"do":', b'{"play":', b'"channel":', b'"ping":', b'"argument":')
_HTTP = (
    b"HTTP/1.1",
    b"Host: 127.0.0.1\r\n",
    b"Transfer-Encoding: chunked\r\n",
    b"Content-Length: 4\r\n",
    b"Upgrade: websocket\r\n",
    b"Connection: keep-alive, Upgrade\r\n",
    b"Expect: 100-continue\r\n",
    b"\r\n\r\n",
    b"/api/panel/",
    b"/api/session/",
    b"/static/..%2f",
    b"%00",
    b"GET ",
    b"0\r\n\r\n",
)
_OSC = (
    b"/copilot/",
    b",f\0\0",
    b",s\0\0",
    b"#bundle\0\0\0\0\0\0\0\0\x01",
    b"\0\0\0\x10",
    b"\x7f\xc0\0\0",
    b"/copilot/ping\0\0\0",
    b"\xe0\0\0\0\0\0\0\0",
)
_FRAMES = (
    b"\x81\x80",
    b"\x82\xfe\xff\xff",
    b"\x88\x80",
    b"\x89\x80",
    b"\x80\x80",
    b"\x01\x80",
    b"\x81\xff",
    b"\xf1",
)

TARGETS = [
    Target("osc", datagram, words=_OSC, most_bytes=8192),
    Target("page", asked, (InputError,), words=_JSON, most_bytes=8192),
    Target("query", _token_in, words=(b"token=", b"&", b"%", b";", b"+"), most_bytes=8192),
    Target("http", http, words=_HTTP, most_bytes=MOST_READ_BYTES),
    Target("websocket", websocket, words=_FRAMES, most_bytes=MOST_READ_BYTES),
]
