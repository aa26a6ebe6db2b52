"""What a person sees of the step: how far it is, and at the end what was kept and what was not."""

import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

from training.corpus.records import SPLITS
from training.corpus.store import Manifest

_EVERY_S = 10.0
_FIRST_S = 3.0


@dataclass(slots=True)
class CorpusProgress:
    """Says how far unpacking, reading or packing is, every ten seconds, with the rate and the time left."""

    echo: Callable[[str], None]
    clock: Callable[[], float] = time.monotonic
    _what: str = "files"
    _total: int = 0
    _before: int = 0
    _files: int = 0
    _notes: int = 0
    _began_s: float = 0.0
    _due_s: float = 0.0

    def say(self, what: str) -> None:
        """One line about another part of the step."""
        self.echo(f"corpus: {what}")

    def begin(self, what: str, total: int, done: int) -> None:
        """There are `total` of `what` to do (0: nobody knows), of which an earlier run did `done`."""
        self._what, self._total, self._before, self._files, self._notes = what, total, done, 0, 0
        self._began_s = self.clock()
        self._due_s = self._began_s + _FIRST_S
        if done:
            self.say(f"goes on after {done:,} of {total:,} {what}")

    def told(self, files: int, notes: int) -> None:
        """So many more are done, with so many notes."""
        self._files, self._notes = self._files + files, self._notes + notes
        now_s = self.clock()
        if now_s < self._due_s or not self._files:
            return
        spent_s = now_s - self._began_s
        of_total = f" of {self._total:,}" if self._total else ""
        rate = self._files / spent_s
        rate_text = f"{rate:,.0f}" if rate >= 1 else f"{rate:.1g}"
        line = f"{self._before + self._files:,}{of_total} {self._what}, {rate_text} a second"
        if self._notes:
            line += f", {self._notes / spent_s:,.0f} notes a second"
        if self._total:
            line += f", {(self._total - self._before - self._files) / rate:,.0f} s left"
        self.say(line)
        self._due_s = now_s + _EVERY_S


def table(manifest: Manifest) -> str:
    """Songs kept by source and split, duplicates, and rejects by reason."""
    width = max(len("all"), *(len(source.name) for source in manifest.sources))
    lines = [
        f"{'source':<{width}}"
        + "".join(f"{name:>12}" for name in (*SPLITS, "duplicates", "rejects", "notes"))
    ]

    def line(name: str, counts: list[int]) -> str:
        return f"{name:<{width}}" + "".join(f"{count:>12,}" for count in counts)

    sums = [0] * 6
    reasons = Counter[str]()
    for number, source in enumerate(manifest.sources):
        reasons.update(source.rejects)
        kept = [manifest.splits[name][number] for name in SPLITS]
        counts = [*kept, source.duplicates, sum(source.rejects.values()), source.notes]
        sums = [one + other for one, other in zip(sums, counts, strict=True)]
        lines.append(line(source.name, counts))
    lines.append(line("all", sums))
    if reasons:
        listed = ", ".join(f"{count:,} {reason}" for reason, count in reasons.most_common())
        lines.append(f"rejects: {listed} (rejects.jsonl names each file)")
    return "\n".join(lines)
