"""One line of the doctor's table."""

from typing import Literal

import msgspec

State = Literal["ok", "note", "trouble", "problem"]


class Check(msgspec.Struct, frozen=True):
    """What was looked at and what was found.

    A `problem` stops `copilot run`, `trouble` would be heard, or lost, in a jam; a `note` only costs something.
    `todo`: what to do about it; empty where all is well. `heard`: what it means to whoever plays, for the verdict.
    """

    name: str
    state: State
    found: str
    todo: str = ""
    heard: str = ""
