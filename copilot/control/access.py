"""Who may come in from elsewhere: the address that is listened on beside the loopback one, and its token.

The token itself is not kept here: only its digest, and what a page's cookie says in its place, which opens a page and
tells nobody the token. So no log, status or traceback can show it.
"""

import hashlib
import hmac
import ipaddress
import os
import re
import secrets
import stat
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

from copilot.errors import InputError
from copilot.files import make_folder, put_whole, user_data_folder

LOOPBACK = "127.0.0.1"
_TOKEN = re.compile(rb"[A-Za-z0-9_-]{32,256}")
_BYTES = 32
"""Of a token that is made here: 256 bits, which nobody guesses, however often they may try."""
_MAX_FILE_BYTES = 1024


@dataclass(frozen=True, slots=True)
class Token:
    """What is to be shown from elsewhere. `cookie`: what a page shows instead, once it has shown the token."""

    _digest: bytes = field(repr=False)
    cookie: str = field(repr=False)

    @classmethod
    def of(cls, text: bytes) -> Self:
        """Raises InputError for what is too short, or no token."""
        if not _TOKEN.fullmatch(text):
            raise InputError(
                "a token has 32 to 256 of A to Z, a to z, 0 to 9, _ and -: `copilot token` makes one"
            )
        return cls(hashlib.sha256(text).digest(), hmac.digest(text, b"copilot page", "sha256").hex())

    def is_it(self, given: bytes) -> bool:
        """Whether this is the token, in a time that tells nothing of it."""
        return hmac.compare_digest(hashlib.sha256(given).digest(), self._digest)

    def is_cookie(self, given: bytes) -> bool:
        """Whether this is the cookie, in a time that tells nothing of it."""
        return hmac.compare_digest(given, self.cookie.encode())


@dataclass(frozen=True, slots=True)
class Outside:
    """An address of this machine that others reach, in numbers, and the token that is asked for there."""

    address: str
    token: Token


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """What was asked for beside the loopback address: where HTTP and OSC are to listen, and what lets in there."""

    listen: str = ""
    token_file: Path | None = None
    osc_listen: str = ""
    osc_senders: tuple[str, ...] = ()

    def http(self) -> Outside | None:
        """Where HTTP is to listen too; None: nowhere. Raises InputError, one line."""
        address = _address("--listen", self.listen)
        if address is None:
            return None
        path = self.token_file or token_path()
        try:
            return Outside(address, read_token(path))
        except FileNotFoundError:
            raise InputError(
                f"--listen {address}: other machines may reach it, and {path} holds no token to tell them apart by: "
                "make one with `copilot token`"
            ) from None

    def osc(self) -> tuple[str | None, frozenset[str]]:
        """Where OSC is to listen too, and to whom. Raises InputError, one line."""
        address = _address("--osc-listen", self.osc_listen)
        senders = frozenset(_number("--osc-from", sender) for sender in self.osc_senders) - {LOOPBACK}
        if address and not senders:
            raise InputError(
                f"--osc-listen {address}: OSC has no token: name whose messages are taken with --osc-from ADDRESS"
            )
        if senders and not address:
            raise InputError("--osc-from: OSC listens on this machine alone: give --osc-listen ADDRESS too")
        return address, senders


def token_path() -> Path:
    """Where this user's token is."""
    return user_data_folder() / "token"


def _address(option: str, asked: str) -> str | None:
    """An address to listen on; None for the loopback address, which is always listened on.

    Raises InputError for a name, and for what stands for every address: the Host header is checked against it.
    """
    if asked in ("", "localhost", LOOPBACK):
        return None
    address = _number(option, asked)
    found = ipaddress.ip_address(address)
    if found.is_unspecified or found.is_multicast or "%" in address:
        raise InputError(
            f"{option} {asked:.80}: give the one address that others are to use, like 192.168.1.5"
        )
    return address


def _number(option: str, asked: str) -> str:
    try:
        return str(ipaddress.ip_address(asked))
    except ValueError:
        raise InputError(f"{option} {asked!r:.80}: give an address in numbers, like 192.168.1.5") from None


def read_token(path: Path) -> Token:
    """The token of a file that nobody else may read. Raises InputError, one line; FileNotFoundError for no file."""
    return Token.of(_read(path))


def show_token(path: Path) -> str:
    """The token itself, for its owner's eyes. Raises as `read_token` does."""
    return _read(path).decode()


def _read(path: Path) -> bytes:
    try:
        handle = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0))
        with os.fdopen(handle, "rb") as file:
            found = os.fstat(handle)
            if os.name == "posix" and stat.S_ISREG(found.st_mode) and found.st_mode & 0o077:
                raise InputError(
                    "others may read the token: chmod 600 it, or make another: `copilot token --new`"
                )
            text = file.read(_MAX_FILE_BYTES).strip()
            Token.of(text)
            return text
    except FileNotFoundError:
        raise
    except OSError as error:
        raise InputError(
            f"{path}: can't be read ({error.strerror}): give a file that holds a token"
        ) from None
    except InputError as error:
        raise InputError(f"{path}: {error}") from None


def make_token(path: Path) -> None:
    """Write a new token, for this user's eyes alone. Raises InputError where it can't be written."""
    make_folder(path.parent)
    try:
        put_whole(path, secrets.token_urlsafe(_BYTES).encode() + b"\n", mode=0o600)
    except OSError as error:
        raise InputError(f"{path}: can't be written ({error.strerror}): give another place") from None
