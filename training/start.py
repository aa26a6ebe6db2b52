"""What phase 1 trains: a model from scratch or from a base, the same again each time, and as it was trained."""

from pathlib import Path
from typing import Any

import msgspec
import torch
from transformers import Olmo2ForCausalLM

from copilot.codec.vocabulary import Vocabulary
from copilot.errors import ConfigError
from training import checkpoint
from training.base import check_words, find_base, load_olmo2
from training.checkpoint import Progress
from training.config import LoopConfig, ModelConfig
from training.files import write_whole
from training.network import build_model, choose_trained, fit_vocabulary
from training.places import Places

_RECORD = "model.json"


class BaseRecord(msgspec.Struct, frozen=True, kw_only=True):
    """Whose weights a run stands on: the model's name, its licence, the hub's commit (empty: a folder's)."""

    name: str
    license: str
    revision: str = ""


class StartRecord(msgspec.Struct, frozen=True, kw_only=True):
    """model.json: what a run's checkpoints are checkpoints of. A checkpoint holds no more than what was trained."""

    model: ModelConfig
    seed: int
    window: int
    bf16: bool
    vocab_size: int
    vocab_sha256: str
    pad_id: int
    base: BaseRecord | None = None


def begin(config: ModelConfig, loop: LoopConfig, vocab: Vocabulary, places: Places) -> Olmo2ForCausalLM:
    """The model that phase 1 begins with, for a new run or one that goes on; only what is to learn has gradients.

    Raises ConfigError where the run in `places` was begun with another model or vocabulary.
    """
    record = StartRecord(
        model=config,
        seed=loop.seed,
        window=loop.window,
        bf16=loop.precision == "bf16",
        vocab_size=vocab.size,
        vocab_sha256=vocab.sha256,
        pad_id=vocab.pad_id,
    )
    model, record = _build(record, vocab, places)
    found = read_record(places.run)
    if found is not None:
        _check_same(found, record, places.run)
    places.run.mkdir(parents=True, exist_ok=True)
    write_whole(places.run / _RECORD, msgspec.json.format(msgspec.json.encode(record)))
    return model


def as_trained(places: Places, vocab: Vocabulary) -> tuple[Olmo2ForCausalLM, Progress, StartRecord]:
    """Phase 1's model with the weights of its newest checkpoint. Raises ConfigError where there is none."""
    record, newest = read_record(places.run), checkpoint.latest(places.run)
    if record is None or newest is None:
        raise ConfigError(f"{places.run}: has no checkpoint: run `copilot-train pretrain`")
    if record.vocab_sha256 != vocab.sha256:
        raise ConfigError(_other_words(places.run, record, vocab.size, vocab.sha256))
    model, _ = _build(record, vocab, places)
    return model, checkpoint.load_weights(newest, model), record


def read_record(run: Path) -> StartRecord | None:
    """What the run in a folder began with, None where none has begun. Raises ConfigError for an unreadable record."""
    try:
        return msgspec.json.decode((run / _RECORD).read_bytes(), type=StartRecord)
    except FileNotFoundError:
        return None
    except (OSError, msgspec.DecodeError) as error:
        raise ConfigError(f"{run / _RECORD}: can't be read ({error}): begin anew in another --out") from None


def _build(record: StartRecord, vocab: Vocabulary, places: Places) -> tuple[Olmo2ForCausalLM, StartRecord]:
    """The model that a record describes, and the record with what its base turned out to be."""
    config = record.model
    if not config.base:
        model = build_model(config, vocab.size, vocab.pad_id, record.window, record.seed)
        choose_trained(model, config.train)
        return model, record
    base = find_base(config.base, config.base_license)
    check_words(base, vocab, places.tokenizer)
    narrow = (
        record.bf16 and config.train != "all"
    )  # what only stands by is read in 16 bits, what learns is not
    model = load_olmo2(base.directory, torch.bfloat16 if narrow else torch.float32)
    positions = model.config.max_position_embeddings
    if record.window > positions:
        raise ConfigError(
            f"base {config.base}: was made for {positions:,} tokens, [pretrain] window is {record.window:,}: "
            f"set it to {positions:,} or less"
        )
    if base.bundle is None:
        fit_vocabulary(model, vocab.size, vocab.pad_id, record.seed)
    choose_trained(model, config.train)
    widen_trained(model)
    made_of = BaseRecord(name=base.name, license=base.license, revision=base.revision)
    return model, msgspec.structs.replace(record, base=made_of)


def widen_trained(model: torch.nn.Module) -> None:
    """float32 for what learns: a bfloat16 weight would round most of AdamW's steps (under 1/256 of it) away."""
    for weight in model.parameters():
        if weight.requires_grad:
            weight.data = weight.data.float()


def _check_same(found: StartRecord, wanted: StartRecord, run: Path) -> None:
    if found.vocab_sha256 != wanted.vocab_sha256:
        raise ConfigError(_other_words(run, found, wanted.vocab_size, wanted.vocab_sha256))
    for name in ("model", "base"):
        was, now = msgspec.to_builtins(getattr(found, name)), msgspec.to_builtins(getattr(wanted, name))
        if was != now:
            raise ConfigError(
                f"{run}: was begun with {name} {_changed(was, now)}, this is {_changed(now, was)}: "
                "put the setting back, or give another --out"
            )


def _changed(one: dict[str, Any] | None, other: dict[str, Any] | None) -> str:
    """What of `one` the other has not."""
    if one is None:
        return "none"
    return ", ".join(f"{key} = {value!r}" for key, value in one.items() if (other or {}).get(key) != value)


def _other_words(run: Path, found: StartRecord, size: int, sha256: str) -> str:
    return (
        f"{run}: was trained on a vocabulary of {found.vocab_size:,} ids (sha256 {found.vocab_sha256[:12]}), the "
        f"tokenizer here has {size:,} ({sha256[:12]}): put its tokenizer.json back, or give another --out"
    )
