"""All that was measured as one JSON object: dotted keys for figures, beside what they were measured on."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from copilot.bench.run import Outcome
from copilot.bench.section import Section
from copilot.bench.verdict import verdict


@dataclass(frozen=True, slots=True)
class Report:
    """What one run of `copilot bench` found."""

    machine: dict[str, str | int | None]
    outcomes: Sequence[Outcome]
    took_s: float

    @property
    def figures(self) -> dict[str, float | None]:
        """By key. Those that a subject promises are always there: None where a peer is missing or it failed."""
        found: dict[str, float | None] = {}
        for outcome in self.outcomes:
            found |= dict.fromkeys(outcome.subject.keys)
            found |= dict(outcome.section.keys) if outcome.section else {}
        return found

    @property
    def verdict(self) -> Section | None:
        """Which models and tempi this machine can carry; None without a decoder's figures."""
        return verdict(self.figures)

    @property
    def failed(self) -> dict[str, str]:
        """Why, by the name of the subject."""
        return {o.subject.name: o.failed for o in self.outcomes if o.section is None}

    def as_object(self) -> dict[str, Any]:
        """What --json prints. Figures have four digits: more is noise."""
        told = self.verdict
        figures = self.figures | (dict(told.keys) if told else {})
        return {
            "machine": self.machine,
            "took_s": round(self.took_s, 1),
            "subjects_took_s": {o.subject.name: round(o.took_s, 1) for o in self.outcomes},
            "failed": self.failed,
            **{key: None if value is None else float(f"{value:.4g}") for key, value in figures.items()},
        }
