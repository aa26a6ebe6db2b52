"""What every request must pass before it reaches anything: ASGI middleware.

A page of another origin may make a browser send requests here: by its own name that it points at this machine (DNS
rebinding: the Host header then names it), or plainly across sites (the Origin header then does). So both are checked
to the letter: Host always, Origin wherever it is sent with something that changes the state or opens a WebSocket. A
browser always sends it then; what sends none is no browser, and as free as any program on this machine.

What comes in at another address than the loopback one shows the token too (see http_door), whatever it asks for.
"""

from collections.abc import Callable, Iterable

from copilot.control.access import LOOPBACK, Outside
from copilot.control.asgi import App, Message, Receive, Scope, Send, values
from copilot.control.http_door import Door, cookie_name

NAMES = (LOOPBACK, "localhost")
SAFE_METHODS = ("GET", "HEAD", "OPTIONS")
MOST_CONNECTIONS = 512
MOST_BODY_BYTES = 64 * 1024
CLOSE_REFUSED = 1008


class Gate:
    """Lets requests to `http://NAME:port` through, and adds to each answer what a browser is to hold to.

    `refused` counts other hosts and origins, `without_token` those who had none, or another, `crowded` those who came
    while more than 512 connections were open.
    """

    def __init__(
        self,
        app: App,
        port: int,
        outside: Outside | None = None,
        connections: Callable[[], int] = lambda: 0,
    ) -> None:
        self.refused = self.crowded = 0
        self._connections = connections
        self._app = app
        self._inside = _Names(NAMES, port)
        self._outside = _Names((outside.address,), port) if outside else None
        self._outside_address = outside.address if outside else None
        self._door = Door(outside.token, cookie_name(port)) if outside else None

    @property
    def without_token(self) -> int:
        """Requests that showed no token where one is asked for."""
        return self._door.refused if self._door else 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """See ASGI."""
        # By where the connection was accepted, which its sender can't choose: the Host header it can.
        is_outside = scope["server"][0] == self._outside_address
        ours = self._outside if is_outside and self._outside else self._inside
        if self._connections() > MOST_CONNECTIONS:
            self.crowded += 1
            await _refuse(scope, send, 503, "too many connections are open: close one", ours.headers)
            return
        status, reason = ours.judge(scope)
        if reason:
            self.refused += 1
            await _refuse(scope, send, status, reason, ours.headers)
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                own = {name for name, _ in message.get("headers", ())}
                more = [header for header in ours.headers if header[0] not in own]
                message["headers"] = [*message.get("headers", ()), *more]
            await send(message)

        if is_outside and self._door and not await self._door.opens(scope, receive, send_with_headers):
            return
        await self._app(scope, receive, send_with_headers)


class _Names:
    """The names that one address answers to, and what follows from them."""

    def __init__(self, names: Iterable[str], port: int) -> None:
        hosts = [f"[{name}]" if ":" in name else name for name in names]
        self._hosts = {f"{host}:{port}".encode() for host in hosts}
        self.headers = _headers([f"{host}:{port}" for host in hosts])
        if port == 80:
            self._hosts |= {host.encode() for host in hosts}  # browsers leave the usual port out
        self._origins = {b"http://" + host for host in self._hosts}

    def judge(self, scope: Scope) -> tuple[int, str]:
        """The status and the reason of a refusal; no reason where it may pass."""
        headers = scope["headers"]
        hosts = values(headers, b"host")
        if len(hosts) != 1 or hosts[0].lower() not in self._hosts:
            return 403, f"Host {_shown(hosts)} is not ours: ask for {_allowed(self._hosts)}"
        changes = scope["type"] == "websocket" or scope["method"] not in SAFE_METHODS
        origins = values(headers, b"origin")
        if changes and any(origin.lower() not in self._origins for origin in origins):
            return (
                403,
                f"Origin {_shown(origins)} is not ours: only {_allowed(self._origins)} may do that",
            )
        for length in values(headers, b"content-length"):
            if not length.isdigit() or int(length[:20]) > MOST_BODY_BYTES:
                return 413, f"a body of {_shown([length])} bytes: at most {MOST_BODY_BYTES} are taken"
        return 200, ""


async def _refuse(
    scope: Scope, send: Send, status: int, reason: str, more: list[tuple[bytes, bytes]]
) -> None:
    if scope["type"] == "websocket":
        await send({"type": "websocket.close", "code": CLOSE_REFUSED, "reason": reason[:120]})
        return
    headers = [(b"content-type", b"text/plain; charset=utf-8"), (b"connection", b"close"), *more]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": f"{reason}\n".encode()})


def _allowed(names: Iterable[bytes]) -> str:
    return " or ".join(sorted(name.decode() for name in names))


def _shown(found: list[bytes]) -> str:
    return repr(b", ".join(found).decode("latin-1"))[:80]


def _headers(hosts: Iterable[str]) -> list[tuple[bytes, bytes]]:
    sockets = " ".join(f"ws://{host}" for host in hosts)
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
