"""Which bundle a command plays: the default, one that ships by its name, or a folder."""

import shutil
from pathlib import Path

import pytest

from copilot.commands.model import open_bundle
from copilot.errors import BundleError
from copilot.model.bundle import shipped_bundle_path


def test_a_bundle_that_ships_is_opened_by_its_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Wherever one stands; nothing at all is the default."""
    monkeypatch.chdir(tmp_path)
    assert open_bundle(None).manifest.name == open_bundle(Path("default")).manifest.name == "default"
    large = open_bundle(Path("large"))
    assert (large.manifest.name, large.path) == ("large", shipped_bundle_path("large"))
    with pytest.raises(BundleError, match="huge"):
        open_bundle(Path("huge"))


def test_a_folder_comes_before_a_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who has a folder called large, and says large in it, means the folder."""
    monkeypatch.chdir(tmp_path)
    shutil.copytree(shipped_bundle_path("default"), tmp_path / "large")
    assert open_bundle(Path("large")).manifest.name == "default"
