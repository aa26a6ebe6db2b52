"""Token ids → logits, over a key-value cache."""

from collections.abc import Callable, Sequence
from copy import copy, deepcopy
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from transformers import Olmo2ForCausalLM

Logits = NDArray[np.float32]


class Branches(Protocol):
    """Continuations of what a decoder held when it was forked, over one past. `ids`: the own tokens of each.

    The decoder must not be changed meanwhile; it may always be rewound to where it was and used again without them.
    """

    ids: list[list[int]]

    def append(self, tokens: Sequence[int]) -> Logits:
        """One token for each branch, in one pass over the weights. Returns float32 (branches, vocab)."""

    def keep(self, branch: int) -> None:
        """The decoder goes on as this branch: it holds its tokens too."""


class Decoder(Protocol):
    """A causal model and one cache."""

    @property
    def ids(self) -> list[int]:
        """The tokens that the cache holds, oldest first."""

    def append(self, ids: Sequence[int]) -> Logits:
        """Take in tokens (at least one): a prefill, a slice or one step. Returns the last one's logits (vocab,)."""

    def mark(self) -> int:
        """A place to come back to: the number of tokens held."""

    def rewind(self, mark: int) -> None:
        """Forget everything after a mark, at a cost that does not depend on how much that is."""

    def prepare(self, ids: Sequence[int]) -> None:
        """The window will be `ids`, and what comes to stand after them, after the next flush: get it ready meanwhile.

        Said anew whenever `ids` grow or change. A fast decoder takes them in beside the tokens appended from now on,
        a bounded slice a pass; a slow one may do nothing.
        """

    def rebase(self, ids: Sequence[int]) -> Logits:
        """The flush: forget everything and take in `ids` from position 0, as far as they were not prepared."""

    def fork(self, n: int) -> Branches:
        """So many continuations of what is held."""

    def twin(self) -> "Decoder":
        """Another over the same weights, with a cache of its own that holds nothing yet; as warm as this one."""


class TransformersDecoder:
    """Olmo2 as transformers runs it: the definition of correct that a faster decoder must match.

    Not safe to share between threads.
    """

    def __init__(self, model: "Olmo2ForCausalLM") -> None:
        import torch
        from transformers import DynamicCache

        self.ids: list[int] = []
        self._torch = torch
        self._model = model.eval()  # type: ignore[no-untyped-call]
        self._new_cache: Callable[[], Any] = lambda: DynamicCache(config=model.config)
        self._cache = self._new_cache()

    def append(self, ids: Sequence[int]) -> Logits:
        """See Decoder."""
        torch = self._torch
        with torch.inference_mode():
            output = self._model(
                input_ids=torch.tensor([list(ids)]),  # (1, time)
                cache=self._cache,
                use_cache=True,
                logits_to_keep=1,
            )
        self.ids.extend(ids)
        logits: Logits = output.logits[0, -1].float().numpy()  # (vocab,)
        return logits

    def mark(self) -> int:
        """See Decoder."""
        return len(self.ids)

    def rewind(self, mark: int) -> None:
        """See Decoder."""
        surplus = len(self.ids) - mark
        if surplus > 0:
            self._cache.crop(-surplus)
            del self.ids[mark:]

    def prepare(self, ids: Sequence[int]) -> None:
        """See Decoder. Does nothing: a stop-the-world flush is the definition of correct."""

    def fork(self, n: int) -> "TransformersBranches":
        """See Decoder."""
        return TransformersBranches(self, n)

    def twin(self) -> "TransformersDecoder":
        """See Decoder."""
        return TransformersDecoder(self._model)

    def rebase(self, ids: Sequence[int]) -> Logits:
        """See Decoder."""
        self._cache = self._new_cache()
        self.ids.clear()
        return self.append(ids)


class TransformersBranches:
    """Each branch steps alone, over a copy of the cache."""

    def __init__(self, decoder: TransformersDecoder, n: int) -> None:
        self.ids: list[list[int]] = [[] for _ in range(n)]
        self._decoder = decoder
        self._copies = [copy(decoder) for _ in range(n)]
        for branch in self._copies:
            branch.ids = decoder.ids[:]
            branch._cache = deepcopy(decoder._cache)

    def append(self, tokens: Sequence[int]) -> Logits:
        """See Branches."""
        logits = []
        for branch, mine, token in zip(self._copies, self.ids, tokens, strict=True):
            logits.append(branch.append([token]))
            mine.append(token)
        return np.stack(logits)

    def keep(self, branch: int) -> None:
        """See Branches."""
        self._decoder._cache = self._copies[branch]._cache
        self._decoder.ids.extend(self.ids[branch])


def continue_from(decoder: Decoder, ids: Sequence[int]) -> Logits:
    """Make the decoder hold exactly `ids`, keeping the prefix that it already holds; returns the last logits."""
    held, common = decoder.ids, 0
    for ours, theirs in zip(held, ids, strict=False):
        if ours != theirs:
            break
        common += 1
    common = min(common, len(ids) - 1)  # the last token is taken again where its logits are gone
    decoder.rewind(common)
    return decoder.append(ids[common:])
