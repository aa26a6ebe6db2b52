"""A bundle names every collection that its weights learnt from, in either phase and before."""

import dataclasses
from pathlib import Path

import msgspec

from copilot.model.manifest import Source
from training.config import FinetuneConfig, TrainingConfig
from training.corpus import Corpus
from training.provenance import Phase, sources_of
from training.song import Song


def test_shares_are_of_the_ids_of_both_phases(
    tiny_config: TrainingConfig, songs: list[Song], collections: Path
) -> None:
    """Three quarters of the ids in phase 1, all sources; one quarter in phase 2, blues alone."""
    corpus = Corpus((*songs, dataclasses.replace(songs[0], source="tiny", group="tiny 0")))
    phases = [
        Phase(tiny_config.pretrain, 10, 3000),
        Phase(FinetuneConfig(weights={"styles.blues": 2.0}), 10, 1000),
    ]
    blues, tiny = sources_of(tiny_config, corpus, collections, phases)
    assert (blues.name, blues.synthetic, blues.license, blues.share) == (
        "styles.blues",
        True,
        "Apache-2.0",
        0.775,
    )
    assert (tiny.name, tiny.synthetic, tiny.license, tiny.share) == (
        "tiny",
        False,
        "tiny licence",
        0.225,
    )


def test_what_the_base_had_heard_elsewhere_is_named_too(
    tiny_config: TrainingConfig, songs: list[Song], collections: Path
) -> None:
    """With the licence that a bundle said, or the one that the collections' list says; each once."""
    config = msgspec.structs.replace(
        tiny_config, corpus=msgspec.structs.replace(tiny_config.corpus, weights={"styles.blues": 1.0})
    )
    heard = (
        Source(name="styles.blues", license="", songs=9),
        Source(name="theirs", license="CC0", songs=5, share=0.9),
        Source(name="tiny", license="", songs=7),
    )
    found = sources_of(config, Corpus(tuple(songs)), collections, [Phase(config.pretrain, 1, 10)], heard)
    assert [(s.name, s.license, s.songs, s.share) for s in found] == [
        ("styles.blues", "Apache-2.0", len(Corpus(tuple(songs)).training()), 1.0),
        ("theirs", "CC0", 5, 0.0),
        ("tiny", "tiny licence", 7, 0.0),
    ]
