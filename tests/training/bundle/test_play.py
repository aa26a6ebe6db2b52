"""The jam that a merged bundle is asked for."""

import shutil
from pathlib import Path

import msgspec
import pytest

from copilot.errors import BundleError
from copilot.model.bundle import default_bundle_path
from training.bundle.export import Origin, export_bundle
from training.bundle.play import notes_played
from training.config import TrainingConfig
from training.places import Places
from training.stages import make_tokenizer, run_pretraining


def test_the_bundle_that_ships_plays_along() -> None:
    """Two bars of piano and hi-hat are answered with notes."""
    assert notes_played(default_bundle_path()) > 0


def test_a_bundle_that_the_copilot_refuses_is_one_line(
    tmp_path: Path, blues_corpus: Path, tiny_config: TrainingConfig
) -> None:
    """What the copilot said stands in it: here, that 64 tokens are no context to play from."""
    config = msgspec.structs.replace(
        tiny_config, corpus=msgspec.structs.replace(tiny_config.corpus, weights={"styles.blues": 1.0})
    )
    places = Places(tmp_path)
    shutil.copytree(blues_corpus, places.corpus)
    make_tokenizer(config, places)
    run_pretraining(config, places, lambda _: None)
    bundle = export_bundle(Origin(config, "tiny.toml", places, places.bundle))
    with pytest.raises(BundleError, match=r"does not play it .*a window of 64 tokens") as caught:
        notes_played(bundle)
    assert "\n" not in str(caught.value)
