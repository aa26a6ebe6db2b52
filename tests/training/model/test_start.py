"""What phase 1 begins with."""

import shutil
from pathlib import Path

import msgspec

from training.bundle.export import Origin, export_bundle
from training.config import TrainingConfig
from training.model.start import as_trained, read_record
from training.places import Places
from training.stages import load_vocabulary, make_tokenizer, run_pretraining


def test_a_bundle_that_goes_on_learning_brings_what_it_had_learnt_from(
    tmp_path: Path, blues_corpus: Path, tiny_config: TrainingConfig
) -> None:
    """Its collections stand in the record of the run, so that the next bundle names them with their licences."""
    config = msgspec.structs.replace(
        tiny_config, corpus=msgspec.structs.replace(tiny_config.corpus, weights={"styles.blues": 1.0})
    )
    first, second = Places(tmp_path / "first"), Places(tmp_path / "second")
    shutil.copytree(blues_corpus, first.corpus)
    make_tokenizer(config, first)
    run_pretraining(config, first, lambda _: None)
    bundle = export_bundle(Origin(config, "tiny.toml", first, first.bundle))
    shutil.copytree(first.corpus, second.corpus)
    shutil.copytree(first.tokenizer, second.tokenizer)
    model = msgspec.structs.replace(config.model, base=str(bundle))
    run_pretraining(msgspec.structs.replace(config, model=model), second, lambda _: None)
    record = read_record(second.run)
    assert record is not None
    assert [(source.name, source.share) for source in record.heard] == [("styles.blues", 1.0)]
    assert as_trained(second, load_vocabulary(second))[2].heard == record.heard
