"""One subject in a process of its own: no thread, no heap and no cache of another one beside it.

    python -m copilot.bench.child MODULE BUDGET_S TARGET

writes the Section as JSON to TARGET. What goes wrong ends it with status 1 and a last line on stderr that says what.
"""

import importlib
import sys
from pathlib import Path

import msgspec

from copilot.bench.section import Section
from copilot.errors import CopilotError


def main(module: str, budget_s: float, target: Path) -> int:
    """Measure and write; returns the exit status."""
    try:
        section: Section = importlib.import_module(module).measure(budget_s)
    except CopilotError as error:  # its line is made for people; any other exception's traceback ends in one
        print(error, file=sys.stderr)
        return 1
    target.write_bytes(msgspec.json.encode(section))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], float(sys.argv[2]), Path(sys.argv[3])))
