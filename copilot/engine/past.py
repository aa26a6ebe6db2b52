"""The true past as ids, and what will be left of it after the next flush."""

from dataclasses import dataclass, field

from copilot.codec.grid import GridCodec
from copilot.codec.words import Header
from copilot.decode.window import choose_cut, settled_cut
from copilot.engine.snapshot import PastState


@dataclass(slots=True)
class Past:
    """What was heard and committed, under pinned words. A flush is due once it is longer than `threshold` ids.

    `fresh`: ids since the last imagining; None where what was imagined belongs to another past.
    """

    codec: GridCodec
    threshold: int
    ids: list[int]
    header: Header
    flushes: int = 0
    fresh: list[int] | None = None
    is_bare: bool = True  # nothing has happened since it began
    _at: int = 0
    _head: list[int] = field(default_factory=list)  # of the window to come; empty while its cut is open
    _next_header: Header = field(default_factory=Header)

    def extend(self, ids: list[int]) -> None:
        """Something has happened."""
        self.ids += ids
        self.is_bare = self.is_bare and not ids
        if self.fresh is not None:
            self.fresh += ids

    def begin(self, ids: list[int], header: Header) -> None:
        """Forget everything: the window is `ids` now."""
        self.ids, self.header, self.fresh, self._head = list(ids), header, None, []
        self.is_bare = True

    def repin(self, header: Header) -> None:
        """Say other pinned words. Where to cut is asked anew, since they move the indices."""
        self.ids = self.codec.repinned(self.ids, header)
        self.header, self.fresh, self._head = header, None, []

    def foresee(self, header: Header) -> list[int]:
        """The window after the next flush as far as it is known; empty while it is open where to cut.

        It is pinned with `header` as it is at the first call that knows.
        """
        if not self._head and len(self.ids) > self.threshold // 2:
            at = settled_cut(self.codec.cuts(self.ids), self.threshold)
            if at is not None:
                self._settle(at, header)
        return self._head + self.ids[self._at :] if self._head else []

    def flush(self, header: Header) -> bool:
        """Keep only the newer half, as foreseen. False where no bar line allows it."""
        self.flushes += 1
        if not self.foresee(header):
            at = choose_cut(self.codec.cuts(self.ids), self.threshold)
            if at is None:
                return False
            self._settle(at, header)
        self.ids, self.header = self._head + self.ids[self._at :], self._next_header
        self._head = []
        return True

    def _settle(self, at: int, header: Header) -> None:
        kept = self.codec.repinned(self.codec.cut(self.ids, at), header)
        self._at, self._head, self._next_header = at, kept[: len(kept) - (len(self.ids) - at)], header

    def state(self) -> PastState:
        """For a snapshot."""
        return PastState(
            self.ids,
            self.header,
            self.flushes,
            self.fresh,
            self.is_bare,
            self._at,
            self._head,
            self._next_header,
        )

    def restore(self, state: PastState) -> None:
        """Be as it was."""
        self.ids, self.header, self.flushes, self.fresh = state.ids, state.header, state.flushes, state.fresh
        self.is_bare = state.is_bare
        self._at, self._head, self._next_header = state.at, state.head, state.next_header
