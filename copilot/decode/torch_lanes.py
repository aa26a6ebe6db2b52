"""A few rows that step together on a device, each over a cache of its own."""

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from copilot.decode.decoder import Logits
from copilot.decode.torch_graph import Capture, Work
from copilot.decode.torch_step import Network, step_rows, step_slice
from copilot.errors import ParameterError, VocabularyError

BUCKETS = (256, 512, 1024, 2048)
"""Lengths of cache that a step may look at: a short context must not pay for a long one, and each is a graph."""


class Lanes:
    """`rows` caches of one network, and the graphs that step them. What they hold is its owner's to know.

    Inputs lie in static tensors, filled by one copy from pinned memory. Nothing waits but `fetch`.
    """

    def __init__(self, net: Network, rows: int, capture: Capture) -> None:
        device, vocab = net.head.device, len(net.head)
        self.cache = net.new_cache(rows)
        self.logits = torch.zeros((rows, vocab), dtype=torch.float32, device=device)
        self._net = net
        self._capture = capture
        self._inputs = torch.zeros((2, rows), dtype=torch.int64, device=device)  # tokens, positions
        self._host_inputs = pinned(self._inputs)
        self._host_logits = pinned(self.logits)
        self._graphs: dict[tuple[int, int, int], Work] = {}
        most = len(net.cos)
        self._buckets = (*(bucket for bucket in BUCKETS if bucket < most), most)

    @property
    def tokens(self) -> Tensor:
        """Each row's next token on the device, int64 (rows,): what `place` filled, or a sampler."""
        return self._inputs[0]

    def place(self, tokens: Sequence[int], positions: Sequence[int], first: int = 0) -> None:
        """Say what the rows from `first` on take in next, and where. The copy before must have been made."""
        rows = slice(first, first + len(tokens))
        self._host_inputs[0, rows] = torch.tensor(tokens)
        self._host_inputs[1, rows] = torch.tensor(positions)
        self._inputs.copy_(self._host_inputs, non_blocking=True)

    def step(self, first: int, stop: int, longest: int) -> None:
        """Step rows [first, stop), the longest of which then holds so many tokens; fills their logits."""
        bucket = next(bucket for bucket in self._buckets if bucket >= longest)
        key = (first, stop, bucket)
        if key not in self._graphs:
            self._graphs[key] = self._capture(self._work(*key))
        self._graphs[key]()

    def make_ready(self, spans: Sequence[tuple[int, int]]) -> None:
        """Hold the steps of these [first, stop) ready for every length. Spoils position 0: do it before anything."""
        for first, stop in spans:
            for bucket in self._buckets:
                self.step(first, stop, bucket)

    def take(self, row: int, tokens: Sequence[int], start: int) -> None:
        """A slice of tokens for one row, after the `start` that it holds; fills its logits."""
        ids = torch.tensor(tokens, device=self.cache.device)
        self.logits[row] = step_slice(self._net, self.cache[:, :, row], ids, start)[0]

    def fetch(self, first: int, stop: int) -> NDArray[np.float32]:
        """The logits of rows [first, stop) on the host, float32 (rows, vocab), by one copy and one wait."""
        self._host_logits[first:stop].copy_(self.logits[first:stop], non_blocking=True)
        synchronize(self.cache.device)
        logits: Logits = self._host_logits[first:stop].numpy().copy()
        return logits

    def checked(self, ids: Sequence[int], held: int, steps: int = 0) -> list[int]:
        """Ids that may be taken in by a row that holds so many; `steps`: how many, where each row takes others.

        Raises ParameterError for too many ids or none, VocabularyError for a foreign one.
        """
        self.check_room(steps or len(ids), held)
        if min(ids) < 0 or max(ids) >= len(self._net.head):
            raise VocabularyError(
                f"token ids {min(ids)}–{max(ids)} are outside 0–{len(self._net.head) - 1}, what the model knows"
            )
        return [int(token) for token in ids]

    def check_room(self, count: int, held: int) -> None:
        """Raises ParameterError where so many more tokens don't fit, or none are given."""
        if not 1 <= count <= len(self._net.cos) - held:
            raise ParameterError(
                f"{count} tokens after {held} don't fit a window of {len(self._net.cos)}: "
                "append at least one, and flush before the window is full"
            )

    def _work(self, first: int, stop: int, bucket: int) -> Work:
        cache, logits = self.cache[:, :, first:stop], self.logits[first:stop]
        tokens, positions = self._inputs[:, first:stop]

        def work() -> None:
            logits.copy_(step_rows(self._net, cache, tokens, positions, bucket))

        return work


def pinned(like: Tensor) -> Tensor:
    """A tensor of that shape on the host, from which and to which a GPU copies without help."""
    return torch.zeros_like(like, device="cpu", pin_memory=like.is_cuda)


def synchronize(device: torch.device) -> None:
    """Wait for what was begun there."""
    if device.type == "cuda":
        torch.cuda.current_stream(device).synchronize()
    elif device.type == "mps":
        torch.mps.synchronize()
