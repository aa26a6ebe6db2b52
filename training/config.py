"""The training's one TOML file, typed. Unknown keys are refused, so that a typo can't cost an hour."""

import tomllib
from pathlib import Path
from typing import Literal

import msgspec

from copilot.errors import ConfigError


class SourceConfig(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A source of MIDI of your own: a folder, a .mid file, an archive (tar, zip) or a parquet file.

    `path` is relative to --data. `genre` is a genre word of the vocabulary, for all its files or, with
    `genre_from_name`, for those whose names tell none. `performed` music was played along a beat however loosely;
    of other sources only files that lean on their beat by `min_pulse` are taken. Without `tempo_known` the tempo
    that the files give means nothing. `melody_first` makes each file's first part the lead. `synthetic` was made by
    a program. `midi_column` and `name_column` are parquet's, found by themselves where only one can be meant.
    """

    name: str
    path: str
    genre: str | None = None
    genre_from_name: bool = False
    license: str = ""
    url: str = ""
    citation: str = ""
    performed: bool = False
    tempo_known: bool = True
    melody_first: bool = False
    synthetic: bool = False
    midi_column: str = ""
    name_column: str = ""


class CorpusConfig(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Where songs come from. `weights` are each source's share of the windows drawn, in any unit.

    A name in `weights` is one of `sources`, a generated source (`styles`, `style_songs` of them; `styles.blues`,
    `blues_songs` of them), or a shippable collection of --data. With neither sources nor weights all of --data is
    one source. `workers` 0 is all cores.
    `max_offgrid` is the greatest share of notes beside the grid that the index of a shippable collection may give;
    `min_pulse` is for files without one (0 takes all, 1 is music typed in; see `training.corpus.facts.pulse`).
    A file may take `hang_s` seconds of a processor and `memory_mb` beyond what an idle reader has.
    """

    weights: dict[str, float] = {}
    sources: tuple[SourceConfig, ...] = ()
    blues_songs: int = 0
    style_songs: int = 0
    workers: int = 0
    max_offgrid: float = 0.5
    min_pulse: float = 0.25
    hang_s: float = 2.0
    memory_mb: int = 512


class TokenizerConfig(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The smallest of `sizes` that spells a word in at most `max_ids_per_word` ids is taken."""

    sizes: tuple[int, ...] = (1536, 2048, 2560, 3072)
    max_ids_per_word: float = 1.03
    sample_windows: int = 6000


class StudyConfig(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """`tokenizer-study`: each of `variants` (see tokenizer_variants.py) by an equal small model, from each seed.

    Differences are told to the first variant. A window is `window_words` words of running velocity; every variant
    trains on the same windows, `batch_windows` a step, and is measured on the same `validation_windows`.
    """

    variants: tuple[str, ...] = (
        "running-1536", "running-1024", "running-2048", "running-4096", "running-words",
        "every-1536", "every-words",
    )  # fmt: skip
    seeds: tuple[int, ...] = (1, 2)
    steps: int = 240
    window_words: int = 384
    batch_windows: int = 8
    validation_windows: int = 160
    sample_windows: int = 3000
    hidden: int = 128
    layers: int = 2


class ModelConfig(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The shape of an Olmo2ForCausalLM."""

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
    export: ExportConfig
    study: StudyConfig = StudyConfig()


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
