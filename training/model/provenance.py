"""Where a bundle's weights come from: base, adapters, collections with their licences, settings and versions."""

import platform
from collections.abc import Sequence
from dataclasses import dataclass

import msgspec
import peft
import torch
import transformers

from copilot.model.manifest import Source
from training.config import LoopConfig, TrainingConfig
from training.corpus import Corpus
from training.corpus.generated import OWN_LICENSE
from training.model.start import BaseRecord

UNSTATED_LICENSE = "not stated"


@dataclass(frozen=True, slots=True)
class Phase:
    """One of the phases that a model went through: its settings, and how far it came."""

    loop: LoopConfig
    steps: int
    tokens: int
    elapsed_s: float = 0.0


def sources_of(
    config: TrainingConfig, corpus: Corpus, phases: Sequence[Phase], heard: Sequence[Source] = ()
) -> tuple[Source, ...]:
    """Every collection that was learnt from, with its share of the ids that the phases drew.

    `heard` is what the base had learnt from elsewhere; its share is unknown and stands as 0.
    """
    ours = {source.name: source for source in trained_on(corpus)}
    shares = dict.fromkeys(ours, 0.0)
    for phase in phases:
        weights = phase.loop.weights or config.corpus.weights or dict.fromkeys(ours, 1.0)
        present = {name: weight for name, weight in weights.items() if name in ours}
        for name, weight in present.items():
            shares[name] += phase.tokens * weight / sum(present.values())
    total = sum(shares.values())
    return (
        *(
            msgspec.structs.replace(ours[name], share=round(share / total, 4))
            for name, share in shares.items()
            if share
        ),
        *(
            msgspec.structs.replace(source, share=0.0)
            for name, source in {source.name: source for source in heard}.items()
            if not shares.get(name)
        ),
    )


def trained_on(corpus: Corpus) -> tuple[Source, ...]:
    """The sources of a corpus that have songs to train on, as a bundle names them."""
    songs = corpus.manifest.splits["train"]
    return tuple(
        Source(
            name=source.name,
            license=source.license or UNSTATED_LICENSE,
            url=source.url,
            citation=source.citation,
            songs=count,
            synthetic=source.synthetic,
        )
        for source, count in zip(corpus.manifest.sources, songs, strict=True)
        if count
    )


def training_of(
    config: TrainingConfig, config_file: str, corpus: Corpus, last: Phase, base: BaseRecord | None
) -> dict[str, object]:
    """What bundle.json says of the training; flat texts and numbers are what `copilot info` shows.

    `config_file` is the path that was typed, `corpus` what the last phase learnt from.
    """
    note = {"note": config.export.note} if config.export.note else {}
    stands_on = (
        {"base": base.name, "base_license": base.license, "base_revision": base.revision} if base else {}
    )
    return note | {
        "config": config_file,
        "corpus_sha256": corpus.sha256,
        "settings": msgspec.to_builtins(config),
        **stands_on,
        "license": base.license if base else OWN_LICENSE,
        "seed": last.loop.seed,
        "steps": last.steps,
        "tokens": last.tokens,
        "hours": round(last.elapsed_s / 3600, 2),
        "python": platform.python_version(),
        "torch": str(torch.__version__),
        "transformers": transformers.__version__,
        "peft": peft.__version__,
    }
