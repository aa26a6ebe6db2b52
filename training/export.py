"""A checkpoint → a bundle: 16-bit weights, where they come from, and how well they know unseen songs."""

import platform
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import msgspec
import peft
import torch
import transformers
from transformers import Olmo2ForCausalLM

from copilot.codec.vocabulary import Vocabulary
from copilot.model.manifest import ENGINE, SCHEMA, Manifest, Sampling, Source
from copilot.model.save import save_bundle
from training.batches import Batch
from training.checkpoint import Progress
from training.config import LoopConfig, TrainingConfig
from training.corpus import BLUES, Corpus
from training.finetune import adapted
from training.merge import MergeFigures, merge
from training.network import to_dtype
from training.places import Places
from training.play import notes_played
from training.sources import manifest
from training.stages import load_vocabulary, validation_batches
from training.start import BaseRecord, as_trained
from training.validate import Validator

CITATIONS = {
    "freedoom": "Freedoom project contributors, https://freedoom.github.io (CREDITS of the repository).",
    "slakh": (
        "E. Manilow, G. Wichern, P. Seetharaman, J. Le Roux: Cutting Music Source Separation Some Slakh "
        "(WASPAA 2019); Slakh2100, Zenodo 4599666; MIDI from the Lakh MIDI Dataset (C. Raffel, 2016)."
    ),
    "pop909": "Z. Wang et al.: POP909: A Pop-Song Dataset for Music Arrangement Generation (ISMIR 2020).",
    "groove": "J. Gillick et al.: Learning to Groove with Inverse Sequence Transformations (ICML 2019).",
    "openewld": "F. Simonetta: OpenEWLD, public-domain subset of the Enhanced Wikifonia Leadsheet Dataset.",
    "openscore_lieder": "M. Gotham, P. Jonas: The OpenScore Lieder Corpus (MEC 2021); OpenScore, CC0.",
    "openscore_quartets": "M. Gotham et al.: The OpenScore String Quartet Corpus (DLfM 2023); OpenScore, CC0.",
    "string_master": "string_master contributors.",
    "ms3dmm": "Microsoft 3D Movie Maker, Microsoft Corporation.",
    BLUES: "Written by this project (training.styles.blues).",
}
"""Whom to name. Every source of [corpus.weights] that has songs stands in the bundle, cited or not."""

OWN_LICENSE = "Apache-2.0"
_RATE_STEP, _RATE_WINDOWS = 1, 200
_CHECK_STEP, _CHECK_WINDOWS, _CHECK_IDS = 2, 4, 256
"""What merged logits are compared on: enough for every word that is common, and a minute for 1B weights on a CPU."""


@dataclass(frozen=True, slots=True)
class Origin:
    """Where an export comes from and goes to: the run, its settings and their file's name, the collections."""

    config: TrainingConfig
    config_name: str
    data_dir: Path
    places: Places
    to: Path


def export_bundle(origin: Origin) -> Path:
    """Write phase 1's newest checkpoint as a bundle; returns its folder. Raises ConfigError where there is none."""
    vocab, loop = load_vocabulary(origin.places), origin.config.pretrain
    model, progress, start = as_trained(origin.places, vocab)
    to_dtype(model, getattr(torch, origin.config.export.dtype))
    return _write(origin, model, vocab, loop, _how(origin, "pretrain", progress, start.base))


@dataclass(frozen=True, slots=True)
class MergedBundle:
    """Where a merged bundle lies, how true it is, and the notes that the copilot played with it; None if it wasn't
    asked to."""

    path: Path
    figures: MergeFigures
    notes: int | None


def merge_bundle(origin: Origin, *, play: bool = True) -> MergedBundle:
    """Write phase 2's newest checkpoint, folded into its base, as a bundle.

    With `play` the copilot jams two bars with it first. Raises ConfigError where there is no checkpoint,
    BundleError where merging changed what the model says or the copilot can't play it: nothing is written then.
    """
    vocab, loop = load_vocabulary(origin.places), origin.config.finetune or origin.config.pretrain
    both, progress, record = adapted(origin.places, vocab)
    batches = validation_batches(origin.config, Corpus.load(origin.places.corpus), vocab)
    ids = batches.batch(_CHECK_STEP, _CHECK_WINDOWS, min(loop.window, _CHECK_IDS)).ids
    merged = merge(both, ids, getattr(torch, origin.config.export.dtype))
    how = _how(origin, "finetune", progress, record.base)
    how |= {"adapters": msgspec.to_builtins(record.lora), "merge": msgspec.to_builtins(merged.figures)}
    notes: int | None = None

    def jam(folder: Path) -> None:
        nonlocal notes
        notes = notes_played(folder) if play else None

    path = _write(origin, merged.model, vocab, loop, how, jam)
    return MergedBundle(path, merged.figures, notes)


def _write(
    origin: Origin,
    model: Olmo2ForCausalLM,
    vocab: Vocabulary,
    loop: LoopConfig,
    how: dict[str, object],
    check: Callable[[Path], object] | None = None,
) -> Path:
    config, corpus = origin.config, Corpus.load(origin.places.corpus)
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
        sources=_sources(config, corpus, origin.data_dir),
        training=how,
        metrics=metrics,
        metrics_command=(
            f"copilot-train {how['command']} --config configs/{origin.config_name} --data ../shared/data --out DIR"
        ),
        sha256={},
    )
    return save_bundle(origin.to, model, vocab, record, check).path


def _sources(config: TrainingConfig, corpus: Corpus, data_dir: Path) -> tuple[Source, ...]:
    songs = Counter(song.source for song in corpus.training())
    rows = manifest(data_dir) if any(source != BLUES for source in songs) else {}
    total = sum(weight for source, weight in config.corpus.weights.items() if songs[source])
    return tuple(
        Source(
            name=source,
            license=OWN_LICENSE if source == BLUES else str(rows[source]["license"]),
            url="" if source == BLUES else str(rows[source]["repo"]),
            citation=CITATIONS.get(source, ""),
            songs=songs[source],
            share=round(weight / total, 4),
            synthetic=source == BLUES,
        )
        for source, weight in config.corpus.weights.items()
        if songs[source]
    )


def _how(origin: Origin, stage: str, progress: Progress, base: BaseRecord | None) -> dict[str, object]:
    config = origin.config
    note = {"note": config.export.note} if config.export.note else {}
    stood_on = (
        {"base": base.name, "base_license": base.license, "base_revision": base.revision} if base else {}
    )
    loop = config.finetune if stage == "finetune" and config.finetune else config.pretrain
    return note | {
        "command": "merge" if stage == "finetune" else "export",
        "config": f"configs/{origin.config_name}",
        "settings": msgspec.to_builtins(config),
        **stood_on,
        "license": base.license if base else OWN_LICENSE,
        "seed": loop.seed,
        "steps": progress.step,
        "tokens": progress.tokens,
        "hours": round(progress.elapsed_s / 3600, 2),
        "python": platform.python_version(),
        "torch": str(torch.__version__),
        "transformers": transformers.__version__,
        "peft": peft.__version__,
    }


def _rates(batch: Batch, vocab: Vocabulary) -> tuple[float, float]:
    """Ids a bar and ids a second of some windows, at the tempo that each one says, else at 120 bpm."""
    table = vocab.table
    ids = bars = 0
    seconds = 0.0
    for words in batch.words:
        tempo_bpm = table.header_of(words[words < table.meta_end].tolist()).tempo_bpm or 120.0
        delays = words[(words >= table.anchor_0) & (words < table.velocity_0)]
        ticks = sum(table.delay_ticks(word) for word in delays.tolist())
        seconds += ticks / table.params.ticks_per_beat * 60.0 / tempo_bpm
        bars += int((words == table.bar).sum())
        ids += len(vocab.encode(words.tolist()))
    return round(ids / bars, 2), round(ids / seconds, 2)
