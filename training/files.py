"""Files that are whole or not there."""

from pathlib import Path


def write_whole(path: Path, data: bytes) -> None:
    """Write beside and rename: a reader sees the old file or the new one."""
    beside = path.with_name(f".{path.name}.part")
    beside.write_bytes(data)
    beside.replace(path)
