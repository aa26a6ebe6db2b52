"""How late notes leave while worker, daemon and OSC are busy, by each way of keeping time. Prints, never fails.

    python tests/bench/bench_scheduler.py [EVENTS] [spin|priority|sleep|asyncio ...]

EVENTS (100,000) go through each way in turn, 2,000 a second: chords of four keys, one each 4 ms, under the load of
`copilot bench scheduler`. Real-time priority needs the right to it; the last column says what was had.
"""

import asyncio
import sys
from typing import get_args

from copilot.bench.load import full_load
from copilot.bench.scheduler import NOTES_A_CHORD, Lateness, asyncio_timer, play_through
from copilot.midi.precedence import Timing

GAP_S = 0.004
WAYS = (*get_args(Timing), "asyncio")


async def late(way: str, events: int) -> Lateness:
    if way == "asyncio":
        return await asyncio_timer(events * GAP_S / 2 / NOTES_A_CHORD, GAP_S / 2 / NOTES_A_CHORD)
    timing: Timing = next(timing for timing in get_args(Timing) if timing == way)
    return await play_through(events * GAP_S / 2 / NOTES_A_CHORD, GAP_S, timing)


async def main(events: int, ways: tuple[str, ...]) -> None:
    """Print a row for each way."""
    print(
        f"{'ms late':<10}{'events':>8}{'p50':>8}{'p99':>8}{'p99.9':>8}{'worst':>8}{'dropped':>9}{'tokens/s':>10}"
    )
    for way in ways:
        async with full_load() as done:
            began_s, tokens = asyncio.get_running_loop().time(), done.tokens
            found = await late(way, events)
            rate = (done.tokens - tokens) / (asyncio.get_running_loop().time() - began_s)
        figures = "".join(f"{found.quantile_ms(share):>8.3f}" for share in (0.5, 0.99, 0.999, 1.0))
        print(
            f"{way:<10}{len(found.late_ms):>8}{figures}{found.dropped:>9}{rate:>10.0f}   {found.timing}",
            flush=True,
        )


if __name__ == "__main__":
    count = next((int(word) for word in sys.argv[1:] if word.isdigit()), 100_000)
    asyncio.run(main(count, tuple(word for word in sys.argv[1:] if word in WAYS) or WAYS))
