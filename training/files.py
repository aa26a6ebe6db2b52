"""Files that are whole or not there, and what a folder of them holds in one figure."""

import hashlib
from pathlib import Path

from copilot.errors import InputError


def write_whole(path: Path, data: bytes) -> None:
    """Write beside and rename: a reader sees the old file or the new one."""
    beside = path.with_name(f".{path.name}.part")
    beside.write_bytes(data)
    beside.replace(path)


def folder_sha256(folder: Path) -> str:
    """One hash over the names and bytes of a folder's files, at any depth; of nothing where there is none."""
    digest = hashlib.sha256()
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        digest.update(f"{path.relative_to(folder).as_posix()}\n".encode())
        with path.open("rb") as file:
            digest.update(hashlib.file_digest(file, "sha256").digest())
    return digest.hexdigest()


def make_folder(folder: Path) -> Path:
    """The folder, made with those above it where it lacks. Raises InputError, one line, where it can't be made."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(f"{folder}: can't be made ({error.strerror}): give another place") from None
    return folder
