"""Encode, decode and the live writer beside miditok over real files, in one run. Never fails.

    python tests/bench/bench_codec.py [FOLDER]

FOLDER defaults to ../shared/data/jam-examples and is read to any depth. copilot/bench/codec.py says what is timed.
"""

import logging
import sys
from pathlib import Path

from copilot.bench.codec import measure

FOLDER = Path(__file__).resolve().parents[3] / "shared" / "data" / "jam-examples"


def main(folder: Path) -> None:
    logging.getLogger("copilot").setLevel(logging.ERROR)
    for files in (sorted(folder.rglob("*.mid")), []):
        section = measure(30.0, files)
        print(section.title, "·", *section.remarks)
        for row in section.rows:
            print(f"  {row.what:<36}{row.figure:<28}{row.ratio:<22}{row.beside}")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else FOLDER)
