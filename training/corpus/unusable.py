"""Why a file gives no song: one word for the count, one line for the list."""

from typing import Literal

Reason = Literal[
    "missing", "unreadable", "too large", "no MIDI", "malformed", "crashes", "hangs", "swells",
    "too few notes", "too long", "off the grid",
    "no pulse", "no beats", "same bytes", "same notes",
]  # fmt: skip


class Unusable(Exception):  # noqa: N818 (a verdict on a file, not an error of ours)
    """A file that gives no song. Costs that file only, and ends up in rejects.jsonl."""

    def __init__(self, reason: Reason, detail: str) -> None:
        super().__init__(f"{reason}: {detail}")
        self.reason: Reason = reason
        self.detail = detail
