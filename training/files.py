"""Folders that are whole or not there."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from safetensors import SafetensorError

from copilot.errors import ConfigError


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
