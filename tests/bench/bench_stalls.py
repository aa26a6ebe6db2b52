"""How slow a token is after a rest, asleep and kept warm, by the length of the rest. Prints, never fails.

    python tests/bench/bench_stalls.py

The shipped model, where its worker stands; the rest of what stalls is in `copilot bench stalls`. Beside it, what a
collection of garbage costs a daemon's heap: that of `copilot run` once it has imported and opened what it needs.
"""

import gc
import importlib
import time

from copilot.bench.stalls import after_rest, one_decoder, step_ms
from copilot.engine.place import stand_back

RESTS_MS = (1, 3, 10, 30, 100)
SECONDS_EACH = 4.0


def collections() -> None:
    """A row for the daemon: its modules are most of its heap."""
    importlib.import_module("copilot.commands.run")
    gc.collect()
    rows = []
    for freeze in (False, True):
        if freeze:
            gc.freeze()
        began_s = time.perf_counter()
        gc.collect()
        rows.append((time.perf_counter() - began_s) * 1e3)
    gc.unfreeze()
    print(f"a full collection in the daemon: {rows[0]:.1f} ms, {rows[1]:.3f} ms once frozen")


def main() -> None:
    """Print a row for each rest."""
    collections()
    stand_back("alone")
    decoder = one_decoder()
    warm_ms = sorted(step_ms(decoder) for _ in range(400))[200]
    print(f"a warm step: {warm_ms:.3f} ms")
    print(f"{'rest, ms':>9}{'asleep, ms':>12}{'×':>6}{'kept warm, ms':>15}{'×':>6}")
    for rest_ms in RESTS_MS:
        asleep, kept = after_rest(decoder, rest_ms / 1e3, SECONDS_EACH)
        print(
            f"{rest_ms:>9}{asleep:>12.3f}{asleep / warm_ms:>6.1f}{kept:>15.3f}{kept / warm_ms:>6.1f}",
            flush=True,
        )


if __name__ == "__main__":
    main()
