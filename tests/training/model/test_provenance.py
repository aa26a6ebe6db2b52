"""A bundle names every collection that its weights learnt from, in either phase and before."""

from pathlib import Path

import msgspec

from copilot.codec.words import GridParams
from copilot.model.manifest import Source
from training.config import CorpusConfig, FinetuneConfig, TrainingConfig
from training.corpus import Corpus
from training.corpus.build import build
from training.corpus.report import CorpusProgress
from training.corpus.workers import LocalWorkers
from training.model.provenance import Phase, sources_of, trained_on


def _corpus(directory: Path, collections: Path) -> Corpus:
    config = CorpusConfig(weights={"styles.blues": 0.7, "tiny": 0.3}, blues_songs=3)
    build(config, collections, directory, GridParams(), LocalWorkers(1), CorpusProgress(lambda _: None))
    return Corpus.open(directory)


def test_shares_are_of_the_ids_of_both_phases(
    tiny_config: TrainingConfig, tmp_path: Path, collections: Path
) -> None:
    """Three quarters of the ids in phase 1, all sources; one quarter in phase 2, blues alone."""
    phases = [
        Phase(tiny_config.pretrain, 10, 3000),
        Phase(FinetuneConfig(weights={"styles.blues": 2.0}), 10, 1000),
    ]
    found = sources_of(tiny_config, _corpus(tmp_path, collections), phases)
    assert [(s.name, s.synthetic, s.license, s.share) for s in found] == [
        ("styles.blues", True, "Apache-2.0", 0.775),
        ("tiny", False, "tiny licence", 0.225),
    ]


def test_what_the_base_had_heard_elsewhere_is_named_too(
    tiny_config: TrainingConfig, blues_corpus: Path
) -> None:
    """With the licence that a bundle or another run's corpus said; each once."""
    config = msgspec.structs.replace(
        tiny_config, corpus=msgspec.structs.replace(tiny_config.corpus, weights={"styles.blues": 1.0})
    )
    corpus = Corpus.open(blues_corpus)
    heard = (*trained_on(corpus), Source(name="theirs", license="CC0", songs=5, share=0.9))
    found = sources_of(config, corpus, [Phase(config.pretrain, 1, 10)], heard)
    assert [(s.name, s.license, s.songs, s.share) for s in found] == [
        ("styles.blues", "Apache-2.0", len(corpus.training()), 1.0),
        ("theirs", "CC0", 5, 0.0),
    ]
