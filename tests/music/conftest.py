"""What several tests of this room share."""

from pathlib import Path

import pytest

COLLECTION = Path(__file__).parents[3] / "shared" / "data" / "jam-examples"


@pytest.fixture
def jam_examples() -> list[Path]:
    """Ten real files; the test is skipped where the collection is not beside the checkout."""
    files = sorted(COLLECTION.glob("*.mid"))
    if not files:
        pytest.skip(f"no MIDI collection at {COLLECTION}")
    return files


@pytest.fixture
def blues_bytes() -> bytes:
    """The packaged example, as bytes."""
    return (Path(__file__).parents[2] / "copilot" / "examples" / "blues.mid").read_bytes()
