"""Phase 2: what the adapters stand on, made once and kept beside them, and the training of them.

The base is written to finetune/base/ as it was when the run began: adapters fit the weights that they were learnt
on and no others, and a phase 1 that goes on meanwhile must not change them under a run.
"""

from pathlib import Path

import msgspec
import torch
from peft import PeftModel
from transformers import Olmo2ForCausalLM
from transformers.utils.logging import disable_progress_bar

from copilot.codec.vocabulary import Vocabulary
from copilot.errors import ConfigError
from copilot.model.check import file_sha256
from training import checkpoint
from training.adapters import add_adapters, inner, load_frozen
from training.base import check_words, find_base, load_olmo2
from training.checkpoint import Progress
from training.config import LoopConfig, LoraConfig
from training.files import whole_folder, write_whole
from training.network import fit_vocabulary, to_dtype
from training.places import Places
from training.start import BaseRecord, as_trained, read_record

_RECORD, _BASE, _WEIGHTS = "adapters.json", "base", "model.safetensors"


class AdapterRecord(msgspec.Struct, frozen=True, kw_only=True):
    """adapters.json: what a run's adapters are, and what they stand on.

    `base` is None where phase 1 began from scratch. `base_sha256` is that of base/model.safetensors.
    """

    lora: LoraConfig
    seed: int
    bf16: bool
    vocab_size: int
    vocab_sha256: str
    base: BaseRecord | None
    base_sha256: str


def begin_adapters(lora: LoraConfig, loop: LoopConfig, vocab: Vocabulary, places: Places) -> PeftModel:
    """The base with its adapters, for a new run or one that goes on.

    Raises ConfigError where the run was begun with other settings or words, or its base can't be had.
    """
    bf16 = loop.precision == "bf16"
    record = read_adapters(places)
    if record is None:
        record = _write_base(lora, loop.seed, bf16, vocab, places)
    _check_same(record, lora, vocab, places)
    model = load_frozen(places.finetune / _BASE, bf16=bf16, quantize=lora.quantize)
    positions = model.config.max_position_embeddings
    if loop.window > positions:
        raise ConfigError(
            f"{places.finetune / _BASE}: was made for {positions:,} tokens, [finetune] window is {loop.window:,}: "
            f"set it to {positions:,} or less"
        )
    return add_adapters(model, lora, record.seed)


def adapted(places: Places, vocab: Vocabulary) -> tuple[PeftModel, Progress, AdapterRecord]:
    """The base in float32 with the adapters of the newest checkpoint, whatever the base was quantised to.

    Raises ConfigError where there is no checkpoint, or its base was altered.
    """
    record, newest = read_adapters(places), checkpoint.latest(places.finetune)
    if record is None or newest is None:
        raise ConfigError(f"{places.finetune}: has no checkpoint: run `copilot-train finetune`")
    _check_same(record, record.lora, vocab, places)
    if file_sha256(places.finetune / _BASE / _WEIGHTS) != record.base_sha256:
        raise ConfigError(
            f"{places.finetune / _BASE}: is not the base that the adapters were trained on: run finetune anew "
            "in another --out"
        )
    model = add_adapters(load_olmo2(places.finetune / _BASE, torch.float32), record.lora, record.seed)
    return model, checkpoint.load_weights(newest, inner(model)), record


def read_adapters(places: Places) -> AdapterRecord | None:
    """What the run's adapters are, None where none were begun. Raises ConfigError for an unreadable record."""
    file = places.finetune / _RECORD
    try:
        return msgspec.json.decode(file.read_bytes(), type=AdapterRecord)
    except FileNotFoundError:
        return None
    except (OSError, msgspec.DecodeError) as error:
        raise ConfigError(f"{file}: can't be read ({error}): begin anew in another --out") from None


def adopt_tokenizer(spec: str, places: Places) -> None:
    """Take the words of a base that has some, another run or a bundle, where this run has none yet."""
    theirs = next(
        (file for file in (Path(spec) / "tokenizer" / "tokenizer.json", Path(spec) / "tokenizer.json")
         if file.is_file()),
        None,
    )  # fmt: skip
    ours = places.tokenizer / "tokenizer.json"
    is_ours = (Path(spec) / "bundle.json").is_file() or read_record(Places(Path(spec)).run) is not None
    if spec and theirs is not None and is_ours and not ours.is_file():
        places.tokenizer.mkdir(parents=True, exist_ok=True)
        write_whole(ours, theirs.read_bytes())


def _write_base(lora: LoraConfig, seed: int, bf16: bool, vocab: Vocabulary, places: Places) -> AdapterRecord:
    disable_progress_bar()  # type: ignore[no-untyped-call]  # it would write into the progress line
    model, made_of = _open_base(lora, seed, bf16, vocab, places)
    to_dtype(model, torch.bfloat16 if bf16 else torch.float32)
    with whole_folder(places.finetune / _BASE) as folder:
        model.save_pretrained(folder)
        sha256 = file_sha256(folder / _WEIGHTS)
    record = AdapterRecord(
        lora=lora,
        seed=seed,
        bf16=bf16,
        vocab_size=vocab.size,
        vocab_sha256=vocab.sha256,
        base=made_of,
        base_sha256=sha256,
    )
    write_whole(places.finetune / _RECORD, msgspec.json.format(msgspec.json.encode(record)))
    return record


def _open_base(
    lora: LoraConfig, seed: int, bf16: bool, vocab: Vocabulary, places: Places
) -> tuple[Olmo2ForCausalLM, BaseRecord | None]:
    """This run's phase 1, another run's, a bundle, or an OLMo-2 whose vocabulary is then replaced."""
    run = Places(Path(lora.base).expanduser()) if lora.base else places
    if not lora.base or read_record(run.run) is not None:
        model, _, start = as_trained(run, vocab)
        return model, start.base
    base = find_base(lora.base, lora.base_license)
    check_words(base, vocab, places.tokenizer)
    model = load_olmo2(base.directory, torch.bfloat16 if bf16 else torch.float32)
    if base.bundle is None:
        fit_vocabulary(model, vocab.size, vocab.pad_id, seed)
    return model, BaseRecord(name=base.name, license=base.license, revision=base.revision)


def _check_same(record: AdapterRecord, lora: LoraConfig, vocab: Vocabulary, places: Places) -> None:
    if record.vocab_sha256 != vocab.sha256:
        raise ConfigError(
            f"{places.finetune}: was trained on a vocabulary of {record.vocab_size:,} ids (sha256 "
            f"{record.vocab_sha256[:12]}), the tokenizer here has {vocab.size:,} ({vocab.sha256[:12]}): "
            "put its tokenizer.json back, or give another --out"
        )
    was, now = msgspec.to_builtins(record.lora), msgspec.to_builtins(lora)
    changed = [key for key in was if was[key] != now[key]]
    if changed:
        key = changed[0]
        raise ConfigError(
            f"{places.finetune}: was begun with {key} = {was[key]!r}, this is {now[key]!r}: "
            "put the setting back, or give another --out"
        )
