"""Machine code that is kept: the process that compiles it and those that find it on disk compute the same."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

_PLAY = """
import hashlib, sys
from pathlib import Path
import numpy as np
from copilot.decode.numba_decoder import NumbaDecoder

decoder = NumbaDecoder.load(Path(sys.argv[1]), 512, weights="int8")
ids = np.random.default_rng(1).integers(0, 500, 400).tolist()
rows = [decoder.append(ids[:110])] + [decoder.append([token]) for token in ids[110:]]
print(hashlib.sha256(np.stack(rows).tobytes()).hexdigest())
"""
BUNDLE = Path(__file__).resolve().parents[2] / "copilot" / "bundles" / "default"


@pytest.mark.slow
def test_the_first_start_of_a_machine_plays_as_later_ones(tmp_path: Path) -> None:
    """With nothing compiled yet, and with all of it on disk: the same logits to the bit."""
    environment = os.environ | {"NUMBA_CACHE_DIR": str(tmp_path)}
    command = [sys.executable, "-c", _PLAY, str(BUNDLE)]
    first, later = (
        subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout
        for _ in range(2)
    )
    assert list(tmp_path.rglob("*.nbc"))
    assert first == later
