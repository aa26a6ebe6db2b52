"""Rooms import downward only, and the pure ones pull in no event loop, no torch and no ports."""

import ast
import importlib.util
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "copilot"
# From the floor up. The panel stands on music's roles, and so above music.
ROOMS = (
    "errors",
    "compiled",
    "cores",
    "files",
    "ppm",
    "resampling",
    "sockets",
    "wire",
    "music",
    "panel",
    "verbs",
    "codec",
    "model",
    "decode",
    "engine",
    "midi",
    "live",
    "control",
    "scoreboard",
    "bench",
    "commands",
    "cli",
    "__main__",
)
HEAVY = ("asyncio", "torch", "rtmidi")


@pytest.mark.parametrize("room", ["music", "codec", "panel", "verbs"])
def test_a_pure_room_pulls_in_nothing_heavy(room: str) -> None:
    """All modules of the room, imported in a fresh interpreter, load neither asyncio nor torch nor rtmidi."""
    names = [name for name, _ in modules() if name.split(".")[1:2] == [room]]
    assert names
    code = (
        f"import importlib, sys\nfor name in {names}: importlib.import_module(name)\n"
        f"print([name for name in {HEAVY} if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == "[]"


def modules(package: Path = PACKAGE) -> Iterator[tuple[str, Path]]:
    for path in sorted(package.rglob("*.py")):
        parts = path.relative_to(ROOT).with_suffix("").parts
        yield ".".join(parts[:-1] if parts[-1] == "__init__" else parts), path


def imports(name: str, path: Path) -> Iterator[str]:
    """The full names that a module imports, wherever in it."""
    package = name if path.name == "__init__.py" else name.rpartition(".")[0]
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                base = importlib.util.resolve_name("." * node.level + base, package)
            yield from (f"{base}.{alias.name}" for alias in node.names)


def room_of(name: str) -> str | None:
    """The room of a name in our package; None for what is elsewhere, or in the package's own __init__."""
    parts = name.split(".")
    return parts[1] if parts[0] == "copilot" and len(parts) > 1 and parts[1] in ROOMS else None


def test_every_module_stands_in_a_room() -> None:
    """A new room is to be added to the order here and in the design."""
    homeless = [name for name, _ in modules() if name != "copilot" and room_of(name) is None]
    assert homeless == []


def test_rooms_import_downward_only() -> None:
    """No room imports one that stands above it, not even inside a function."""
    upward = [
        f"{name} imports {imported}"
        for name, path in modules()
        for imported in imports(name, path)
        if (target := room_of(imported))
        and (room := room_of(name))
        and ROOMS.index(target) > ROOMS.index(room)
    ]
    assert upward == []


def test_the_package_never_imports_its_training() -> None:
    """Training uses the package, never the other way round."""
    reaching = [
        name for name, path in modules() if any(i.split(".")[0] == "training" for i in imports(name, path))
    ]
    assert reaching == []


def test_training_shares_music_codec_and_model_with_the_package_and_nothing_else() -> None:
    """Errors, files, PPM-C and resampling aside: a training never runs what is live, and needs no decoder."""
    shared = {"music", "codec", "model", "errors", "files", "ppm", "resampling"}
    reaching = [
        f"{name} imports {imported}"
        for name, path in modules(ROOT / "training")
        for imported in imports(name, path)
        if (room := room_of(imported)) and room not in shared
    ]
    assert reaching == []
