"""Files that appear whole or not at all, are on the disk, and are the ones that they were."""

import errno
import hashlib
import os
import re
import stat
import sys
import tempfile
from pathlib import Path
from typing import BinaryIO

from copilot.errors import CopilotError, InputError

_UNSAFE = re.compile(r"[^A-Za-z0-9._-]+")


def write_whole(path: Path | str, data: bytes, error: type[CopilotError] = InputError) -> None:
    """Write `data` beside `path`, then rename: a reader finds the old file or the new one, never a half.

    Raises `error`, one line, if it can't be written there; nothing is left behind then.
    """
    try:
        put_whole(path, data)
    except OSError as failure:
        reason = failure.strerror or failure
        raise error(f"{path}: can't be written ({reason}): make room, or give another place") from None


def put_whole(path: Path | str, data: bytes, mode: int = 0o644) -> None:
    """`write_whole` for a caller that has its own line for the disk: raises OSError, and leaves nothing behind then.

    Who may read it is `mode`'s to say; until it is whole, its owner alone. The name beside `path` is the call's own:
    several processes may write the same file.
    """
    path = Path(path)
    handle, beside = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=".part")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
        Path(beside).chmod(mode)  # mkstemp makes files that only their owner may read
        Path(beside).replace(path)
    finally:
        Path(beside).unlink(missing_ok=True)


def sync(path: Path) -> None:
    """Wait until a file, or a folder's list of them, would survive a power cut. Raises OSError."""
    if os.name == "nt" and path.is_dir():
        return  # Windows opens no folders
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def open_plain(path: Path) -> tuple[BinaryIO, int]:
    """A regular file that is no link, open to be read, and its size now. Raises OSError."""
    if path.is_symlink():
        raise OSError(errno.ELOOP, "it is a link, and may lead anywhere", str(path))
    # O_NOFOLLOW: nor did it become one meanwhile. O_NONBLOCK: a pipe of that name would wait for its writer.
    flags = (
        os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
    )
    handle = os.open(path, flags)
    try:
        found = os.fstat(handle)
        if not stat.S_ISREG(found.st_mode):
            raise OSError(errno.EINVAL, "it is no file", str(path))
        return os.fdopen(handle, "rb"), found.st_size
    except BaseException:
        os.close(handle)
        raise


def file_sha256(path: Path) -> str:
    """SHA-256 of a file, in hexadecimal. Raises OSError."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def user_cache_folder() -> Path:
    """Where this user keeps what can be found out again; $COPILOT_CACHE overrides it. It may not be there yet."""
    return _user_folder("COPILOT_CACHE", "~/Library/Caches", "XDG_CACHE_HOME", "~/.cache")


def user_data_folder() -> Path:
    """Where this user keeps presets and recordings; $COPILOT_DATA overrides it. It may not be there yet."""
    return _user_folder("COPILOT_DATA", "~/Library/Application Support", "XDG_DATA_HOME", "~/.local/share")


def _user_folder(override: str, mac: str, xdg: str, linux: str) -> Path:
    if given := os.environ.get(override):
        return Path(given).expanduser()
    if sys.platform == "darwin":
        base = mac
    elif sys.platform == "win32":
        base = os.environ.get("LOCALAPPDATA", "~/AppData/Local")
    else:
        base = os.environ.get(xdg) or linux
    return Path(base).expanduser() / "midi-copilot"


def make_folder(folder: Path) -> Path:
    """The folder, made with those above it where it lacks. Raises InputError, one line, where it can't be made."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(f"{folder}: can't be made ({error.strerror}): give another place") from None
    return folder


def safe_stem(text: str) -> str:
    """A text as the stem of a file's name: what is no letter, digit, dot, dash or underscore becomes one."""
    return _UNSAFE.sub("_", text)
