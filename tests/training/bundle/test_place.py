"""Where a bundle may go is asked before anything is computed for it."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from copilot.errors import BundleError
from training.cli import cli
from training.config import TrainingConfig


@pytest.mark.parametrize("command", ["export", "merge", "all"])
def test_a_folder_of_something_else_is_refused_first(
    command: str, tmp_path: Path, tiny_config: TrainingConfig, to_toml
) -> None:
    """`--to` a folder with files of the user's: one line before any stage runs, and the files stay."""
    mine = tmp_path / "mine" / "song.mid"
    mine.parent.mkdir()
    mine.write_bytes(b"mine")
    toml, run = to_toml(tiny_config, tmp_path / "tiny.toml"), tmp_path / "run"
    arguments = [command, "--config", str(toml), "--out", str(run), "--to", str(mine.parent)]
    with pytest.raises(BundleError, match=r"holds files and no bundle\.json.*: give another place") as caught:
        CliRunner().invoke(cli, arguments, catch_exceptions=False)
    assert "\n" not in str(caught.value)
    assert mine.read_bytes() == b"mine"
    assert not run.exists()
