"""Each fault of a bundle is one line of BundleError that says what to do."""

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from safetensors.numpy import load_file, save_file

from copilot.decode.checkpoint import read_checkpoint
from copilot.errors import BundleError
from copilot.model.bundle import Bundle
from copilot.model.manifest import FILES

Spoil = Callable[[Path], object]


def rehash(path: Path) -> None:
    """Make the hashes true again, so that the check behind them is reached."""
    record = json.loads((path / "bundle.json").read_text())
    record["sha256"] = {name: hashlib.sha256((path / name).read_bytes()).hexdigest() for name in FILES}
    (path / "bundle.json").write_text(json.dumps(record))


def edit(file: str, /, **changes: object) -> Spoil:
    """Change fields of a JSON file."""

    def spoil(path: Path) -> None:
        record = json.loads((path / file).read_text()) | changes
        (path / file).write_text(json.dumps(record))
        if file != "bundle.json":
            rehash(path)

    return spoil


def write(name: str, data: bytes, *, then_rehash: bool = False) -> Spoil:
    """Put a file of these bytes."""

    def spoil(path: Path) -> None:
        (path / name).write_bytes(data)
        if then_rehash:
            rehash(path)

    return spoil


def foreign_tokenizer(path: Path) -> None:
    """Swap two ids: every word can still be spelt, but with other ids than the model learnt."""
    vocab = Bundle.open(path).codec.vocab
    one, other = vocab.tokenizer.id_to_token(vocab.ids[-1][0]), vocab.tokenizer.id_to_token(vocab.ids[-1][-1])
    record = json.loads((path / "tokenizer.json").read_text())
    table = record["model"]["vocab"]
    table[one], table[other] = table[other], table[one]
    (path / "tokenizer.json").write_text(json.dumps(record))
    rehash(path)


def tokenizer(**changes: object) -> Spoil:
    """Change fields of the model in tokenizer.json."""

    def spoil(path: Path) -> None:
        record = json.loads((path / "tokenizer.json").read_text())
        record["model"] |= changes
        (path / "tokenizer.json").write_text(json.dumps(record))
        rehash(path)

    return spoil


def shared_id(path: Path) -> None:
    """A pinned word has the id with which others begin."""
    first = next(ids[0] for ids in Bundle.open(path).codec.vocab.ids if len(ids) > 1)
    record = json.loads((path / "tokenizer.json").read_text())
    record["added_tokens"] = [each for each in record["added_tokens"] if each["content"] != "[PART_BASS]"]
    record["model"]["vocab"]["[PART_BASS]"] = first
    (path / "tokenizer.json").write_text(json.dumps(record))
    rehash(path)


def link_out(path: Path) -> None:
    outside = path.parent / "outside.json"
    outside.write_bytes((path / "config.json").read_bytes())
    (path / "config.json").unlink()
    (path / "config.json").symlink_to(outside)


def fewer_rows(path: Path) -> None:
    tensors = load_file(path / "model.safetensors")
    tensors["model.embed_tokens.weight"] = tensors["model.embed_tokens.weight"][:-1].copy()
    save_file(tensors, path / "model.safetensors")
    rehash(path)


def fewer_layers(path: Path) -> None:
    tensors = load_file(path / "model.safetensors")
    save_file(
        {name: t for name, t in tensors.items() if ".layers.1." not in name}, path / "model.safetensors"
    )
    rehash(path)


def header(**changes: object) -> Spoil:
    """Change what the header says of one tensor, or add one; the data behind it stay."""

    def spoil(path: Path) -> None:
        file = path / "model.safetensors"
        data = file.read_bytes()
        body = 8 + int.from_bytes(data[:8], "little")
        record = json.loads(data[8:body])
        name = "model.norm.weight"
        record[changes.pop("called", name)] = record[name] | changes
        text = json.dumps(record).encode()
        file.write_bytes(len(text).to_bytes(8, "little") + text + data[body:])
        rehash(path)

    return spoil


def longer(path: Path) -> None:
    with (path / "model.safetensors").open("ab") as file:
        file.write(b"hidden")
    rehash(path)


FAULTS: dict[str, tuple[Spoil, str]] = {
    "missing file": (lambda path: (path / "tokenizer.json").unlink(), "tokenizer.json is missing"),
    "empty file": (write("config.json", b""), "config.json has 0 bytes"),
    "altered weights": (write("model.safetensors", b"x" * 200), "model.safetensors was altered"),
    "altered config": (write("config.json", b"{}"), "config.json was altered"),
    "bad JSON": (write("bundle.json", b"{oops"), "bundle.json is not what it should be"),
    "JSON of another shape": (write("bundle.json", b"[1]"), "bundle.json is not what it should be"),
    "a field missing": (write("bundle.json", b'{"schema": 1}'), "bundle.json is not what it should be"),
    "no sensible rate": (edit("bundle.json", tokens_per_bar=0), "bundle.json is not what it should be"),
    "bad JSON inside": (
        write("codec.json", b"\xff", then_rehash=True),
        "codec.json is not what it should be",
    ),
    "newer schema": (edit("bundle.json", schema=99), "schema 99, this version reads 1"),
    "other engine": (edit("bundle.json", engine="latent"), "engine 'latent' is unknown"),
    "a hash left out": (edit("bundle.json", sha256={}), "must carry the hashes"),
    "other codec": (edit("codec.json", name="remi"), "codec 'remi' is unknown"),
    "codec parameters": (edit("codec.json", params={"beats": 3}), "unusable parameters"),
    "codec parameters out of range": (edit("codec.json", params={"anchor_ticks": 0}), "unusable parameters"),
    "foreign vocabulary": (foreign_tokenizer, "is not the vocabulary that codec.json names"),
    "no tokenizer": (
        write("tokenizer.json", b"{}", then_rehash=True),
        "tokenizer.json is not what it should be",
    ),
    "no tokenizer inside": (tokenizer(merges=[["[", "PAD]"]]), "tokenizer.json is no tokenizer"),
    "merges to no entry, which panics": (
        tokenizer(merges=[["a", "b"]]),
        "tokenizer.json is not what it should be",
    ),
    "truncation, which panics": (
        edit("tokenizer.json", truncation={"max_length": 1, "strategy": "LongestFirst", "stride": 5}),
        "tokenizer.json is not what it should be",
    ),
    "padding without end": (
        edit("tokenizer.json", padding={"strategy": {"Fixed": 2**40}, "direction": "Right"}),
        "tokenizer.json is not what it should be",
    ),
    "a prefix, which panics": (
        tokenizer(continuing_subword_prefix="##"),
        "tokenizer.json is not what it should be",
    ),
    "a pattern without end": (
        edit("tokenizer.json", pre_tokenizer={"type": "Split", "pattern": {"Regex": "(a+)+$"}}),
        "tokenizer.json is not what it should be",
    ),
    "two words of one spelling": (shared_id, "tokenizer.json is foreign"),
    "other model": (edit("config.json", model_type="llama"), "only 'olmo2' is played"),
    "code of its own": (edit("config.json", auto_map={"x": "y"}), "code of its own"),
    "other vocabulary size": (edit("config.json", vocab_size=7), "has 7 ids"),
    "window too long": (edit("config.json", max_position_embeddings=8), "window 64 does not fit 8 positions"),
    "no safetensors": (write("model.safetensors", b"\xff" * 64, then_rehash=True), "is no safetensors file"),
    "bad header": (
        write("model.safetensors", b"\2" + b"\0" * 7 + b"[]", then_rehash=True),
        "malformed safetensors",
    ),
    "header past the end": (
        write("model.safetensors", b"\xff" + b"\0" * 7 + b"{}", then_rehash=True),
        "is no safetensors file",
    ),
    "shorter than a length": (write("model.safetensors", b"{}", then_rehash=True), "is no safetensors file"),
    "deeply nested header": (
        write("model.safetensors", (9000).to_bytes(8, "little") + b'{"a":' + b"[" * 8995, then_rehash=True),
        "malformed safetensors",
    ),
    "data behind the tensors": (longer, "leave some of the"),
    "one tensor over another": (header(called="model.again"), "overlap"),
    "offsets below zero": (header(data_offsets=[-64, 0]), "overlap"),
    "offsets that end before they begin": (header(data_offsets=[64, 0]), "its shape needs others"),
    "offsets past the end": (header(data_offsets=[2**40, 2**40 + 64]), "overlap"),
    "offsets beyond 64 bits": (header(data_offsets=[0, 2**70]), "malformed safetensors"),
    "a shape of another size": (header(shape=[17]), "its shape needs others"),
    "a shape below zero": (header(shape=[-4, -4]), "impossible shape"),
    "too many dimensions": (header(shape=[1] * 9), "impossible shape"),
    "numbers of a kind that is not read": (header(dtype="F64"), "F64, BF16, F16, F32 are read"),
    "a field that is none": (header(shape="16"), "malformed safetensors"),
    "embedding rows": (fewer_rows, "model.safetensors embeds"),
    "layers": (fewer_layers, "has 1 layers, config.json says 2"),
    "link out": (link_out, "is a link out of the bundle"),
    "pickle": (write("pytorch_model.bin", b"\x80\x04N."), "pytorch_model.bin, which may be a pickle"),
    "pickle of another name": (write("optimizer.pt", b"x"), "optimizer.pt, which may be a pickle"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_each_fault_is_one_line_that_says_what_to_do(fault: str, bundle: Bundle) -> None:
    """It names the bundle, what is wrong with it, and the way out after a colon."""
    spoil, expected = FAULTS[fault]
    spoil(bundle.path)
    with pytest.raises(BundleError, match=expected) as caught:
        Bundle.open(bundle.path)
    message = str(caught.value)
    assert "\n" not in message
    assert message.startswith(str(bundle.path))
    assert message.count(": ") >= 2


@pytest.mark.parametrize("name", ["nowhere", "a-file"])
def test_a_path_that_is_no_directory_is_refused(name: str, tmp_path: Path) -> None:
    """A missing directory and a file get the same line."""
    (tmp_path / "a-file").write_text("x")
    with pytest.raises(BundleError, match="is no bundle directory"):
        Bundle.open(tmp_path / name)


def test_weights_that_lack_a_tensor_are_refused_at_loading(bundle: Bundle) -> None:
    """A missing matrix is never drawn at random instead."""
    tensors = load_file(bundle.path / "model.safetensors")
    del tensors["model.norm.weight"]
    save_file(tensors, bundle.path / "model.safetensors")
    rehash(bundle.path)
    with pytest.raises(BundleError, match=r"disagree on model\.norm\.weight"):
        Bundle.open(bundle.path).load_model()


def test_a_tensor_of_another_shape_is_refused_at_loading(bundle: Bundle) -> None:
    """A matrix that does not fit the shape in config.json is an error of the bundle."""
    tensors = load_file(bundle.path / "model.safetensors")
    tensors["model.norm.weight"] = tensors["model.norm.weight"][:-1].copy()
    save_file(tensors, bundle.path / "model.safetensors")
    rehash(bundle.path)
    with pytest.raises(BundleError, match="the model can't be built"):
        Bundle.open(bundle.path).load_model()


@pytest.mark.parametrize("name", FILES)
def test_what_is_checked_is_what_is_played(name: str, bundle: Bundle) -> None:
    """A file that takes another's place after the check is not read, neither config nor weights."""
    before = read_checkpoint(bundle.checkpoint)[1]["model.norm.weight"].copy()
    (bundle.path / "other").write_bytes(b"another file")
    (bundle.path / "other").replace(bundle.path / name)
    shape, tensors = read_checkpoint(bundle.checkpoint)
    assert shape.vocab == bundle.codec.vocab.size
    assert (tensors["model.norm.weight"] == before).all()
    with pytest.raises(BundleError, match=f"{name} was altered"):
        Bundle.open(bundle.path)


def test_each_file_is_opened_once(bundle: Bundle, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is hashed by one opening and believed by another, where a file could be changed between the two."""
    opened: list[str] = []
    real = Path.open

    def noted(path: Path, *how: Any) -> Any:
        opened.append(path.name)
        return real(path, *how)

    monkeypatch.setattr(Path, "open", noted)
    for reader in (Path.read_bytes, Path.read_text):
        monkeypatch.delattr(Path, reader.__name__)
    read_checkpoint(Bundle.open(bundle.path).checkpoint)
    assert sorted(opened) == sorted(["bundle.json", *FILES])
