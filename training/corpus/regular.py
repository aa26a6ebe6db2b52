"""Only regular files are read: opening a FIFO waits for a writer who may never come, and a device need not end."""

import errno
import os
import stat
from pathlib import Path
from typing import BinaryIO

_KINDS = {
    stat.S_IFDIR: "a folder", stat.S_IFIFO: "a FIFO", stat.S_IFSOCK: "a socket",
    stat.S_IFCHR: "a device", stat.S_IFBLK: "a device",
}  # fmt: skip


def oddity(mode: int) -> str:
    """What keeps a file of this `st_mode` from being read; empty where nothing does."""
    if stat.S_ISREG(mode):
        return ""
    return f"it is {_KINDS.get(stat.S_IFMT(mode), 'something')}, not a file"


def open_regular(path: Path) -> BinaryIO:
    """Open a file for reading, without ever waiting. Raises OSError where it can't be, or is no regular file."""
    file = open(path, "rb", opener=lambda name, flags: os.open(name, flags | os.O_NONBLOCK))  # noqa: SIM115
    if odd := oddity(os.fstat(file.fileno()).st_mode):
        file.close()
        raise OSError(errno.EINVAL, odd)
    return file
