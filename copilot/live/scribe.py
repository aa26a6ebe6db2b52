"""Who writes down what happens to a session, while it is recorded."""

from collections.abc import Callable
from dataclasses import dataclass

from copilot.live import records as record
from copilot.live.journal import JournalWriter
from copilot.live.records import Event, Record


@dataclass(slots=True)
class Scribe:
    """Writes into `journal`, or nothing where it is None. Belongs to the session's thread."""

    journal: JournalWriter | None

    def write(self, kind: Callable[..., Record], at_s: float, *what: object) -> None:
        """A record of a kind, at a moment of the session's clock."""
        if self.journal is not None:
            self.journal.append(kind(self.journal.elapsed_s(at_s), *what))

    def note(self, what: Event, at_s: float) -> None:
        """Something happened."""
        self.write(record.Happened, at_s, what)

    @property
    def recording(self) -> str:
        """The name of the recording that is being made; empty where there is none, or it could not go on."""
        return "" if self.journal is None or self.journal.error else self.journal.path.stem

    @property
    def error(self) -> str:
        """Why recording has stopped, though nobody stopped it; empty where it has not."""
        return (self.journal.error or "") if self.journal is not None else ""
