"""Bundles that can be changed to while the music plays, by plain names."""

from pathlib import Path

from copilot.errors import ParameterError
from copilot.live.presets import NAME
from copilot.model.bundle import SHIPPED, shipped_bundle_path

GIVEN = "given"
"""The bundle that the copilot was started with."""


class Models:
    """The bundles in a folder, each in a folder of its own, beside those that ship and the one that was given."""

    def __init__(self, folder: Path, given: Path | None = None) -> None:
        self._folder, self._given = folder, given

    def names(self) -> list[str]:
        """All that can be asked for."""
        inside = self._folder.iterdir() if self._folder.is_dir() else ()
        found = [path.name for path in inside if (path / "bundle.json").is_file() and not path.is_symlink()]
        own = {name for name in found if NAME.fullmatch(name)} - {*SHIPPED, GIVEN}
        return [*SHIPPED, *([GIVEN] if self._given else []), *sorted(own)]

    def path(self, name: str) -> Path:
        """Where a bundle lies. Raises ParameterError for a name that is none."""
        if name in SHIPPED:
            return shipped_bundle_path(name)
        if name == GIVEN and self._given:
            return self._given
        if name not in self.names():
            raise ParameterError(f"no model is called {name!r:.80}: there are {', '.join(self.names())}")
        return self._folder / name
