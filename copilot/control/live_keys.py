"""The keys that pages hold down: each is let go, whatever becomes of its page. Pure."""

from collections.abc import Callable, Hashable
from dataclasses import dataclass, field

Play = Callable[[int, int, int], None]
"""Channel, pitch, velocity: 0 is a note-off."""

MOST_HELD = 128
"""Keys that a page may hold at once."""


@dataclass(slots=True)
class Keys:
    """Who holds which key. A key that two hold sounds until both have let it go."""

    play: Play
    _held: dict[tuple[int, int], set[Hashable]] = field(default_factory=dict)

    def touch(self, page: Hashable, channel: int, pitch: int, velocity: int) -> bool:
        """Strike a key, or let it go (0); False where the page holds too many to strike another."""
        if not velocity:
            self._let_go(page, (channel, pitch))
            return True
        if len(self.of(page)) >= MOST_HELD and page not in self._held.get((channel, pitch), ()):
            return False
        self._held.setdefault((channel, pitch), set()).add(page)
        self.play(channel, pitch, velocity)
        return True

    def of(self, page: Hashable) -> list[tuple[int, int]]:
        """Channel and pitch of all that a page holds."""
        return [key for key, pages in self._held.items() if page in pages]

    def leave(self, page: Hashable) -> None:
        """The page is gone: let go all that it holds."""
        for key in self.of(page):
            self._let_go(page, key)

    def _let_go(self, page: Hashable, key: tuple[int, int]) -> None:
        pages = self._held.get(key)
        if pages is None or page not in pages:
            return
        pages.discard(page)
        if not pages:
            del self._held[key]
            self.play(*key, 0)
