"""Files that appear whole or not at all."""

import os
import tempfile
from pathlib import Path

from copilot.errors import InputError


def write_whole(path: Path | str, data: bytes, error: type[InputError] = InputError) -> None:
    """Write `data` beside `path`, then rename: a reader finds the old file or the new one, never a half.

    Raises `error`, one line, if it can't be written there; nothing is left behind then.
    """
    path = Path(path)
    try:
        handle, beside = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=".part")
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(data)
            Path(beside).chmod(0o644)  # mkstemp makes files that only their owner may read
            Path(beside).replace(path)
        finally:
            Path(beside).unlink(missing_ok=True)
    except OSError as failure:
        raise error(f"{path}: can't be written ({failure.strerror}): give another place") from None
