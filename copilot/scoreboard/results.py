"""Results on disk: a line of JSON each, appended as they come, so that a run that was killed goes on."""

import os
from pathlib import Path
from types import TracebackType

import msgspec

from copilot.errors import InputError
from copilot.files import make_folder, write_whole
from copilot.scoreboard.jobs import Job, Plan, Result

RESULTS, PLAN = "results.jsonl", "plan.json"
_decoder = msgspec.json.Decoder(Result)


class Results:
    """The results of one folder. A context manager: while it is open, results may be added."""

    def __init__(self, folder: Path, plan: Plan, *, resume: bool) -> None:
        """Begin, or (`resume`) go on. Raises InputError: results of another plan are there, or can't be written."""
        self.path = folder / RESULTS
        self.done: dict[Job, Result] = {}
        make_folder(folder)
        if self.path.exists() and not resume:
            raise InputError(f"{folder}: has results already: go on with --resume, or give another folder")
        if self.path.exists():
            _check_same(folder / PLAN, plan)
            self.done = {result.job: result for result in _whole_lines(self.path)}
        write_whole(folder / PLAN, msgspec.json.format(msgspec.json.encode(plan)) + b"\n")
        try:
            self._file = self.path.open("ab", buffering=0)
        except OSError as error:
            raise InputError(
                f"{self.path}: can't be written ({error.strerror}): give another place"
            ) from None

    def add(self, result: Result) -> None:
        """Append a result; from here on a kill doesn't lose it."""
        self.done[result.job] = result
        try:
            self._file.write(msgspec.json.encode(result) + b"\n")
        except OSError as error:
            raise InputError(f"{self.path}: can't be written ({error.strerror}): make room") from None

    def __enter__(self) -> "Results":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()


def _check_same(path: Path, plan: Plan) -> None:
    try:
        before = msgspec.json.decode(path.read_bytes(), type=Plan)
    except (OSError, msgspec.MsgspecError) as error:
        raise InputError(f"{path}: can't be gone on from ({error}): give another folder") from None
    for name in Plan.__struct_fields__:
        was, now = getattr(before, name), getattr(plan, name)
        if was != now:
            raise InputError(
                f"{path.parent}: its results have {name} {was!r}, asked for is {now!r}: "
                "give the same, or another folder"
            )


def _whole_lines(path: Path) -> list[Result]:
    """The results in a file; a last line that a kill left torn is cut off. A line that failed is tried again."""
    data = path.read_bytes()
    whole = data[: data.rfind(b"\n") + 1]
    if len(whole) < len(data):
        os.truncate(path, len(whole))
    try:
        results = [_decoder.decode(line) for line in whole.splitlines()]
    except msgspec.MsgspecError as error:
        raise InputError(f"{path}: a line is not ours ({error}): give another folder") from None
    return [result for result in results if not result.failed]
