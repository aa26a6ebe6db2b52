"""The flush in its long form: copilot/bench/flush.py with time for dozens of flushes a window. Never fails.

python tests/bench/bench_flush.py [SECONDS]
"""

import sys

from copilot.bench.flush import measure


def main() -> None:
    section = measure(float(sys.argv[1]) if len(sys.argv) > 1 else 40.0)
    for row in section.rows:
        print(f"{row.what:<46}{row.figure:>10}   {row.beside}   {row.ratio}")
    print(dict(section.keys))


if __name__ == "__main__":
    main()
