"""Work over static buffers → the same work, started at once. On a CPU, or on Metal, it is the work itself."""

# Half of torch is not typed.
# mypy: disable-error-code="no-untyped-call"

from collections.abc import Callable

import torch

Work = Callable[[], None]
"""Reads and writes tensors that stay where they are, in shapes that stay what they are, and asks the host nothing."""

Capture = Callable[[Work], Work]


def as_it_is(work: Work) -> Work:
    """For devices without graphs: what a graph would hold runs line by line."""
    return work


def capture_for(device: torch.device) -> Capture:
    """How work is held on that device."""
    return _Graphs(device) if device.type == "cuda" else as_it_is


class _Graphs:
    """CUDA (and HIP) graphs that share one pool of memory: they run one after another, and keep nothing in it."""

    def __init__(self, device: torch.device) -> None:
        self._device = device
        self._pool = torch.cuda.graph_pool_handle()

    def __call__(self, work: Work) -> Work:
        """Run the work twice, so that libraries choose their kernels, then record it. Its effects are to be void."""
        aside = torch.cuda.Stream(self._device)
        aside.wait_stream(torch.cuda.current_stream(self._device))
        with torch.cuda.stream(aside):
            for _ in range(2):
                work()
        torch.cuda.current_stream(self._device).wait_stream(aside)
        graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(graph, pool=self._pool):
            work()
        replay: Work = graph.replay
        return replay
