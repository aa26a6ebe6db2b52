"""A genre word made louder: the model is heard with the word and without it, and what the word changes counts more.

Classifier-free guidance (Ho, Salimans 2022; for language models Sanchez et al. 2023) of the window's first word. Once
a part has begun, its own past says more of its style than a word can (training/LOG.md, section 12).
"""

from collections.abc import Sequence

from copilot.codec.vocabulary import Vocabulary
from copilot.decode.decoder import Branches, Decoder, Logits


def genre_ids(vocab: Vocabulary) -> frozenset[int]:
    """The ids of the genre words; each is one."""
    return frozenset(
        vocab.ids[word][0] for word, text in enumerate(vocab.table.texts) if text.startswith("[GENRE_")
    )


class GuidedDecoder:
    """A Decoder: `asked`, and beside it a plain twin of it, which is never told the genre.

    Logits are plain + strength · (asked − plain). The twin is made when a genre is first asked for. It computes
    nothing while the window names no genre or `strength` is 1, and catches up when that changes: then, and at each
    step with a genre, the cost is twice as high.
    """

    def __init__(self, asked: Decoder, genres: frozenset[int]) -> None:
        self.strength = 1.0
        self._asked = asked
        self._genres = genres
        # The twin: it holds a beginning of what is held after the genre word, or nothing.
        self._plain: Decoder | None = None

    @property
    def ids(self) -> list[int]:
        """See Decoder."""
        return self._asked.ids

    def append(self, ids: Sequence[int]) -> Logits:
        """See Decoder."""
        return self._guided(self._asked.append(ids))

    def mark(self) -> int:
        """See Decoder."""
        return self._asked.mark()

    def rewind(self, mark: int) -> None:
        """See Decoder."""
        self._asked.rewind(mark)
        if self._plain is not None and self._plain.mark() >= mark:
            self._plain.rewind(max(0, mark - 1))

    def prepare(self, ids: Sequence[int]) -> None:
        """See Decoder."""
        self._asked.prepare(ids)
        if self._guides(ids):
            self._twin().prepare(ids[1:])
        elif self._plain is not None:
            self._plain.prepare([])

    def rebase(self, ids: Sequence[int]) -> Logits:
        """See Decoder."""
        logits = self._asked.rebase(ids)
        if self._guides(ids):
            return self._mixed(logits, self._twin().rebase(ids[1:]))
        if self._plain is not None:
            self._plain.rewind(0)
        return logits

    def fork(self, n: int) -> Branches:
        """See Decoder. Branches are not guided."""
        return self._asked.fork(n)

    def twin(self) -> Decoder:
        """See Decoder. It is not guided."""
        return self._asked.twin()

    def _guides(self, ids: Sequence[int]) -> bool:
        return self.strength != 1.0 and len(ids) > 1 and ids[0] in self._genres

    def _guided(self, logits: Logits) -> Logits:
        held = self._asked.ids
        if not self._guides(held):
            return logits
        plain = self._twin()
        return self._mixed(logits, plain.append(held[1 + plain.mark() :]))

    def _twin(self) -> Decoder:
        if self._plain is None:
            self._plain = self._asked.twin()
        return self._plain

    def _mixed(self, asked: Logits, plain: Logits) -> Logits:
        mixed: Logits = plain + self.strength * (asked - plain)
        return mixed
