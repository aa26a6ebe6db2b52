"""What phase 1 trains: a model from scratch or from a base, the same again each time, and as it was trained."""

from pathlib import Path

import msgspec
import torch
from transformers import Olmo2ForCausalLM

from copilot.codec.vocabulary import Vocabulary
from copilot.errors import ConfigError
from copilot.files import make_folder, write_whole
from copilot.model.manifest import Source
from training.config import LoopConfig, ModelConfig
from training.loop import checkpoint
from training.loop.checkpoint import Progress
from training.model.base import check_words, find_base, load_olmo2
from training.model.network import build_model, choose_trained, fit_vocabulary
from training.places import Places

_RECORD = "model.json"


class BaseRecord(msgspec.Struct, frozen=True, kw_only=True):
    """Whose weights a run stands on: the model's name, its licence, the hub's commit (empty: a folder's)."""

    name: str
    license: str
    revision: str = ""


class StartRecord(msgspec.Struct, frozen=True, kw_only=True):
    """model.json: what a run's checkpoints are checkpoints of. A checkpoint holds no more than what was trained.

    `heard`: what the base had learnt from, where that is a bundle.
    """

    model: ModelConfig
    seed: int
    window: int
    bf16: bool
    vocab_size: int
    vocab_sha256: str
    pad_id: int
    base: BaseRecord | None = None
    heard: tuple[Source, ...] = ()


def begin(config: ModelConfig, loop: LoopConfig, vocab: Vocabulary, places: Places) -> Olmo2ForCausalLM:
    """The model that phase 1 begins with, for a new run or one that goes on; only what is to learn has gradients.

    Of several processes the first must be through before the others begin: it writes, and they read. Raises
    ConfigError where the run in `places` was begun with another model, seed or vocabulary, or can't be written.
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
    found = read_record(places.run)
    if found is not None:
        check_same_words(places.run, found.vocab_size, found.vocab_sha256, vocab)
        check_same(places.run, "model", found.model, record.model)
        if found.seed != loop.seed:  # weights that stand still are drawn from it, and in no checkpoint
            raise ConfigError(
                f"{places.run}: was begun with seed {found.seed}, this is {loop.seed}: "
                "put it back, or give another --out"
            )
    model, made_of, heard = _build(record, vocab, places)
    if found is not None:
        check_same(places.run, "base", found.base, made_of)
    record = msgspec.structs.replace(record, base=made_of, heard=heard)
    if record != found:  # of several processes, the first has written it before the others come here
        make_folder(places.run)
        write_whole(places.run / _RECORD, msgspec.json.format(msgspec.json.encode(record)), ConfigError)
    return model


def as_trained(places: Places, vocab: Vocabulary) -> tuple[Olmo2ForCausalLM, Progress, StartRecord]:
    """Phase 1's model with the weights of its newest checkpoint. Raises ConfigError where there is none."""
    record, newest = read_record(places.run), checkpoint.latest(places.run)
    if record is None or newest is None:
        raise ConfigError(f"{places.run}: has no checkpoint: run `copilot-train pretrain`")
    check_same_words(places.run, record.vocab_size, record.vocab_sha256, vocab)
    model, made_of, heard = _build(record, vocab, places)
    check_same(places.run, "base", record.base, made_of)
    return model, checkpoint.load_weights(newest, model), msgspec.structs.replace(record, heard=heard)


def read_record(run: Path) -> StartRecord | None:
    """What the run in a folder began with, None where none has begun. Raises ConfigError for an unreadable record."""
    try:
        return msgspec.json.decode((run / _RECORD).read_bytes(), type=StartRecord)
    except FileNotFoundError:
        return None
    except (OSError, msgspec.DecodeError) as error:
        raise ConfigError(f"{run / _RECORD}: can't be read ({error}): begin anew in another --out") from None


def check_same_words(run: Path, size: int, sha256: str, vocab: Vocabulary) -> None:
    """Raises ConfigError where a run's vocabulary, by its size and hash, is not the one of the tokenizer here."""
    if sha256 != vocab.sha256:
        raise ConfigError(
            f"{run}: was trained on a vocabulary of {size:,} ids (sha256 {sha256[:12]}), the tokenizer here has "
            f"{vocab.size:,} ({vocab.sha256[:12]}): put its tokenizer.json back, or give another --out"
        )


def check_same(run: Path, what: str, was: msgspec.Struct | None, now: msgspec.Struct | None) -> None:
    """Raises ConfigError, naming what differs, where settings are not those that a run was begun with."""
    before, after = (msgspec.to_builtins(settings) or {} for settings in (was, now))
    changed = [key for key in {**before, **after} if before.get(key) != after.get(key)]
    if changed:
        key = changed[0]
        raise ConfigError(
            f"{run}: was begun with {what} {key} = {before.get(key)!r}, this is {after.get(key)!r}: "
            "put it back, or give another --out"
        )


def _build(
    record: StartRecord, vocab: Vocabulary, places: Places
) -> tuple[Olmo2ForCausalLM, BaseRecord | None, tuple[Source, ...]]:
    """The model that a record describes, what its base turned out to be, and what that had learnt from."""
    config = record.model
    if not config.base:
        model = build_model(config, vocab.size, vocab.pad_id, record.window, record.seed)
        choose_trained(model, config.train)
        return model, None, ()
    base = find_base(config.base, config.base_license)
    check_words(base, vocab, places.tokenizer)
    narrow = record.bf16 and config.train != "all"  # what stands still is held in 16 bits, what learns is not
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
    heard = base.bundle.manifest.sources if base.bundle else ()
    return model, BaseRecord(name=base.name, license=base.license, revision=base.revision), heard


def widen_trained(model: torch.nn.Module) -> None:
    """float32 for what learns: a bfloat16 weight would round most of AdamW's steps (under 1/256 of it) away."""
    for weight in model.parameters():
        if weight.requires_grad:
            weight.data = weight.data.float()
