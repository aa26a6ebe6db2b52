"""What every request must pass before it reaches anything: ASGI middleware.

A page of another origin may make a browser send requests here: by its own name that it points at this machine (DNS
rebinding: the Host header then names it), or plainly across sites (the Origin header then does). So both are checked
to the letter: Host always, Origin wherever it is sent with something that changes the state or opens a WebSocket. A
browser always sends it then; what sends none is no browser, and as free as any program on this machine.
"""

from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from typing import Any

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

NAMES = ("127.0.0.1", "localhost")
SAFE_METHODS = ("GET", "HEAD", "OPTIONS")
MOST_BODY_BYTES = 64 * 1024
CLOSE_REFUSED = 1008


class Gate:
    """Lets requests to `http://NAME:port` through, and adds to each answer what a browser is to hold to."""

    def __init__(self, app: App, port: int) -> None:
        self.refused = 0
        self._app = app
        self._hosts = {f"{name}:{port}".encode() for name in NAMES}
        if port == 80:
            self._hosts |= {name.encode() for name in NAMES}  # browsers leave the usual port out
        self._origins = {b"http://" + host for host in self._hosts}
        self._headers = _headers(port)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """See ASGI."""
        status, reason = self._judge(scope)
        if reason:
            self.refused += 1
            await self._refuse(scope, send, status, reason)
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message.get("headers", ()), *self._headers]
            await send(message)

        await self._app(scope, receive, send_with_headers)

    def _judge(self, scope: Scope) -> tuple[int, str]:
        """The status and the reason of a refusal; no reason where it may pass."""
        headers = scope["headers"]
        hosts = _values(headers, b"host")
        if len(hosts) != 1 or hosts[0].lower() not in self._hosts:
            return 403, f"Host {_shown(hosts)} is not ours: ask for {self._allowed(self._hosts)}"
        changes = scope["type"] == "websocket" or scope["method"] not in SAFE_METHODS
        origins = _values(headers, b"origin")
        if changes and any(origin.lower() not in self._origins for origin in origins):
            return (
                403,
                f"Origin {_shown(origins)} is not ours: only {self._allowed(self._origins)} may do that",
            )
        for length in _values(headers, b"content-length"):
            if not length.isdigit() or int(length[:20]) > MOST_BODY_BYTES:
                return 413, f"a body of {_shown([length])} bytes: at most {MOST_BODY_BYTES} are taken"
        return 200, ""

    @staticmethod
    def _allowed(values: Iterable[bytes]) -> str:
        return " or ".join(sorted(value.decode() for value in values))

    async def _refuse(self, scope: Scope, send: Send, status: int, reason: str) -> None:
        if scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": CLOSE_REFUSED, "reason": reason[:120]})
            return
        headers = [(b"content-type", b"text/plain; charset=utf-8"), (b"connection", b"close"), *self._headers]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": f"{reason}\n".encode()})


def _values(headers: Iterable[tuple[bytes, bytes]], name: bytes) -> list[bytes]:
    return [value for key, value in headers if key == name]


def _shown(values: list[bytes]) -> str:
    return repr(b", ".join(values).decode("latin-1"))[:80]


def _headers(port: int) -> list[tuple[bytes, bytes]]:
    sockets = " ".join(f"ws://{name}:{port}" for name in NAMES)
    policy = {
        "default-src": "'self'",
        "connect-src": f"'self' {sockets}",
        "img-src": "'self' data:",
        "object-src": "'none'",
        "base-uri": "'none'",
        "form-action": "'none'",
        "frame-ancestors": "'none'",
    }
    headers = {
        "content-security-policy": "; ".join(f"{name} {value}" for name, value in policy.items()),
        "x-content-type-options": "nosniff",
        "referrer-policy": "no-referrer",
        "cross-origin-opener-policy": "same-origin",
        "cross-origin-resource-policy": "same-origin",
        "permissions-policy": "midi=(self), camera=(), microphone=(), geolocation=()",
        "cache-control": "no-cache",
    }
    return [(name.encode(), value.encode()) for name, value in headers.items()]
