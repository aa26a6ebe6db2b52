"""Files that appear whole."""

from pathlib import Path

import pytest

from copilot.errors import InputError, MidiFileError
from copilot.files import write_whole


def test_new_content_replaces_the_old(tmp_path: Path) -> None:
    """The file holds the new bytes, anyone may read it, and nothing lies beside it."""
    path = tmp_path / "a.bin"
    path.write_bytes(b"old")
    write_whole(path, b"new")
    assert path.read_bytes() == b"new"
    assert path.stat().st_mode & 0o777 == 0o644
    assert list(tmp_path.iterdir()) == [path]


def test_failure_raises_the_given_error_and_leaves_nothing(tmp_path: Path) -> None:
    """A directory in the way is told in one line of the caller's kind."""
    (tmp_path / "taken").mkdir()
    with pytest.raises(MidiFileError, match=r"taken: can't be written .*: make room, or give another place"):
        write_whole(tmp_path / "taken", b"x", MidiFileError)
    with pytest.raises(InputError):
        write_whole(tmp_path / "no" / "a", b"x")
    assert [path.name for path in tmp_path.iterdir()] == ["taken"]
