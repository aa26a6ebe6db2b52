"""What a run says of itself, step by step: log.jsonl, and the same figures for TensorBoard."""

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Self

from copilot.errors import TrainingError
from copilot.files import write_whole
from training.loop.board import Board

Line = Mapping[str, float]
Report = Callable[[dict[str, float]], None]


class RunLog:
    """Writes each line to `directory`/log.jsonl and tensorboard/, and hands it to `report`.

    A run that goes on from `step` first forgets what was written of later steps. Only the main process `writes`.
    """

    def __init__(self, directory: Path, step: int, report: Report, writes: bool) -> None:
        self._path, self._report, self._writes = directory / "log.jsonl", report, writes
        if not writes:
            return
        if self._path.exists():
            write_whole(self._path, b"".join(_until(self._path.read_bytes(), step)), TrainingError)
        self._file = self._path.open("ab", buffering=0)
        self._board = Board(directory / "tensorboard", step)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._writes:
            self._file.close()
            self._board.close()

    def add(self, line: dict[str, float]) -> None:
        """Take one line; it has a `step`."""
        if not self._writes:
            return
        self._file.write(json.dumps(line).encode() + b"\n")
        self._board.add(int(line["step"]), {name: value for name, value in line.items() if name != "step"})
        self._report(line)


def _until(log: bytes, step: int) -> list[bytes]:
    """The whole lines of steps up to `step`: the last one may have been cut off."""
    kept = []
    for line in log.splitlines(keepends=True):
        try:
            if line.endswith(b"\n") and json.loads(line)["step"] <= step:
                kept.append(line)
        except (ValueError, KeyError):
            continue
    return kept
