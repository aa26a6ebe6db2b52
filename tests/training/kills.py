"""A command of the training, killed at random moments and begun again until it is done."""

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).parents[2]
PATIENCE_S = 120
KILLS = int(os.environ.get("COPILOT_TRAIN_KILLS", "2"))
"""Each costs four seconds, until torch is loaded again."""


def lines(run: Path) -> int:
    """Lines of a run's log."""
    log = run / "log.jsonl"
    return log.read_bytes().count(b"\n") if log.exists() else 0


def run_with_kills(arguments: list[str], run: Path, steps: int, *, within_s: float = 0.0) -> None:
    """Run `python -m training …`, SIGKILL it KILLS times amid its `steps` steps, and let the last one end.

    Each kill falls up to `within_s` after a step that is drawn. Every end is the one that was asked for.
    """
    seed = random.randrange(2**32)
    rng = random.Random(seed)
    print(f"seed {seed}")  # shown where the test fails
    command = [sys.executable, "-m", "training", *arguments]
    env = {**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
    for number in (*[signal.SIGKILL] * KILLS, None):
        child = subprocess.Popen(command, cwd=ROOT, env=env, stderr=subprocess.PIPE, text=True)
        if number is not None:
            wanted = lines(run) + rng.randrange(1, steps // (KILLS + 1))
            until = time.monotonic() + PATIENCE_S
            while lines(run) < wanted and child.poll() is None and time.monotonic() < until:
                time.sleep(0.002)
            time.sleep(rng.uniform(0, within_s))
            child.send_signal(number)
        _, said = child.communicate(timeout=PATIENCE_S)
        assert child.returncode == (-number if number else 0), said
