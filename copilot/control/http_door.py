"""The door at another address: who shows the token comes in, by a header, or a browser by a cookie.

A program shows `Authorization: Bearer TOKEN` each time. A page can't: a browser opens WebSockets and downloads
without headers of ours. So it shows the token once, in a form or as `/?token=TOKEN`, and gets a cookie: HttpOnly, so
that no script can read it, and SameSite=Strict, so that no other site can make a browser send it. sessionStorage
would be readable by every script of the page, and would put the token into the addresses of WebSockets and downloads.

`/?token=TOKEN` is answered by a redirect to `/`: no page ever stands at that address, so that no link of a page can
carry it in a Referer. The cookie is a digest, not the token: browsers send a machine's cookies to all its ports.
"""

from urllib.parse import parse_qs

from copilot.control.access import Token
from copilot.control.asgi import Message, Receive, Scope, Send, values

ENTER = "/enter"
_MOST_FORM_BYTES = 1024
_PAGE = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="dark light">
<title>copilot</title>
<h1>copilot</h1>
<p>{says}
<form method="post" action="/enter">
<label>Token <input type="password" name="token" autocomplete="current-password" autofocus required></label>
<button>Enter</button>
</form>
<p>On the copilot's machine, <code>copilot token</code> shows it. If you followed a link: <a href="/">go on</a>.
"""


def cookie_name(port: int) -> str:
    """A machine's ports share its cookies: so each copilot's has a name of its own."""
    return f"copilot_{port}"


class Door:
    """Asks for one token. `refused` counts the requests without it."""

    def __init__(self, token: Token, cookie: str) -> None:
        self.refused = 0
        self._token, self._cookie = token, cookie.encode()

    async def opens(self, scope: Scope, receive: Receive, send: Send) -> bool:
        """Whether a request may pass; where it may not, it was answered here."""
        if scope["type"] == "http":
            if scope["path"] == ENTER and scope["method"] == "POST":
                await self._let_in(_token_in(await _form(receive)), send)
                return False
            if scope["path"] == "/" and (given := _token_in(scope["query_string"])) is not None:
                await self._let_in(given, send)
                return False
        if self._knows(scope):
            return True
        self.refused += 1
        if scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008, "reason": "show the token"})
        elif scope["path"] == "/" and scope["method"] == "GET":
            await _ask(send, "This copilot lets in who has its token.")
        else:
            text = b"show the token: Authorization: Bearer TOKEN, which `copilot token` shows\n"
            await _answer(send, 401, [(b"content-type", b"text/plain; charset=utf-8"), _BEARER], text)
        return False

    def _knows(self, scope: Scope) -> bool:
        shown = values(scope["headers"], b"authorization")
        if shown:
            kind, _, given = shown[0].partition(b" ")
            return len(shown) == 1 and kind.lower() == b"bearer" and self._token.is_it(given.strip())
        # What a browser sends of itself speaks for it only where the browser says which page it sends it for.
        changes = scope["type"] == "websocket" or scope["method"] not in ("GET", "HEAD")
        if changes and not values(scope["headers"], b"origin"):
            return False
        pairs = b";".join(values(scope["headers"], b"cookie")).split(b";")
        parted = (pair.strip().partition(b"=") for pair in pairs)
        return any(name == self._cookie and self._token.is_cookie(given) for name, _, given in parted)

    async def _let_in(self, given: bytes | None, send: Send) -> None:
        if given is None or not self._token.is_it(given):
            self.refused += 1
            await _ask(send, "That is not its token.")
            return
        cookie = self._cookie + f"={self._token.cookie}; Path=/; HttpOnly; SameSite=Strict".encode()
        await _answer(send, 303, [(b"location", b"/"), (b"set-cookie", cookie), _UNKEPT], b"")


_BEARER = (b"www-authenticate", b'Bearer realm="copilot"')
_UNKEPT = (b"cache-control", b"no-store")


async def _ask(send: Send, says: str) -> None:
    headers = [
        (b"content-type", b"text/html; charset=utf-8"),
        (
            b"content-security-policy",
            b"default-src 'none'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
        ),
        (b"referrer-policy", b"same-origin"),  # without a referrer a form's Origin would be null
        _BEARER,
        _UNKEPT,
    ]
    await _answer(send, 401, headers, _PAGE.format(says=says).encode())


async def _answer(send: Send, status: int, headers: list[tuple[bytes, bytes]], body: bytes) -> None:
    length = (b"content-length", str(len(body)).encode())
    await send({"type": "http.response.start", "status": status, "headers": [*headers, length]})
    await send({"type": "http.response.body", "body": body})


async def _form(receive: Receive) -> bytes:
    """The body of a form; empty where it is longer than one with a token."""
    body = bytearray()
    while True:
        message: Message = await receive()
        body += message.get("body", b"")
        if message["type"] != "http.request" or len(body) > _MOST_FORM_BYTES:
            return b""
        if not message.get("more_body"):
            return bytes(body)


def _token_in(fields: bytes) -> bytes | None:
    """What `token` is in a query or a form; None where it is not there."""
    try:
        found = parse_qs(fields, max_num_fields=8).get(b"token")
    except ValueError:
        return None
    return found[0] if found else None
