"""Words ↔ token ids: a byte-level BPE learnt on event text, in which no token ever spans two words.

Event text is words, each followed by one space. The space ends a word's last token, so no word's ids begin
another's, and ids never change when text is appended: the key-value cache depends on that.
"""

import hashlib
from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray
from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers, trainers

from copilot.codec.masks import leading
from copilot.codec.words import WordTable
from copilot.errors import VocabularyError


def train_tokenizer(texts: Iterable[str], table: WordTable, vocab_size: int) -> Tokenizer:
    """A BPE of at most `vocab_size` entries, learnt on lines of event text.

    Metadata words are special tokens, one id each. Words are kept apart before any merge is counted, so neither
    anchor and offset nor anything across a time word can become one token.
    """
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(" ", "merged_with_previous"),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=vocab_size,
        special_tokens=[AddedToken(text, rstrip=True, normalized=False) for text in table.specials],
        show_progress=False,
    )

    def lines() -> Iterable[str]:
        yield " ".join(table.texts[table.meta_end :]) + " "  # every letter that any word needs
        yield from texts

    tokenizer.train_from_iterator(lines(), trainer=trainer)
    return tokenizer


class Vocabulary:
    """Every word's ids, and the tree of them that a sampler walks.

    Words are sorted by their ids, so the words under a tree node are one range.
    Raises VocabularyError where a word can't be spelt.
    """

    def __init__(self, tokenizer: Tokenizer, table: WordTable) -> None:
        self.tokenizer = tokenizer
        self.table = table
        self.size: int = tokenizer.get_vocab_size()
        self.ids: list[tuple[int, ...]] = [self._spell(word) for word in range(len(table))]
        self.pad_id = self.ids[table.pad][0]
        self.longest = max(map(len, self.ids))  # ids of the longest word
        order = sorted(range(table.pad + 1, len(table)), key=self.ids.__getitem__)
        self._order = np.asarray(order)
        self._children: list[tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]] = []
        self._steps: list[dict[int, int]] = []
        self._grow(order, 0, len(order), 0)
        self.sha256 = self._hash()

    def encode(self, words: Iterable[int]) -> list[int]:
        """The ids of a sequence of words."""
        ids = self.ids
        return [token for word in words for token in ids[word]]

    def step(self, node: int, token: int) -> tuple[int, int]:
        """Walk the tree by one id: (next node, -1), or (0, word) where a word is complete.

        Node 0 is the root. Raises VocabularyError where no word goes on with that id.
        """
        following = self._steps[node].get(token)
        if following is None:
            raise VocabularyError(f"id {token} continues no word here: these ids are of another vocabulary")
        return (0, ~following) if following < 0 else (following, -1)

    def words(self, ids: Sequence[int]) -> list[int]:
        """The words of whole ids. Raises VocabularyError for ids that end inside a word."""
        words, node = [], 0
        for token in ids:
            node, word = self.step(node, token)
            if word >= 0:
                words.append(word)
        if node:
            raise VocabularyError("the ids end inside a word: cut them at a word's end")
        return words

    def leading(self, node: int, words: NDArray[np.bool_]) -> NDArray[np.int64]:
        """The ids that may follow at a tree node so that an allowed word can still be completed, ascending.

        `words`: bool (words,).
        """
        ids: NDArray[np.int64] = leading(words, self._order, *self._children[node])
        return ids

    def allowed(self, node: int, words: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """The same as a row: bool (size,)."""
        mask = np.zeros(self.size, dtype=np.bool_)
        mask[self.leading(node, words)] = True
        return mask

    def _spell(self, word: int) -> tuple[int, ...]:
        text = self.table.texts[word]
        if word < self.table.meta_end:
            token = self.tokenizer.token_to_id(text)
            if token is None:
                raise VocabularyError(f"the tokenizer has no {text}: it was made for another codec")
            return (token,)
        encoding = self.tokenizer.encode(text + " ", add_special_tokens=False)
        if "".join(encoding.tokens) != text + "Ġ":
            raise VocabularyError(f"the tokenizer can't spell {text!r}: it was made for another codec")
        return tuple(encoding.ids)

    def _grow(self, order: list[int], low: int, high: int, depth: int) -> int:
        """Add the node whose words are order[low:high]; returns its number."""
        if len(self.ids[order[low]]) == depth:
            texts = f"{self.table.texts[order[low]]} and {self.table.texts[order[low + 1]]}"
            raise VocabularyError(f"the tokenizer can't tell {texts} apart: it was made for another codec")
        node = len(self._children)
        self._children.append((np.empty(0, np.int64),) * 3)
        self._steps.append({})
        tokens, lows, highs = [], [], []
        start = low
        while start < high:
            token = self.ids[order[start]][depth]
            end = start + 1
            while end < high and self.ids[order[end]][depth] == token:
                end += 1
            tokens.append(token)
            lows.append(start)
            highs.append(end)
            if end == start + 1 and len(self.ids[order[start]]) == depth + 1:
                self._steps[node][token] = ~order[start]
            else:
                self._steps[node][token] = self._grow(order, start, end, depth + 1)
            start = end
        self._children[node] = (np.asarray(tokens), np.asarray(lows), np.asarray(highs))
        return node

    def _hash(self) -> str:
        digest = hashlib.sha256()
        for text, ids in zip(self.table.texts, self.ids, strict=True):
            digest.update(f"{text} {' '.join(map(str, ids))}\n".encode())
        return digest.hexdigest()
