"""What recording asks of the disk, and the folders that are the user's own."""

import os
import shutil
import statistics
import tempfile
import time
from pathlib import Path

from copilot.commands.doctor.check import Check
from copilot.files import user_data_folder

_WRITES, _WRITE_BYTES = 20, 4096
"""A band makes 1.4 KB in the half second between two writes."""
_HOUR_BYTES = 10 * 2**20
"""What a band takes (docs/recordings.md)."""
_LEAST_HOURS = 4.0
_SLOW_MS = 500.0
"""Recordings go to the disk twice a second: one that takes longer never has the last second."""


def check_disk(record: Path | None) -> Check:
    """Whether a recording would be on the disk within a second, and for how many hours there is room."""
    folder = _existing(record or user_data_folder() / "recordings")
    try:
        took_ms = _write_often(folder)
        free = shutil.disk_usage(folder).free
    except OSError as error:
        todo = "make it writable for you, or name another with --record or dir under [record]"
        heard = "nothing would be recorded"
        return Check("disk", "trouble", f"{folder}: {error.strerror}", todo, heard)
    typical, worst, hours = statistics.median(took_ms), max(took_ms), free / _HOUR_BYTES
    found = (
        f"{folder}: {free / 2**30:,.1f} GB free, a band's music for {hours:,.0f} hours; a write is safe after "
        f"{typical:.1f} ms, {worst:.1f} at worst of {_WRITES}"
    )
    if hours < _LEAST_HOURS:
        todo = "make room, or record on another disk (--record)"
        return Check("disk", "trouble", found, todo, f"recording would stop after {hours:.1f} hours")
    if typical > _SLOW_MS:
        todo = "record on another disk (--record): music goes on, but a power cut would cost seconds of it"
        return Check("disk", "trouble", found, todo, "the last seconds would not be on the disk")
    if worst > _SLOW_MS:
        return Check("disk", "note", found, "end what else writes, or record on another disk (--record)")
    return Check("disk", "ok", found, heard=f"recordings have room for {hours:,.0f} hours")


def _write_often(folder: Path) -> list[float]:
    """How long each write took until the disk had it, in ms."""
    took_ms = []
    with tempfile.TemporaryFile(dir=folder) as file:
        for _ in range(_WRITES):
            began_s = time.perf_counter()
            file.write(os.urandom(_WRITE_BYTES))
            file.flush()
            os.fsync(file.fileno())
            took_ms.append((time.perf_counter() - began_s) * 1000)
    return took_ms


def check_folders() -> Check:
    """Whether what the page and OSC keep for the user can be kept."""
    folders = [_existing(user_data_folder() / name) for name in ("presets", "recordings", "bundles")]
    shut = [folder for folder in dict.fromkeys(folders) if not os.access(folder, os.W_OK | os.X_OK)]
    if shut:
        names = ", ".join(map(str, shut))
        todo = "make it yours (chown, chmod u+rwx), or name another in $COPILOT_DATA"
        return Check(
            "permissions", "trouble", f"{names} is not writable for you", todo, "presets would not be kept"
        )
    return Check("permissions", "ok", f"presets, recordings and bundles can be kept in {user_data_folder()}")


def _existing(folder: Path) -> Path:
    """The folder, or the first one above it that is there: the rest would be made."""
    folder = folder.expanduser().absolute()
    return next((each for each in (folder, *folder.parents) if each.is_dir()), folder)
