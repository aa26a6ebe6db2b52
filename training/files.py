"""Files and folders that are whole or not there."""

import hashlib
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from safetensors import SafetensorError

from copilot.errors import ConfigError


def write_whole(path: Path, data: bytes) -> None:
    """Write beside and rename: a reader sees the old file or the new one."""
    beside = path.with_name(f".{path.name}.part")
    beside.write_bytes(data)
    beside.replace(path)


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


def folder_sha256(folder: Path) -> str:
    """One hash of a folder's own files, by name: a manifest among them speaks for what lies deeper."""
    whole = hashlib.sha256()
    for path in sorted(path for path in folder.iterdir() if path.is_file()):
        with path.open("rb") as file:
            whole.update(f"{path.name} {hashlib.file_digest(file, 'sha256').hexdigest()}\n".encode())
    return whole.hexdigest()
