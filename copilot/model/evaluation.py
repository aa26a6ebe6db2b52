"""What `copilot-train evaluate` found out about a bundle, as bundle.json carries it and as people read it."""

import msgspec

FIGURE_LABELS = {
    "nats_per_token": "nats per token",
    "bits_per_note": "bits per note, all parts",
    "bits_per_beat": "bits per beat, all parts",
    "part_bits_per_note": "bits per note, own part",
    "part_bits_per_beat": "bits per beat, own part",
}
"""Their definitions stand in docs/training.md, "What is measured"."""


class Figure(msgspec.Struct, frozen=True):
    """A ratio of sums over songs, and its bootstrap 95% interval; of one song, or of a constant, it has no width."""

    value: float
    low: float
    high: float

    def __str__(self) -> str:
        width = f" ({_short(self.low)}–{_short(self.high)})" if self.low < self.high else ""
        return _short(self.value) + width


class Evaluation(msgspec.Struct, frozen=True, kw_only=True):
    """`figures` by predictor, the bundle's model first, then by name; counts are of what was predicted.

    `config` is the configuration's path as it was given; it, the corpus' hash and the versions of what measured are
    empty where an older copilot did.
    """

    command: str
    split: str
    songs: int
    tokens: int
    notes: int
    part_notes: int
    beats: float
    figures: dict[str, dict[str, Figure]]
    config: str = ""
    corpus_sha256: str = ""
    versions: dict[str, str] = {}

    def describe(self) -> list[tuple[str, str]]:
        """Label and text of each figure, the baselines beside the model."""
        rows = [
            (
                "evaluated on",
                f"{self.songs:,} {self.split} songs: {self.tokens:,} tokens, {self.notes:,} notes "
                f"({self.part_notes:,} of the own part), {self.beats:,.0f} beats",
            )
        ]
        for name, label in FIGURE_LABELS.items():
            texts = [
                str(figures[name]) if number == 0 else f"{predictor} {_short(figures[name].value)}"
                for number, (predictor, figures) in enumerate(self.figures.items())
                if name in figures
            ]
            if texts:
                rows.append((label, "; ".join(texts)))
        return [*rows, ("evaluated by", self.command)]


def _short(value: float) -> str:
    """Three digits: more than any interval bears."""
    return f"{value:.{2 if value < 10 else 1 if value < 100 else 0}f}"
