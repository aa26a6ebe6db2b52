"""The shipped model in bytes predicts music as well as in floats: within half a percent of the bits."""

from pathlib import Path

import numpy as np
import pytest

from copilot.decode.kernels.lanes import DOT_LANES

from ..bench.bench_accuracy import FOLDER, bits_of_piece

pytestmark = pytest.mark.skipif(not DOT_LANES, reason="this processor has no dot product of bytes")

MOST_EXCESS = 0.005


def test_the_packaged_blues() -> None:
    """On the example that is always there."""
    _, floats, in_bytes = bits_of_piece(
        Path(__file__).parents[2] / "copilot" / "examples" / "blues.mid", most_tokens=512
    )
    assert in_bytes / floats - 1 < MOST_EXCESS


@pytest.mark.data
@pytest.mark.skipif(not FOLDER.is_dir(), reason=f"{FOLDER} is not there")
def test_held_out_pieces() -> None:
    """All the pieces that people try the copilot with and no training saw, together."""
    rows = [bits_of_piece(path, most_tokens=1024) for path in sorted(FOLDER.glob("*.mid"))]
    _, floats, in_bytes = np.sum(rows, axis=0)
    assert in_bytes / floats - 1 < MOST_EXCESS
