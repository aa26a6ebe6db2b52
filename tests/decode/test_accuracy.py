"""The shipped model in few bits predicts music as well as in floats: within half a percent, or two, of the bits."""

from pathlib import Path

import numpy as np
import pytest

from copilot.decode.kinds import WeightKind

from ..bench.bench_accuracy import FOLDER, bits_of_piece

MOST_EXCESS: dict[WeightKind, float] = {"int8": 0.005, "int4": 0.06}
kinds = pytest.mark.parametrize("kind", MOST_EXCESS)


@kinds
def test_the_packaged_blues(kind: WeightKind) -> None:
    """On the example that is always there."""
    blues = Path(__file__).parents[2] / "copilot" / "examples" / "blues.mid"
    _, floats, rounded = bits_of_piece(blues, most_tokens=512, kind=kind)
    assert rounded / floats - 1 < MOST_EXCESS[kind]


@pytest.mark.data
@pytest.mark.skipif(not FOLDER.is_dir(), reason=f"{FOLDER} is not there")
@kinds
def test_held_out_pieces(kind: WeightKind) -> None:
    """All the pieces that people try the copilot with and no training saw, together."""
    rows = [bits_of_piece(path, most_tokens=1024, kind=kind) for path in sorted(FOLDER.glob("*.mid"))]
    _, floats, rounded = np.sum(rows, axis=0)
    assert rounded / floats - 1 < MOST_EXCESS[kind]
