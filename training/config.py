"""The training's one TOML file, typed. Unknown keys are refused, so that a typo can't cost an hour."""

import tomllib
from pathlib import Path
from typing import Annotated, Literal

import msgspec

from copilot.codec.words import GridParams
from copilot.errors import ConfigError

_Count = Annotated[int, msgspec.Meta(ge=1)]

MIN_IDS, MAX_IDS = 1024, 8192
"""Of a tokenizer: fewer can't spell every word, and more would be words that a corpus hardly has."""


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
    """Where songs come from. `weights` are each source's share of the windows drawn, in any unit, above 0.

    A name in `weights` is one of `sources`, a generated source (`styles`, `style_songs` of them; `styles.guests`,
    `guest_songs`; `styles.blues`, `blues_songs`), or a shippable collection of --data. With neither sources nor
    weights all of --data is one source. `workers` 0 is all cores.
    `max_offgrid` is the greatest share of notes beside the grid that the index of a shippable collection may give;
    `min_pulse` is for files without one (0 takes all, 1 is music typed in; see `training.corpus.facts.pulse`).
    A file may take `hang_s` seconds of a processor and `memory_mb` beyond what an idle reader has.
    """

    weights: dict[str, Annotated[float, msgspec.Meta(gt=0, le=1e9)]] = {}
    sources: tuple[SourceConfig, ...] = ()
    blues_songs: Annotated[int, msgspec.Meta(ge=0)] = 0
    style_songs: Annotated[int, msgspec.Meta(ge=0)] = 0
    guest_songs: Annotated[int, msgspec.Meta(ge=0)] = 0
    workers: Annotated[int, msgspec.Meta(ge=0)] = 0
    max_offgrid: Annotated[float, msgspec.Meta(ge=0, le=1)] = 0.5
    min_pulse: Annotated[float, msgspec.Meta(ge=0, le=1)] = 0.25
    hang_s: Annotated[float, msgspec.Meta(gt=0, le=3600)] = 2.0
    memory_mb: Annotated[int, msgspec.Meta(gt=0, le=2**20)] = 512


class TokenizerConfig(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The smallest of `sizes` that spells a word in at most `max_ids_per_word` ids is taken.

    `bar_anchors`: time words say where in the bar they lead to, not how far from the event before (see GridParams).
    """

    sizes: Annotated[
        tuple[Annotated[int, msgspec.Meta(ge=MIN_IDS, le=MAX_IDS)], ...], msgspec.Meta(min_length=1)
    ] = (1536, 2048, 2560, 3072)
    max_ids_per_word: Annotated[float, msgspec.Meta(gt=0)] = 1.03
    sample_windows: _Count = 6000
    bar_anchors: bool = True

    @property
    def grid(self) -> GridParams:
        """The words' grid. Places in the bar reach over a bar of 12/8."""
        return GridParams(longest_anchor_ticks=192, bar_anchors=True) if self.bar_anchors else GridParams()


class StudyConfig(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """`tokenizer-study`: each of `variants` (see tokenizer/variants.py) by an equal small model, from each seed.

    Differences are told to the first variant. A window is `window_words` words of running velocity; every variant
    trains on the same windows, `batch_windows` a step, and is measured on the same `validation_windows`.
    """

    variants: Annotated[tuple[str, ...], msgspec.Meta(min_length=1)] = (
        "running-1536", "running-1024", "running-2048", "running-4096", "running-words",
        "every-1536", "every-words",
    )  # fmt: skip
    seeds: Annotated[tuple[Annotated[int, msgspec.Meta(ge=0)], ...], msgspec.Meta(min_length=1)] = (1, 2)
    steps: _Count = 240
    window_words: Annotated[int, msgspec.Meta(ge=2)] = 384
    batch_windows: _Count = 8
    validation_windows: _Count = 160
    sample_windows: _Count = 3000
    hidden: Annotated[int, msgspec.Meta(ge=8)] = 128
    layers: _Count = 2

    def __post_init__(self) -> None:
        if self.hidden % (8 * self.heads):
            raise ValueError(
                f"hidden {self.hidden} is neither 8, 16, … 56 nor a multiple of 64: set it to one"
            )

    @property
    def heads(self) -> int:
        """Of the small model: one for each 64 of its width."""
        return self.hidden // 64 or 1


class ModelConfig(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Where phase 1 begins: from scratch in the shape given here, or from `base`, whose shape then stands.

    `base` is a directory, a model's name on the hub, or a bundle. `train` says what of it learns: all,
    `vocabulary` (embedding and output matrix) or that and the norms. `base_license` is written into the bundle
    where the base's own model card doesn't tell.
    """

    base: str = ""
    base_license: str = ""
    train: Literal["all", "vocabulary", "vocabulary+norms"] = "all"
    hidden: _Count = 256
    layers: _Count = 6
    heads: _Count = 4
    kv_heads: _Count = 2
    intermediate: _Count = 640
    rope_theta: Annotated[float, msgspec.Meta(gt=0)] = 10_000.0
    tied: bool = False

    def __post_init__(self) -> None:
        if self.hidden % (8 * self.heads):  # what the decoder's kernels take, see copilot/decode/weights.py
            raise ValueError(
                f"hidden {self.hidden} over {self.heads} heads is not a multiple of 8 a head: "
                f"set hidden to a multiple of {8 * self.heads}"
            )
        if self.heads % self.kv_heads:
            raise ValueError(
                f"{self.kv_heads} kv_heads don't divide {self.heads} heads: set a divisor of heads"
            )


class LoopConfig(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A training loop: the table [pretrain]. It ends after `steps`, or after `hours` of wall clock where those are 0.

    A step learns from `batch_windows` rows of `window` ids over all processes, `micro_windows` of them at a time
    in each (0: all at once); until `short_share` of the run is over, from twice as many rows of half the length.
    `packing` fills a row whose window ends early with further windows. `weights` is each source's share of the
    windows, in any unit; empty takes [corpus.weights]. In the share `mistakes` of them the copilot's part begins with
    wrong notes, which are only heard: it learns to find back.

    "muon" trains the layers' matrices by Muon at `lr_matrix` and everything else by AdamW at `lr`; "adamw" trains
    all at `lr`. Either rate warms up over `warmup_share` of the run; "wsd" then holds it, and lets it fall to 0
    over the last `decay_share`; "cosine" lets it fall to 0 from there on.

    Gradients are clipped at `clip_norm`, and at `clip_factor` times the median norm of the last steps where that is
    less (0: never). A loss above `spike_factor` times its median for `spike_patience` steps ends the run.
    `ema` above 0 is the decay of averaged weights, which are what is measured, sampled and exported.

    Checkpoints come every `checkpoint_s` seconds and every `checkpoint_every` steps (0: not by steps), and at the
    end. `sample_every` steps a continuation is written as MIDI (0: never). `threads` 0 leaves their number to torch.
    `loaders` are processes that draw windows ahead (0: half the cores, 8 at most, beside a GPU, and none on a CPU).
    """

    seed: Annotated[int, msgspec.Meta(ge=0)] = 0
    steps: Annotated[int, msgspec.Meta(ge=0)] = 0
    hours: Annotated[float, msgspec.Meta(gt=0)] = 1.1
    weights: dict[str, float] = {}
    window: Annotated[int, msgspec.Meta(ge=2)] = 1024
    batch_windows: Annotated[int, msgspec.Meta(ge=1)] = 8
    micro_windows: Annotated[int, msgspec.Meta(ge=0)] = 0
    short_share: Annotated[float, msgspec.Meta(ge=0, le=1)] = 0.5
    packing: bool = True
    mistakes: Annotated[float, msgspec.Meta(ge=0, le=1)] = 0.0
    precision: Literal["bf16", "fp32"] = "bf16"
    threads: Annotated[int, msgspec.Meta(ge=0)] = 0
    loaders: Annotated[int, msgspec.Meta(ge=0)] = 0
    compile: bool = False
    gradient_checkpointing: bool = False
    optimizer: Literal["muon", "adamw"] = "muon"
    lr: Annotated[float, msgspec.Meta(gt=0)] = 0.003
    lr_matrix: Annotated[float, msgspec.Meta(gt=0)] = 0.005
    weight_decay: Annotated[float, msgspec.Meta(ge=0)] = 0.1
    schedule: Literal["wsd", "cosine"] = "wsd"
    warmup_share: Annotated[float, msgspec.Meta(ge=0, le=1)] = 0.02
    decay_share: Annotated[float, msgspec.Meta(ge=0, le=1)] = 0.4
    label_smoothing: Annotated[float, msgspec.Meta(ge=0, lt=1)] = 0.0
    clip_norm: Annotated[float, msgspec.Meta(gt=0)] = 1.0
    clip_factor: Annotated[float, msgspec.Meta(ge=0)] = 2.0
    spike_factor: Annotated[float, msgspec.Meta(gt=1)] = 2.0
    spike_patience: Annotated[int, msgspec.Meta(ge=1)] = 20
    ema: Annotated[float, msgspec.Meta(ge=0, lt=1)] = 0.0
    checkpoint_s: Annotated[float, msgspec.Meta(ge=0)] = 180.0
    checkpoint_every: Annotated[int, msgspec.Meta(ge=0)] = 0
    log_every: Annotated[int, msgspec.Meta(ge=1)] = 1
    validate_every: Annotated[int, msgspec.Meta(ge=1)] = 250
    validation_windows: Annotated[int, msgspec.Meta(ge=1)] = 48
    sample_every: Annotated[int, msgspec.Meta(ge=0)] = 1000


class FinetuneConfig(LoopConfig, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The same loop with what suits adapters on a trained base by default: the table [finetune]."""

    optimizer: Literal["muon", "adamw"] = "adamw"
    lr: Annotated[float, msgspec.Meta(gt=0)] = 2e-4
    weight_decay: Annotated[float, msgspec.Meta(ge=0)] = 0.0
    schedule: Literal["wsd", "cosine"] = "cosine"
    short_share: Annotated[float, msgspec.Meta(ge=0, le=1)] = 0.0


class LoraConfig(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Phase 2's adapters on the attention's four matrices, over a frozen base.

    `base` as in [model]; empty means this run's phase 1. The base is held in bfloat16 where `precision` in [finetune]
    is bf16, else in float32; `quantize` narrows its matrices further, on CUDA alone.
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
    temperature: Annotated[float, msgspec.Meta(ge=0, le=2)] = 0.9
    top_p: Annotated[float, msgspec.Meta(gt=0, le=1)] = 0.95


class TrainingConfig(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The whole file."""

    corpus: CorpusConfig
    tokenizer: TokenizerConfig
    model: ModelConfig
    pretrain: LoopConfig
    finetune: FinetuneConfig | None = None
    lora: LoraConfig = LoraConfig()
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
