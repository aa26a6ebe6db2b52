"""One line of the table."""

from typing import Literal

import msgspec

State = Literal["ok", "note", "problem"]


class Check(msgspec.Struct, frozen=True):
    """What was looked at and what was found. A `problem` stops `copilot run`, a `note` only costs something.

    `todo`: what to do about it; empty where all is well.
    """

    name: str
    state: State
    found: str
    todo: str = ""
