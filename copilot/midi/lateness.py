"""How late things were: a histogram of fixed size, fed from one thread and read from another."""

_STEP_MS = 0.05
_STEPS = 2000


class Lateness:
    """Counts by steps of 0.05 ms up to 100 ms; quantiles are exact to a step, the maximum exactly."""

    def __init__(self) -> None:
        self._counts = [0] * (_STEPS + 1)
        self.count = 0
        self.max_ms = 0.0

    def add(self, late_ms: float) -> None:
        """Count one; what was early counts as on time."""
        self._counts[min(_STEPS, max(0, int(late_ms / _STEP_MS)))] += 1
        self.count += 1
        self.max_ms = max(self.max_ms, late_ms)

    def quantile_ms(self, share: float) -> float:
        """The lateness that `share` (0–1) of all stay within; 0 without any, the maximum beyond 100 ms."""
        wanted = share * self.count
        seen = 0
        for step, count in enumerate(self._counts[:_STEPS]):
            seen += count
            if seen and seen >= wanted:
                return min(self.max_ms, (step + 1) * _STEP_MS)
        return self.max_ms
