"""The comparison of ways to write: the same music, in the same order, to equal small models; bits a note of each.

Held equal: the windows of music (and so the notes seen and the steps), the model's layers and widths, the loop and
its learning rates, the seeds, and the held-out windows that are measured. A shorter spelling is trained and
measured on fewer ids. Everything is kept under one folder and gone on from: checkpoints, then a file a result.
"""

import hashlib
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec
import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812
from transformers import Olmo2ForCausalLM

from copilot.codec.bulk import Speller
from copilot.codec.vocabulary import Vocabulary
from copilot.codec.words import WordTable
from copilot.files import make_folder, write_whole
from training.config import LoopConfig, ModelConfig, TrainingConfig
from training.corpus import Corpus
from training.counting import Report
from training.loop.train import train
from training.loop.validate import Validator
from training.model.network import build_model
from training.tokenizer.figures import VocabularyFigures, begun, measure
from training.tokenizer.learn import Material
from training.tokenizer.variants import SameMusic, Variant
from training.windows.batches import BatchMaker
from training.windows.words import Words

_VALIDATION_SEED = 11
_ROOM_WINDOWS = 400
"""So many training windows tell how long the longest is."""
_ROWS = 8

Line = Callable[[dict[str, float]], None]


class StudyResult(msgspec.Struct, frozen=True, kw_only=True):
    """One variant from one seed. `nats` and `notes` are of each validation window, in the same order for all."""

    variant: str
    seed: int
    figures: VocabularyFigures
    weights: int
    notes_seen: int
    ids_seen: int
    minutes: float
    nats: tuple[float, ...]
    notes: tuple[int, ...]

    @property
    def bits_per_note(self) -> float:
        """Over all windows."""
        return sum(self.nats) / math.log(2) / max(1, sum(self.notes))


@dataclass(frozen=True, slots=True)
class Music:
    """The songs of a study, and what tokenizers are learnt from."""

    corpus: Corpus
    material: Material

    @property
    def table(self) -> WordTable:
        """The codec's words."""
        return self.material.table


def study_folder(root: Path, config: TrainingConfig, corpus_sha256: str) -> Path:
    """Where results of these settings on this corpus are kept; more variants and seeds are kept beside them."""
    shared = msgspec.structs.replace(config.study, variants=(), seeds=())
    settings = msgspec.json.encode(
        (shared, config.model, config.pretrain, config.corpus.weights, corpus_sha256)
    )
    return root / hashlib.sha256(settings).hexdigest()[:12]


def run_study(
    config: TrainingConfig, music: Music, folder: Path, report: Report, line: Line
) -> list[StudyResult]:
    """Every variant from every seed; results that lie in `folder` stand. Raises ConfigError for a bad variant."""
    variants = [Variant.parse(text) for text in config.study.variants]
    results = []
    for variant in variants:
        vocab: Vocabulary | None = None
        for seed in config.study.seeds:
            place = folder / f"{variant}-seed{seed}"
            result = _read(place / "result.json")
            if result is None:
                vocab = vocab or variant.vocabulary(music.material)
                report(f"{variant}, seed {seed}: {vocab.size:,} ids")
                result = _train(config, music, variant, vocab, seed, place, line)
                write_whole(place / "result.json", msgspec.json.encode(result))
            report(f"{variant}, seed {seed}: {result.bits_per_note:.3f} bits a note")
            results.append(result)
    return results


def _train(
    config: TrainingConfig,
    music: Music,
    variant: Variant,
    vocab: Vocabulary,
    seed: int,
    place: Path,
    line: Line,
) -> StudyResult:
    study, table = config.study, music.table
    training, held_out = _samplers(config, music, variant)
    rng = np.random.default_rng(_VALIDATION_SEED)
    measured = [held_out.draw(rng, 0) for _ in range(study.validation_windows)]
    sample = [training.draw(rng, 0) for _ in range(_ROOM_WINDOWS)]
    lengths = np.asarray([len(ids) for ids in vocab.ids])
    window = max(int(lengths[words].sum()) for words in [*sample, *measured])
    model = build_model(_shape(config), vocab.size, vocab.pad_id, window, seed)
    loop = _loop(config, seed, window)
    validator = Validator(BatchMaker(held_out, vocab, _VALIDATION_SEED), table, _ROWS, window)
    progress = train(model, BatchMaker(training, vocab, seed), validator, loop, make_folder(place), line)
    notes_a_window = sum(int(begun(words, table).sum()) for words in sample) / len(sample)
    return StudyResult(
        variant=str(variant),
        seed=seed,
        figures=measure(
            [variant.written(words, table) for words in music.material.unseen], lengths, vocab.size, table
        ),
        weights=sum(weight.numel() for weight in model.parameters()),
        notes_seen=round(notes_a_window * study.steps * study.batch_windows),
        ids_seen=progress.tokens,
        minutes=round(progress.elapsed_s / 60, 2),
        nats=tuple(round(value, 4) for value in window_nats(model, vocab, measured)),
        notes=tuple(int(begun(words, table).sum()) for words in measured),
    )


def _samplers(config: TrainingConfig, music: Music, variant: Variant) -> tuple[SameMusic, SameMusic]:
    """Of the training songs, and of the held-out ones (of all, where a tiny corpus holds none out)."""
    corpus, weights = music.corpus, config.corpus.weights
    held_out = corpus.validation() or corpus.all_songs()
    words = config.study.window_words
    return (
        SameMusic(corpus.training(), weights, music.table, variant, words),
        SameMusic(held_out, weights, music.table, variant, words),
    )


def _shape(config: TrainingConfig) -> ModelConfig:
    study = config.study
    return msgspec.structs.replace(
        config.model,
        hidden=study.hidden,
        layers=study.layers,
        heads=study.heads,
        kv_heads=1,
        intermediate=2 * study.hidden,
    )


def _loop(config: TrainingConfig, seed: int, window: int) -> LoopConfig:
    study = config.study
    return msgspec.structs.replace(
        config.pretrain,
        seed=seed,
        steps=study.steps,
        window=window,
        batch_windows=study.batch_windows,
        short_share=0.0,
        packing=False,
        sample_every=0,
        validate_every=study.steps,
        checkpoint_s=30.0,
    )


@torch.no_grad()
def window_nats(model: Olmo2ForCausalLM, vocab: Vocabulary, windows: Sequence[Words]) -> list[float]:
    """The cost in nats of each window's ids, all but its first."""
    speller, nats = Speller(vocab), list[float]()
    spelt = [torch.from_numpy(speller.ids(words)) for words in windows]
    for first in range(0, len(spelt), _ROWS):
        ids = torch.nn.utils.rnn.pad_sequence(
            spelt[first : first + _ROWS], batch_first=True, padding_value=vocab.pad_id
        )  # int64 (windows, time)
        logits = model(input_ids=ids[:, :-1], use_cache=False).logits.float()
        cost = F.cross_entropy(logits.flatten(0, 1), ids[:, 1:].flatten(), reduction="none").view(
            ids[:, 1:].shape
        )
        for row, own in enumerate(spelt[first : first + _ROWS]):
            nats.append(float(cost[row, : len(own) - 1].double().sum()))
    return nats


def _read(path: Path) -> StudyResult | None:
    try:
        return msgspec.json.decode(path.read_bytes(), type=StudyResult)
    except (OSError, msgspec.DecodeError):
        return None
