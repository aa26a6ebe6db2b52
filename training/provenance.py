"""Where a bundle's weights come from: base, adapters, collections with their licences, settings and versions."""

import platform
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec
import peft
import torch
import transformers

from copilot.model.manifest import Source
from training.config import LoopConfig, TrainingConfig
from training.corpus import BLUES, Corpus
from training.sources import manifest
from training.start import BaseRecord

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

_Rows = Mapping[str, Mapping[str, object]]


@dataclass(frozen=True, slots=True)
class Phase:
    """One of the phases that a model went through: its settings, and how far it came."""

    loop: LoopConfig
    steps: int
    tokens: int
    elapsed_s: float = 0.0


def sources_of(
    config: TrainingConfig,
    corpus: Corpus,
    data_dir: Path,
    phases: Sequence[Phase],
    heard: Sequence[Source] = (),
) -> tuple[Source, ...]:
    """Every collection that was learnt from, with its share of the ids that the phases drew.

    `heard` is what the base had learnt from elsewhere; its share is unknown and stands as 0.
    """
    songs = Counter(song.source for song in corpus.training())
    shares = dict.fromkeys(songs, 0.0)
    for phase in phases:
        weights = phase.loop.weights or config.corpus.weights
        present = {name: weight for name, weight in weights.items() if songs[name]}
        for name, weight in present.items():
            shares[name] += phase.tokens * weight / sum(present.values())
    total = sum(shares.values())
    drawn = {name: share / total for name, share in shares.items() if share}
    before = [source for source in heard if source.name not in drawn]
    named = [*drawn, *(source.name for source in before if not source.license)]
    rows = manifest(data_dir) if any(name != BLUES for name in named) else {}
    return (
        *(_source(name, songs[name], share, rows) for name, share in drawn.items()),
        *(
            msgspec.structs.replace(source, share=0.0)
            if source.license
            else _source(source.name, source.songs, 0.0, rows)
            for source in before
        ),
    )


def training_of(
    config: TrainingConfig, config_name: str, last: Phase, base: BaseRecord | None
) -> dict[str, object]:
    """What bundle.json says of the training; flat texts and numbers are what `copilot info` shows."""
    note = {"note": config.export.note} if config.export.note else {}
    stands_on = (
        {"base": base.name, "base_license": base.license, "base_revision": base.revision} if base else {}
    )
    return note | {
        "config": f"configs/{config_name}",
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


def _source(name: str, songs: int, share: float, rows: _Rows) -> Source:
    ours = name == BLUES
    return Source(
        name=name,
        license=OWN_LICENSE if ours else str(rows[name]["license"]),
        url="" if ours else str(rows[name]["repo"]),
        citation=CITATIONS.get(name, ""),
        songs=songs,
        share=round(share, 4),
        synthetic=ours,
    )
