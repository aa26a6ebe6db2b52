"""Files and folders that are whole or not there."""

from pathlib import Path

from copilot.errors import InputError


def write_whole(path: Path, data: bytes) -> None:
    """Write beside and rename: a reader sees the old file or the new one."""
    beside = path.with_name(f".{path.name}.part")
    beside.write_bytes(data)
    beside.replace(path)


def make_folder(folder: Path) -> Path:
    """The folder, made with those above it where it lacks. Raises InputError, one line, where it can't be made."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(f"{folder}: can't be made ({error.strerror}): give another place") from None
    return folder
