"""Presets: the panel's sound and steering by name, one small TOML file each."""

import re
from pathlib import Path

from copilot.errors import ConfigError, ParameterError
from copilot.files import make_folder, write_whole
from copilot.live.config import load_config
from copilot.panel import Panel, Value, as_toml

GROUPS = ("part", "sound", "steering", "sampling", "planning")
"""What a preset holds: how the copilot plays, and not whether it does, in whose time and with whom."""

NAME = re.compile(r"[a-z0-9_-]{1,64}")
MOST_PRESETS = 1000


class Presets:
    """A folder of presets. Names are plain, so that none can lead anywhere else."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def names(self) -> list[str]:
        """All that are there, sorted."""
        if not self._folder.is_dir():
            return []
        paths = [path for path in self._folder.glob("*.toml") if path.is_file() and not path.is_symlink()]
        return sorted(path.stem for path in paths if NAME.fullmatch(path.stem))

    def stamp(self) -> int:
        """Another number after a preset was saved or deleted, by whomever: cheap to ask for."""
        try:
            return self._folder.stat().st_mtime_ns
        except OSError:
            return 0

    def save(self, name: str, panel: Panel) -> None:
        """Keep the panel as it is now, in place of what had the name. Raises ConfigError."""
        path = self._path(name)
        if path.is_symlink():
            raise ConfigError(f"preset {name} is a link: choose another name")
        if len(self.names()) >= MOST_PRESETS and not path.exists():
            raise ConfigError(f"there are {MOST_PRESETS} presets already: save over one of them")
        make_folder(self._folder)
        write_whole(path, as_toml(panel, GROUPS).encode(), ConfigError)

    def load(self, name: str) -> dict[str, Value]:
        """The values of a preset. Raises ConfigError where there is none, or it is no preset of ours."""
        if self._path(name).is_symlink() or name not in self.names():
            there = ", ".join(self.names()[:20]) or "none yet"
            raise ConfigError(f"no preset is called {name}: there are {there}")
        values: dict[str, Value] = load_config(self._path(name)).panel
        return values

    def _path(self, name: str) -> Path:
        if not NAME.fullmatch(name):
            raise ParameterError(f"preset name {name!r:.80}: a to z, 0 to 9, _ and -, at most 64")
        return self._folder / f"{name}.toml"
