"""What a bundle's own files hold: bundle.json and codec.json as records, and every file's name."""

from typing import Any

import msgspec

from copilot.model.evaluation import Evaluation

SCHEMA = 1
CONFIG, WEIGHTS, TOKENIZER, CODEC, MANIFEST = (
    "config.json", "model.safetensors", "tokenizer.json", "codec.json", "bundle.json",
)  # fmt: skip
FILES = (CONFIG, WEIGHTS, TOKENIZER, CODEC)
"""Every file beside bundle.json, whose hashes it carries."""

ENGINE = "token"


class Source(msgspec.Struct, frozen=True, kw_only=True):
    """One collection that the model learnt from: `songs` of it, and its `share` of the windows drawn.

    `synthetic` marks what a program wrote and nobody played.
    """

    name: str
    license: str
    url: str = ""
    citation: str = ""
    songs: int = 0
    share: float = 0.0
    synthetic: bool = False


class Sampling(msgspec.Struct, frozen=True, kw_only=True):
    """How to sample where nobody says otherwise."""

    temperature: float = 0.9
    top_p: float = 0.95


class Manifest(msgspec.Struct, frozen=True, kw_only=True):
    """bundle.json. `window` is in tokens; `tokens_per_bar` and `tokens_per_s` were measured on held-out songs.

    `metrics` are the training's own quick figures; `evaluation` is there once `copilot-train evaluate --write` was.
    """

    schema: int
    name: str
    engine: str
    window: int
    tokens_per_bar: float
    tokens_per_s: float
    sampling: Sampling
    sources: tuple[Source, ...]
    training: dict[str, Any]
    metrics: dict[str, float]
    metrics_command: str = ""
    evaluation: Evaluation | None = None
    sha256: dict[str, str]

    def __post_init__(self) -> None:
        if self.window < 1 or not (self.tokens_per_bar > 0 and self.tokens_per_s > 0):
            raise ValueError("window, tokens_per_bar and tokens_per_s must be positive")


class CodecFile(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """codec.json: which codec, and the vocabulary that tokenizer.json must give."""

    name: str
    params: dict[str, int | bool]
    vocab_size: int
    vocab_sha256: str
