"""A checkpoint → a bundle: 16-bit weights, where they come from, and how well they know unseen songs."""

import platform
from pathlib import Path

import msgspec
import torch
import transformers

from copilot.codec.vocabulary import Vocabulary
from copilot.errors import ConfigError
from copilot.model.manifest import ENGINE, SCHEMA, Manifest, Sampling, Source
from copilot.model.save import save_bundle
from training import checkpoint
from training.batches import Batch
from training.checkpoint import Progress
from training.config import TrainingConfig
from training.corpus import Corpus
from training.network import build_model
from training.places import Places
from training.stages import load_vocabulary, validation_batches
from training.validate import Validator

_RATE_STEP, _RATE_WINDOWS = 1, 200


def export_bundle(config: TrainingConfig, config_name: str, places: Places, to: Path) -> Path:
    """Write the newest checkpoint as a bundle to `to`; returns `to`. Raises ConfigError where there is none."""
    corpus, vocab, loop = Corpus.open(places.corpus), load_vocabulary(places), config.pretrain
    newest = checkpoint.latest(places.run)
    if newest is None:
        raise ConfigError(f"{places.run}: has no checkpoint: run `copilot-train pretrain`")
    model = build_model(config.model, vocab.size, vocab.pad_id, loop.window, loop.seed)
    progress = checkpoint.load_weights(newest, model)
    model.to(getattr(torch, config.export.dtype))
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
        sources=_sources(config, corpus),
        training=_how(config, config_name, progress),
        metrics=metrics,
        metrics_command=f"copilot-train export --config configs/{config_name} --out DIR",
        sha256={},
    )
    return save_bundle(to, model, vocab, record).path


def _sources(config: TrainingConfig, corpus: Corpus) -> tuple[Source, ...]:
    """Every source that was trained on, cited or not; songs are the training split's."""
    songs = dict(zip(corpus.sources, corpus.manifest.splits["train"], strict=True))
    weights = config.corpus.weights or dict.fromkeys(corpus.sources, 1.0)
    total = sum(weight for source, weight in weights.items() if songs.get(source))
    return tuple(
        Source(
            name=source.name,
            license=source.license or "not stated",
            url=source.url,
            citation=source.citation,
            songs=songs[source.name],
            share=round(weights[source.name] / total, 4),
        )
        for source in corpus.manifest.sources
        if songs[source.name] and source.name in weights
    )


def _how(config: TrainingConfig, config_name: str, progress: Progress) -> dict[str, object]:
    note = {"note": config.export.note} if config.export.note else {}
    return note | {
        "config": f"configs/{config_name}",
        "settings": msgspec.to_builtins(config),
        "seed": config.pretrain.seed,
        "steps": progress.step,
        "tokens": progress.tokens,
        "hours": round(progress.elapsed_s / 3600, 2),
        "python": platform.python_version(),
        "torch": str(torch.__version__),
        "transformers": transformers.__version__,
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
