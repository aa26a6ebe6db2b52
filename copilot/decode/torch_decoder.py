"""Olmo2 on a GPU: one CUDA graph a step. The same code runs without graphs on Metal, and on a CPU in the tests."""

# Half of torch is not typed.
# mypy: disable-error-code="no-untyped-call"

from collections.abc import Sequence
from itertools import takewhile
from typing import Self

import numpy as np
import torch
from numpy.typing import NDArray

from copilot.decode.checkpoint import Source
from copilot.decode.decoder import Logits
from copilot.decode.torch_branches import TorchBranches
from copilot.decode.torch_graph import capture_for
from copilot.decode.torch_lanes import Lanes, pinned, synchronize
from copilot.decode.torch_sampling import sample_on_device
from copilot.decode.torch_step import Network, read_network
from copilot.errors import ParameterError

SHADOW_SLICE = 16
"""Most tokens that the shadow takes in after a slice of the live cache: about the cost of one more step."""


class TorchDecoder:
    """A Decoder over two static caches: the live one, and a shadow that becomes it at the flush.

    While a window is prepared, each step takes one token of it along as a second row of the same pass over the
    weights. Not safe to share between threads.
    """

    def __init__(self, net: Network) -> None:
        device = net.head.device
        self.ids: list[int] = []
        self._net = net
        self._capture = capture_for(device)
        self._lanes = Lanes(net, 2, self._capture)
        self._live = 0  # the row of `ids`; the other one holds `_shadow`
        self._shadow: list[int] = []
        self._future: list[int] = []
        self._logits_after = 0  # the number of ids after which the live row's logits stand
        self._branches: Lanes | None = None
        # Sampling: its inputs here and on the device, a graph for each row, and the id on its way back.
        how_kind = torch.float32 if device.type == "mps" else torch.float64
        self._bias = torch.zeros(len(net.head), dtype=torch.float32, device=device)
        self._how = torch.zeros(3, dtype=how_kind, device=device)
        self._host_bias, self._host_how = pinned(self._bias), pinned(self._how)
        self._host_id = pinned(self._lanes.tokens[:1])
        self._samplers = [self._capture(lambda row=row: self._sample(row)) for row in (0, 1)]  # type: ignore[misc]

    @classmethod
    def load(cls, source: Source, max_tokens: int, device: str) -> Self:
        """Read config.json and model.safetensors: bfloat16 on a GPU, float32 on a CPU. Raises BundleError.

        device: as torch names it, `cuda` (ROCm's too), `mps` or `cpu`.
        """
        kind = torch.float32 if device == "cpu" else torch.bfloat16
        return cls(read_network(source, max_tokens, torch.device(device), kind))

    @property
    def step_bytes(self) -> int:
        """Bytes of weights that one step reads."""
        return self._net.step_bytes

    def warm_up(self) -> None:
        """Record every graph of a step, so that none is recorded while music plays. Before anything is taken in."""
        if not self.ids:
            self._lanes.make_ready([(0, 1), (1, 2), (0, 2)])
            self._lanes.fetch(0, 2)

    def append(self, ids: Sequence[int]) -> Logits:
        """See Decoder. Raises ParameterError for too many ids or none, VocabularyError for a foreign one.

        Nothing is taken in where it raises.
        """
        return self._take(self._lanes.checked(ids, len(self.ids)))

    def mark(self) -> int:
        """See Decoder."""
        return len(self.ids)

    def rewind(self, mark: int) -> None:
        """See Decoder."""
        del self.ids[mark:]  # what the cache holds beyond its length is never looked at

    def prepare(self, ids: Sequence[int]) -> None:
        """See Decoder. Costs a comparison; the work comes with the steps. Raises as append does, but not for none."""
        self._future = self._lanes.checked(ids, 0) if ids else []
        if self._future[: len(self._shadow)] != self._shadow:
            del self._shadow[_common(self._shadow, self._future) :]

    def rebase(self, ids: Sequence[int]) -> Logits:
        """See Decoder. Raises as append does."""
        taken = self._lanes.checked(ids, 0)
        kept = min(
            _common(self._shadow, taken), len(taken) - 1
        )  # the last is taken again: its logits are gone
        if kept:
            self._live = 1 - self._live
        self.ids[:] = taken[:kept]
        self._shadow.clear()
        self._future.clear()
        return self._take(taken[kept:])

    def fork(self, n: int) -> TorchBranches:
        """See Decoder. Copies the cache n times, on the device. Raises ParameterError for none."""
        if n < 1:
            raise ParameterError(f"{n} branches: fork into at least one")
        lanes = self._branches
        if lanes is None or lanes.cache.shape[2] != n:
            lanes = self._branches = Lanes(self._net, n, self._capture)
        held = len(self.ids)
        lanes.cache[:, :, :, :, :held] = self._lanes.cache[:, :, self._live : self._live + 1, :, :held]
        return TorchBranches(lanes, n, held, self._adopt)

    def twin(self) -> "TorchDecoder":
        """See Decoder. Records graphs of its own, which takes a second on a GPU."""
        twin = TorchDecoder(self._net)
        twin.warm_up()
        return twin

    def _adopt(self, row: int, tokens: Sequence[int]) -> None:
        """Go on as a branch that took in `tokens` after what is held."""
        lanes = self._branches
        held = slice(len(self.ids), len(self.ids) + len(tokens))
        if tokens and lanes is not None:
            self._lanes.cache[:, :, self._live, :, held] = lanes.cache[:, :, row, :, held]
            self._lanes.logits[self._live] = lanes.logits[row]
            self.ids.extend(tokens)
            self._logits_after = len(self.ids)

    def sample_and_step(
        self,
        allowed: NDArray[np.bool_],
        *,
        temperature: float,
        top_p: float,
        uniform: float,
        urge: NDArray[np.float32] | None = None,
    ) -> int:
        """Draw an id from the logits of the last append and take it in; returns it while the step still runs.

        What `sample(logits + urge, allowed, ...)` gives where its generator's next number is `uniform`, so the
        host draws that only where more than one id is allowed and the temperature is above 0. allowed: bool
        (vocab,), at least one true; urge: float32 (vocab,). The caller looks up what may follow while the device
        is at work: nothing but the id, eight bytes, comes back. Raises ParameterError where the window is full, or
        where nothing was appended since a rewind.
        """
        if self._logits_after != len(self.ids) or not self.ids:
            raise ParameterError("no logits stand after a rewind: append a token before one is sampled")
        self._lanes.check_room(1, len(self.ids))
        bias = self._host_bias.numpy()
        bias[:] = 0.0 if urge is None else urge
        bias[~allowed] = -np.inf
        self._host_how[:] = torch.tensor((temperature, top_p, uniform), dtype=self._how.dtype)
        self._bias.copy_(self._host_bias, non_blocking=True)
        self._how.copy_(self._host_how, non_blocking=True)
        first, stop, longest = self._place(0)  # whatever id: it is drawn on the device
        self._samplers[self._live]()
        row = slice(self._live, self._live + 1)
        self._host_id.copy_(self._lanes.tokens[row], non_blocking=True)
        drawn = torch.cuda.Event() if self._bias.is_cuda else None
        if drawn is not None:
            drawn.record()
        self._lanes.step(first, stop, longest)
        if drawn is not None:
            drawn.synchronize()
        else:
            synchronize(self._bias.device)
        token = int(self._host_id[0])
        self._stepped(token, stop - first == 2)
        return token

    def _take(self, ids: list[int]) -> Logits:
        if len(ids) == 1:
            first, stop, longest = self._place(ids[0])
            self._lanes.step(first, stop, longest)
            self._stepped(ids[0], stop - first == 2)
            return self._fetch()
        self._lanes.take(self._live, ids, len(self.ids))
        self.ids.extend(ids)
        self._logits_after = len(self.ids)
        logits = self._fetch()
        pending = self._future[len(self._shadow) :][:SHADOW_SLICE]
        if pending:  # begun now, and on a GPU done while the caller thinks
            self._lanes.take(1 - self._live, pending, len(self._shadow))
            self._shadow.extend(pending)
        return logits

    def _place(self, token: int) -> tuple[int, int, int]:
        """Fill a step's inputs. Returns the rows, [first, stop), and how long the longer of them will be."""
        live, held = self._live, len(self.ids)
        if len(self._shadow) == len(self._future):
            self._lanes.place([token], [held], first=live)
            return live, live + 1, held + 1
        pair = [(token, held), (self._future[len(self._shadow)], len(self._shadow))]
        tokens, positions = zip(*(pair if live == 0 else pair[::-1]), strict=True)
        self._lanes.place(tokens, positions)
        return 0, 2, max(positions) + 1

    def _stepped(self, token: int, with_shadow: bool) -> None:
        self.ids.append(token)
        self._logits_after = len(self.ids)
        if with_shadow:
            self._shadow.append(self._future[len(self._shadow)])

    def _sample(self, row: int) -> None:
        lanes = self._lanes
        lanes.tokens[row : row + 1] = sample_on_device(lanes.logits[row], self._bias, self._how)

    def _fetch(self) -> Logits:
        logits: Logits = self._lanes.fetch(self._live, self._live + 1)[0]
        return logits


def _common(one: Sequence[int], other: Sequence[int]) -> int:
    """How many of the first ids are the same."""
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(one, other, strict=False)))
