"""Folders that are whole or not there."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from safetensors import SafetensorError

from copilot.errors import ConfigError, InputError


def make_folder(folder: Path) -> Path:
    """The folder, made with those above it where it lacks. Raises InputError, one line, where it can't be made."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(f"{folder}: can't be made ({error.strerror}): give another place") from None
    return folder


@contextmanager
def whole_folder(path: Path) -> Iterator[Path]:
    """A folder to write into, which takes its place at `path` once all is written, or is gone.

    Raises ConfigError, one line, where the disk won't take it.
    """
    beside = path.with_name(f".{path.name}.part")
    shutil.rmtree(beside, ignore_errors=True)
    try:
        beside.mkdir(parents=True)
        yield beside
        shutil.rmtree(path, ignore_errors=True)
        beside.rename(path)
    except (OSError, SafetensorError) as error:
        raise ConfigError(f"{path}: can't be written ({error}): make room, or give another place") from None
    finally:
        shutil.rmtree(beside, ignore_errors=True)
