"""Where a training run keeps its things: one directory, outside the repository."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Places:
    """The run's directory and what lies in it."""

    out_dir: Path

    @property
    def corpus(self) -> Path:
        """Songs as arrays."""
        return self.out_dir / "corpus"

    @property
    def tokenizer(self) -> Path:
        """tokenizer.json, README.md and figures.json."""
        return self.out_dir / "tokenizer"

    @property
    def study(self) -> Path:
        """The small models of `tokenizer-study`, a folder for each of its settings."""
        return self.out_dir / "tokenizer-study"

    @property
    def run(self) -> Path:
        """Checkpoints and log.jsonl."""
        return self.out_dir / "pretrain"

    @property
    def finetune(self) -> Path:
        """The adapters' checkpoints and log.jsonl, and in base/ the model that they adapt."""
        return self.out_dir / "finetune"

    @property
    def bundle(self) -> Path:
        """The exported bundle."""
        return self.out_dir / "bundle"
