"""What a sender of MIDI clock sends."""

import random
from collections.abc import Iterator

JITTER_S = 0.002


def pulses(tempo_bpm: float, count: int, start_s: float = 0.0, seed: int | None = None) -> Iterator[float]:
    """Moments of clock pulses, with up to ±2 ms of jitter where a seed is given."""
    generator = random.Random(seed)
    for index in range(count):
        jitter_s = 0.0 if seed is None else generator.uniform(-JITTER_S, JITTER_S)
        yield start_s + index * 60 / tempo_bpm / 24 + jitter_s
