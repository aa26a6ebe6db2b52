"""A checkpoint → a bundle: 16-bit weights, where they come from, and how well they know unseen songs."""

import shlex
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec
import torch
from transformers import Olmo2ForCausalLM

from copilot.codec.bulk import ticks_after
from copilot.codec.vocabulary import Vocabulary
from copilot.model.manifest import ENGINE, SCHEMA, Manifest, Sampling, Source
from copilot.model.save import check_replaceable, save_bundle
from training.bundle.merge import MergeFigures, merge
from training.bundle.play import notes_played
from training.config import TrainingConfig
from training.corpus import Corpus
from training.loop.validate import Validator
from training.model.finetune import adapted
from training.model.network import to_dtype
from training.model.provenance import Phase, sources_of, training_of
from training.model.start import as_trained
from training.places import Places
from training.stages import load_vocabulary, validation_batches
from training.windows.batches import Batch

_RATE_STEP, _RATE_WINDOWS = 1, 200
_CHECK_STEP, _CHECK_WINDOWS, _CHECK_IDS = 2, 4, 256
"""What merged logits are compared on: enough for every word that is common, and a minute for 1B weights on a CPU."""


@dataclass(frozen=True, slots=True)
class Origin:
    """Where an export comes from and goes to: the run, its settings and their file as it was typed."""

    config: TrainingConfig
    config_file: str
    places: Places
    to: Path


def export_bundle(origin: Origin) -> Path:
    """Write phase 1's newest checkpoint as a bundle; returns its folder.

    Raises ConfigError where there is none, BundleError where something else lies in the bundle's place.
    """
    check_replaceable(origin.to)
    vocab, loop = load_vocabulary(origin.places), origin.config.pretrain
    model, progress, start = as_trained(origin.places, vocab)
    to_dtype(model, getattr(torch, origin.config.export.dtype))
    phase = Phase(loop, progress.step, progress.tokens, progress.elapsed_s)
    corpus = Corpus.open(origin.places.corpus)
    how = training_of(origin.config, origin.config_file, corpus, phase, start.base)
    return _write(origin, model, vocab, [phase], start.heard, how, "export")


@dataclass(frozen=True, slots=True)
class MergedBundle:
    """A bundle and how true it is to base and adapters.

    `notes` is what the copilot played with it, None if it wasn't asked to.
    """

    path: Path
    figures: MergeFigures
    notes: int | None


def merge_bundle(origin: Origin, *, play: bool = True) -> MergedBundle:
    """Write phase 2's newest checkpoint, folded into its base, as a bundle.

    With `play` the copilot jams two bars with it first. Raises ConfigError where there is no checkpoint,
    BundleError where something else lies in the bundle's place, merging changed what the model says or the copilot
    can't play it: nothing is written then.
    """
    check_replaceable(origin.to)
    vocab, loop = load_vocabulary(origin.places), origin.config.finetune or origin.config.pretrain
    both, progress, record = adapted(origin.places, vocab)
    corpus = Corpus.open(origin.places.corpus)
    batches = validation_batches(origin.config, corpus, vocab)
    ids = batches.batch(_CHECK_STEP, _CHECK_WINDOWS, min(loop.window, _CHECK_IDS)).ids
    merged = merge(both, ids, getattr(torch, origin.config.export.dtype))
    first = Phase(origin.config.pretrain, record.base_steps, record.base_tokens)
    last = Phase(loop, progress.step, progress.tokens, progress.elapsed_s)
    how = training_of(origin.config, origin.config_file, corpus, last, record.base)
    how |= {"base_steps": first.steps, "base_tokens": first.tokens}
    how |= {"adapters": msgspec.to_builtins(record.lora), "merge": msgspec.to_builtins(merged.figures)}
    notes: int | None = None

    def jam(folder: Path) -> None:
        nonlocal notes
        notes = notes_played(folder) if play else None

    path = _write(origin, merged.model, vocab, [first, last], record.heard, how, "merge", jam)
    return MergedBundle(path, merged.figures, notes)


def _write(
    origin: Origin,
    model: Olmo2ForCausalLM,
    vocab: Vocabulary,
    phases: Sequence[Phase],
    heard: Sequence[Source],
    how: dict[str, object],
    command: str,
    check: Callable[[Path], object] | None = None,
) -> Path:
    config, corpus, loop = origin.config, Corpus.open(origin.places.corpus), phases[-1].loop
    batches = validation_batches(config, corpus, vocab)
    metrics = Validator(batches, vocab.table, loop.validation_windows, loop.window).measure(model)
    tokens_per_bar, tokens_per_s = _rates(batches.batch(_RATE_STEP, _RATE_WINDOWS, loop.window), vocab)
    record = Manifest(
        schema=SCHEMA,
        name=config.export.name,
        engine=ENGINE,
        window=loop.window,
        tokens_per_bar=tokens_per_bar,
        tokens_per_s=tokens_per_s,
        sampling=Sampling(temperature=config.export.temperature, top_p=config.export.top_p),
        sources=sources_of(config, corpus, phases, heard),
        training=how,
        metrics=metrics,
        metrics_command=f"copilot-train {command} --config {shlex.quote(origin.config_file)} --out DIR",
        sha256={},
    )
    return save_bundle(origin.to, model, vocab, record, check).path


def _rates(batch: Batch, vocab: Vocabulary) -> tuple[float, float]:
    """Ids a bar and ids a second of some windows, at the tempo that each one says, else at 120 bpm."""
    table = vocab.table
    ids = bars = 0
    seconds = 0.0
    for words in batch.words:
        tempo_bpm = table.header_of(words[words < table.meta_end].tolist()).tempo_bpm or 120.0
        ticks = int(ticks_after(words, table).max(initial=0))
        seconds += ticks / table.params.ticks_per_beat * 60.0 / tempo_bpm
        bars += int((words == table.bar).sum())
        ids += len(vocab.encode(words.tolist()))
    return round(ids / bars, 2), round(ids / seconds, 2)
