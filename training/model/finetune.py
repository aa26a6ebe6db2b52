"""Phase 2: what the adapters stand on, made once and kept beside them, and the training of them.

The base is written to finetune/base/ as it was when the run began: adapters fit the weights that they were learnt
on and no others, and a phase 1 that goes on meanwhile must not change them under a run.
"""

from dataclasses import dataclass
from pathlib import Path

import msgspec
import torch
from peft import PeftModel
from transformers import Olmo2ForCausalLM
from transformers.utils.logging import disable_progress_bar

from copilot.codec.vocabulary import Vocabulary
from copilot.errors import ConfigError
from copilot.files import file_sha256, make_folder, write_whole
from copilot.model.manifest import CODEC, MANIFEST, TOKENIZER, WEIGHTS, Source
from training.config import LoopConfig, LoraConfig
from training.corpus import Corpus
from training.files import whole_folder
from training.loop import checkpoint
from training.loop.checkpoint import Progress
from training.model.adapters import add_adapters, check_can_quantize, inner, load_frozen
from training.model.base import check_words, find_base, load_olmo2
from training.model.network import fit_vocabulary, to_dtype
from training.model.provenance import trained_on
from training.model.start import BaseRecord, as_trained, check_same, check_same_words, read_record
from training.places import Places

_RECORD, _BASE = "adapters.json", "base"


class AdapterRecord(msgspec.Struct, frozen=True, kw_only=True):
    """adapters.json: what a run's adapters are, and what they stand on.

    `base` is None where phase 1 began from scratch. `base_sha256` is that of base/model.safetensors. `base_steps`
    and `base_tokens` are this run's phase 1 in it, `heard` is what it had learnt from before it came into this run.
    """

    lora: LoraConfig
    seed: int
    bf16: bool
    vocab_size: int
    vocab_sha256: str
    base: BaseRecord | None
    base_sha256: str
    base_steps: int = 0
    base_tokens: int = 0
    heard: tuple[Source, ...] = ()


def begin_adapters(lora: LoraConfig, loop: LoopConfig, vocab: Vocabulary, places: Places) -> PeftModel:
    """The base with its adapters, for a new run or one that goes on.

    Raises ConfigError where the run was begun with other settings or words, or its base can't be had.
    """
    check_can_quantize(lora.quantize)  # before a run is begun that could not go on without it
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
    if file_sha256(places.finetune / _BASE / WEIGHTS) != record.base_sha256:
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


def adopt_tokenizer(spec: str, places: Places) -> bool:
    """Take the words of a base that has ours, another run or a bundle, where this run has none yet.

    Returns whether the run's words are, byte for byte, the base's. Of several processes one at a time may call it.
    Raises ConfigError where the base's can't be read, or this run's can't be written.
    """
    folder = _tokenizer_of(spec)
    if folder is None:
        return False
    try:
        theirs = {name: (folder / name).read_bytes() for name in (CODEC, TOKENIZER)}
        ours = {
            name: data for name in theirs if (data := _read_if_there(places.tokenizer / name)) is not None
        }
    except OSError as error:
        raise ConfigError(f"{error.filename}: can't be read ({error.strerror}): mend that") from None
    if TOKENIZER not in ours:
        make_folder(places.tokenizer)
        for name, data in theirs.items():
            write_whole(places.tokenizer / name, data, ConfigError)
    return ours.get(TOKENIZER) in (None, theirs[TOKENIZER])


def _read_if_there(file: Path) -> bytes | None:
    return file.read_bytes() if file.is_file() else None


def _tokenizer_of(spec: str) -> Path | None:
    """The folder with tokenizer.json and codec.json of a base that has our words, None for any other."""
    if not spec:
        return None
    folder = Path(spec).expanduser()
    is_run = read_record(Places(folder).run) is not None
    theirs = Places(folder).tokenizer if is_run else folder
    return theirs if (theirs / TOKENIZER).is_file() and (is_run or (folder / MANIFEST).is_file()) else None


def _write_base(lora: LoraConfig, seed: int, bf16: bool, vocab: Vocabulary, places: Places) -> AdapterRecord:
    disable_progress_bar()  # type: ignore[no-untyped-call]  # it would write into the progress line
    base = _open_base(lora, seed, bf16, vocab, places)
    to_dtype(base.model, torch.bfloat16 if bf16 else torch.float32)
    with whole_folder(places.finetune / _BASE) as folder:
        base.model.save_pretrained(folder)
        sha256 = file_sha256(folder / WEIGHTS)
    record = AdapterRecord(
        lora=lora,
        seed=seed,
        bf16=bf16,
        vocab_size=vocab.size,
        vocab_sha256=vocab.sha256,
        base=base.made_of,
        base_sha256=sha256,
        base_steps=base.steps,
        base_tokens=base.tokens,
        heard=base.heard,
    )
    write_whole(places.finetune / _RECORD, msgspec.json.format(msgspec.json.encode(record)), ConfigError)
    return record


@dataclass(frozen=True, slots=True)
class _Opened:
    """A base in our words; whose it is, this run's phase 1 in it, and what it learnt from elsewhere."""

    model: Olmo2ForCausalLM
    made_of: BaseRecord | None
    steps: int = 0
    tokens: int = 0
    heard: tuple[Source, ...] = ()


def _open_base(lora: LoraConfig, seed: int, bf16: bool, vocab: Vocabulary, places: Places) -> _Opened:
    """This run's phase 1, another run's, a bundle, or an OLMo-2 whose vocabulary is then replaced."""
    if not lora.base:
        model, progress, start = as_trained(places, vocab)
        return _Opened(model, start.base, progress.step, progress.tokens, start.heard)
    other = Places(Path(lora.base).expanduser())
    if read_record(other.run) is not None:
        model, _, start = as_trained(other, vocab)
        return _Opened(model, start.base, heard=(*trained_on(Corpus.open(other.corpus)), *start.heard))
    base = find_base(lora.base, lora.base_license)
    check_words(base, vocab, places.tokenizer)
    model = load_olmo2(base.directory, torch.bfloat16 if bf16 else torch.float32)
    made_of = BaseRecord(name=base.name, license=base.license, revision=base.revision)
    if base.bundle is not None:
        return _Opened(model, made_of, heard=base.bundle.manifest.sources)
    fit_vocabulary(model, vocab.size, vocab.pad_id, seed)
    return _Opened(model, made_of)


def _check_same(record: AdapterRecord, lora: LoraConfig, vocab: Vocabulary, places: Places) -> None:
    check_same_words(places.finetune, record.vocab_size, record.vocab_sha256, vocab)
    check_same(places.finetune, "adapters", record.lora, lora)
