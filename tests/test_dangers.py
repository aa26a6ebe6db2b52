"""Python's own dangers, kept out by reading the source: clocks that step, and processes that are forked."""

import ast
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[1]
WALL_CLOCKS = {
    "copilot/control/osc.py": "OSC's time tags are wall time",
    "copilot/live/journal_writer.py": "a recording says when it began",
    "copilot/live/recorder.py": "recordings are named after the moment",
}


def nodes(folder: str) -> Iterator[tuple[str, ast.AST]]:
    """Every node of every module, with the module's path."""
    for path in sorted((ROOT / folder).rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            yield path.relative_to(ROOT).as_posix(), node


def is_attribute(node: ast.AST, owner: str, *names: str) -> bool:
    """Whether this is `owner.name`."""
    is_owned = isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == owner
    return is_owned and isinstance(node, ast.Attribute) and node.attr in names


def test_no_time_of_the_music_comes_from_a_clock_that_steps() -> None:
    """Wall time is read where it is told to people or other programs, and nowhere else."""
    found = {
        path
        for path, node in nodes("copilot")
        if not path.startswith("copilot/bench/")
        and (is_attribute(node, "time", "time", "time_ns") or is_attribute(node, "datetime", "now", "utcnow"))
    }
    assert found == set(WALL_CLOCKS)


def test_no_process_is_forked() -> None:
    """A fork amid threads keeps their locks locked for ever: what starts a process starts a new interpreter."""
    forked = [
        f"{path}: {ast.unparse(node)}"
        for folder in ("copilot", "training")
        for path, node in nodes(folder)
        if is_attribute(node, "os", "fork", "forkpty", "posix_spawn")
        or is_attribute(node, "multiprocessing", "Process", "Pool", "set_start_method", "Manager")
        or (isinstance(node, ast.keyword) and node.arg == "preexec_fn")
    ]
    assert forked == []


def test_multiprocessing_spawns() -> None:
    """Every context that is asked for is `spawn`'s, by name."""
    asked = [
        ast.unparse(node)
        for folder in ("copilot", "training")
        for _, node in nodes(folder)
        if isinstance(node, ast.Call) and is_attribute(node.func, "multiprocessing", "get_context")
    ]
    assert asked
    assert set(asked) == {"multiprocessing.get_context('spawn')"}
