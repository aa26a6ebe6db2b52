"""The training's one TOML file, typed. Unknown keys are refused, so that a typo can't cost an hour."""

import tomllib
from pathlib import Path
from typing import Literal

import msgspec

from copilot.errors import ConfigError


class CorpusConfig(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Where songs come from. `weights` are each source's share of the windows drawn, in any unit."""

    weights: dict[str, float]
    blues_songs: int = 0
    workers: int = 2
    max_offgrid: float = 0.5


class TokenizerConfig(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The smallest of `sizes` that spells a word in at most `max_ids_per_word` ids is taken."""

    sizes: tuple[int, ...] = (1536, 2048, 2560, 3072)
    max_ids_per_word: float = 1.03
    sample_windows: int = 6000


class ModelConfig(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Where phase 1 begins: from scratch in the shape given here, or from `base`, whose shape then stands.

    `base` is a directory, a model's name on the hub, or a bundle. `train` says what of it learns: all,
    `vocabulary` (embedding and output matrix) or that and the norms. `base_license` is written into the bundle
    where the base's own model card doesn't tell.
    """

    base: str = ""
    base_license: str = ""
    train: Literal["all", "vocabulary", "vocabulary+norms"] = "all"
    hidden: int = 256
    layers: int = 6
    heads: int = 4
    kv_heads: int = 2
    intermediate: int = 640
    rope_theta: float = 10_000.0
    tied: bool = False


class PretrainConfig(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The training loop. It ends after `steps`, or after `hours` of wall clock where `steps` is 0.

    `lr_matrix` is Muon's step for the layers' matrices, `lr_other` AdamW's for embeddings, head and norms.
    """

    seed: int = 0
    steps: int = 0
    hours: float = 1.1
    window: int = 1024
    batch_windows: int = 8
    threads: int = 2
    lr_matrix: float = 0.005
    lr_other: float = 0.003
    weight_decay: float = 0.1
    short_share: float = 0.5
    warmup_share: float = 0.02
    decay_share: float = 0.4
    clip_norm: float = 1.0
    bf16: bool = True
    checkpoint_s: float = 180.0
    validate_every: int = 250
    validation_windows: int = 48


class LoraConfig(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Phase 2's adapters on the attention's four matrices, over a frozen base.

    `base` as in [model]; empty means this run's phase 1. The base is held in bfloat16 where [finetune] has `bf16`,
    else in float32; `quantize` narrows its matrices further, on CUDA alone.
    """

    base: str = ""
    base_license: str = ""
    rank: int = 16
    alpha: float = 32.0
    dropout: float = 0.0
    rank_stabilized: bool = False
    quantize: Literal["none", "8bit", "4bit"] = "none"

    def __post_init__(self) -> None:
        if self.rank < 1 or self.alpha <= 0 or not 0 <= self.dropout < 1:
            raise ValueError("rank must be at least 1, alpha above 0 and dropout in 0–1 (1 excluded)")


class ExportConfig(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What the bundle says of itself beyond what was measured; `note` is for what no setting tells."""

    name: str
    note: str = ""
    dtype: Literal["bfloat16", "float16"] = "bfloat16"
    temperature: float = 0.9
    top_p: float = 0.95


class TrainingConfig(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The whole file."""

    corpus: CorpusConfig
    tokenizer: TokenizerConfig
    model: ModelConfig
    pretrain: PretrainConfig
    finetune: PretrainConfig | None = None
    lora: LoraConfig = LoraConfig()
    export: ExportConfig


def load_config(path: Path) -> TrainingConfig:
    """Read a TOML file. Raises ConfigError for a missing file, a syntax error or an unknown or ill-typed key."""
    try:
        return msgspec.convert(tomllib.loads(path.read_text("utf-8")), TrainingConfig)
    except OSError as error:
        raise ConfigError(f"{path}: can't be read ({error.strerror}): give a TOML file") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: is not TOML ({error}): mend it") from None
    except msgspec.ValidationError as error:
        raise ConfigError(f"{path}: {error}: see configs/train-default.toml") from None
