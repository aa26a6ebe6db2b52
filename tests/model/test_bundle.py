"""A bundle comes back as it was saved, and without torch until its weights are wanted."""

import errno
import json
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest
import torch
from transformers import Olmo2ForCausalLM

from copilot.codec.vocabulary import Vocabulary
from copilot.errors import BundleError
from copilot.model.bundle import SHIPPED, Bundle, default_bundle_path, shipped_bundle_path
from copilot.model.evaluation import FIGURE_LABELS, Evaluation, Figure
from copilot.model.manifest import FILES, MANIFEST, Manifest
from copilot.model.save import save_bundle, write_evaluation


def test_a_saved_bundle_gives_back_codec_manifest_and_weights(
    bundle: Bundle, model: Olmo2ForCausalLM, vocab: Vocabulary, manifest: Manifest
) -> None:
    """Vocabulary, record and every weight survive the disk."""
    opened = Bundle.open(bundle.path)
    assert opened.codec.vocab.sha256 == vocab.sha256
    assert msgspec.structs.replace(opened.manifest, sha256={}) == manifest
    assert set(opened.manifest.sha256) == set(FILES)
    assert opened.parameters == sum(weight.numel() for weight in model.parameters())
    loaded = opened.load_model().state_dict()
    assert all(torch.equal(weight, loaded[name]) for name, weight in model.state_dict().items())


def test_weights_come_in_the_dtype_that_is_asked_for(bundle: Bundle) -> None:
    """float32 unless told otherwise."""
    assert bundle.load_model().dtype == torch.float32
    assert bundle.load_model(torch.bfloat16).dtype == torch.bfloat16


def test_opening_needs_no_torch(bundle: Bundle) -> None:
    """`copilot info` pays for JSON and hashes, not for torch."""
    code = (
        "import sys; from copilot.model.bundle import Bundle; "
        f"print(Bundle.open({str(bundle.path)!r}).describe()); "
        "assert not {'torch', 'transformers'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True, capture_output=True)


def test_saving_replaces_the_old_bundle_and_leaves_nothing_beside(
    bundle: Bundle, model: Olmo2ForCausalLM, vocab: Vocabulary, manifest: Manifest
) -> None:
    """A second save takes the first one's place."""
    renamed = msgspec.structs.replace(manifest, name="second")
    assert save_bundle(bundle.path, model, vocab, renamed).manifest.name == "second"
    assert [path.name for path in bundle.path.parent.iterdir()] == [bundle.path.name]


def test_a_save_that_would_not_open_leaves_the_old_bundle(
    bundle: Bundle, model: Olmo2ForCausalLM, vocab: Vocabulary, manifest: Manifest
) -> None:
    """A window longer than the model's positions is refused, and what was there stays."""
    with pytest.raises(BundleError, match="window 65"):
        save_bundle(bundle.path, model, vocab, msgspec.structs.replace(manifest, window=65))
    assert Bundle.open(bundle.path).window == 64


def test_a_full_disk_is_one_line_and_leaves_the_old_bundle(
    bundle: Bundle,
    model: Olmo2ForCausalLM,
    vocab: Vocabulary,
    manifest: Manifest,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Nothing half-written stays beside it."""

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Olmo2ForCausalLM, "save_pretrained", full)
    with pytest.raises(BundleError, match=r"can't be written .*No space left.*: make room"):
        save_bundle(bundle.path, model, vocab, msgspec.structs.replace(manifest, name="second"))
    assert Bundle.open(bundle.path).manifest.name == "tiny"
    assert [path.name for path in bundle.path.parent.iterdir()] == [bundle.path.name]


def test_a_folder_of_something_else_is_not_replaced(
    tmp_path: Path, model: Olmo2ForCausalLM, vocab: Vocabulary, manifest: Manifest
) -> None:
    """Files without a bundle.json, or a file, stay as they are; an empty folder is taken."""
    for name in ("songs", "file", "empty"):
        (tmp_path / name).mkdir() if name != "file" else (tmp_path / name).write_text("mine")
    (tmp_path / "songs" / "mine.txt").write_text("mine")
    for name, said in (("songs", "holds files and no bundle.json"), ("file", "is no folder")):
        with pytest.raises(BundleError, match=said):
            save_bundle(tmp_path / name, model, vocab, manifest)
    assert (tmp_path / "songs" / "mine.txt").read_text() == (tmp_path / "file").read_text() == "mine"
    assert save_bundle(tmp_path / "empty", model, vocab, manifest).manifest.name == "tiny"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["empty", "file", "songs"]


def test_what_a_check_refuses_is_not_put_in_place(
    bundle: Bundle, model: Olmo2ForCausalLM, vocab: Vocabulary, manifest: Manifest
) -> None:
    """It is given the whole bundle, before anybody else can find it."""
    seen: list[str] = []

    def refuse(folder: Path) -> None:
        seen.append(Bundle.open(folder).manifest.name)
        raise BundleError("no")

    with pytest.raises(BundleError, match="no"):
        save_bundle(bundle.path, model, vocab, msgspec.structs.replace(manifest, name="second"), refuse)
    assert seen == ["second"]
    assert Bundle.open(bundle.path).manifest.name == "tiny"
    assert [path.name for path in bundle.path.parent.iterdir()] == [bundle.path.name]


def test_a_description_tells_what_a_person_wants_to_know(bundle: Bundle) -> None:
    """Shape, codec, window in bars and seconds, licence, metrics and hashes, each in one line."""
    rows = dict(bundle.describe())
    assert rows["window"] == "64 tokens: about 4 bars or 8 s of a band"
    assert rows["trained on made up"] == "3 songs, 100%: CC0 1.0"
    assert rows["val_nats"] == "6"
    assert "2 layers of 16" in rows["model"]
    assert set(rows) >= {f"sha256 {name}" for name in FILES}
    assert not any("\n" in text for text in rows.values())


def test_the_default_bundle_lies_in_the_package() -> None:
    """It is found from the package, wherever one stands."""
    assert default_bundle_path().parts[-3:] == ("copilot", "bundles", "default")
    assert default_bundle_path().is_absolute()


@pytest.mark.parametrize("name", SHIPPED)
def test_a_bundle_that_ships_opens_loads_and_is_small(name: str) -> None:
    """It passes every check, is under 30 MB, names every licence and learnt from nothing kept for research."""
    bundle = Bundle.open(shipped_bundle_path(name))
    size = sum(file.stat().st_size for file in Path(bundle.path).iterdir())
    research = {
        "nottingham",
        "bach_chorales",
        "casio_demos",
        "casio_rhythms",
        "mma_songs",
        "mma_prog",
        "mma_blues_train",
    }
    assert size < 30e6
    assert all(source.license and source.citation for source in bundle.manifest.sources)
    assert not {source.name for source in bundle.manifest.sources} & research
    logits = bundle.load_model()(input_ids=torch.tensor([[1, 2, 3]])).logits
    assert logits.shape == (1, 3, bundle.codec.vocab.size)


@pytest.fixture
def evaluation() -> Evaluation:
    figures = {name: Figure(5.096, 4.951, 5.262) for name in FIGURE_LABELS}
    chance = {name: Figure(10.6, 10.6, 10.6) for name in FIGURE_LABELS}
    return Evaluation(
        command="copilot-train evaluate --out DIR", split="validation", songs=271, tokens=1_000_000, notes=250_000,
        part_notes=60_000, beats=40_000.25, figures={"model": figures, "uniform": chance},
    )  # fmt: skip


def test_figures_written_into_a_bundle_change_nothing_else_in_it(
    bundle: Bundle, evaluation: Evaluation
) -> None:
    """Hashes, other fields and fields of a newer version stay; writing again replaces the figures."""
    file = bundle.path / MANIFEST
    record = json.loads(file.read_bytes()) | {"from the future": {"x": 1}}
    file.write_text(json.dumps(record))
    assert write_evaluation(bundle, evaluation).manifest.evaluation == evaluation
    write_evaluation(bundle, msgspec.structs.replace(evaluation, songs=3))
    after = json.loads(file.read_bytes())
    assert after.pop("evaluation")["songs"] == 3
    assert after == {key: value for key, value in record.items() if key != "evaluation"}


def test_a_description_shows_the_figures_with_their_intervals_and_the_baselines(
    bundle: Bundle, evaluation: Evaluation
) -> None:
    """One line a figure, the model's first."""
    assert "evaluated by" not in dict(bundle.describe())
    rows = dict(write_evaluation(bundle, evaluation).describe())
    assert rows["bits per note, all parts"] == "5.10 (4.95–5.26); uniform 10.6"
    assert rows["evaluated on"].startswith("271 validation songs: 1,000,000 tokens, 250,000 notes")
    assert rows["evaluated by"] == "copilot-train evaluate --out DIR"
