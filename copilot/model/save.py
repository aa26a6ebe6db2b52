"""Writing a bundle: beside its place first, then renamed, so that a reader sees the old one or the new one."""

import dataclasses
import os
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
from safetensors import SafetensorError

from copilot.codec.grid import GridCodec
from copilot.codec.vocabulary import Vocabulary
from copilot.errors import BundleError
from copilot.files import file_sha256, write_whole
from copilot.model.bundle import Bundle
from copilot.model.check import decode, read_file
from copilot.model.evaluation import Evaluation
from copilot.model.manifest import CODEC, FILES, MANIFEST, TOKENIZER, WEIGHTS, CodecFile, Manifest

if TYPE_CHECKING:
    from transformers import Olmo2ForCausalLM


def save_bundle(
    path: Path | str,
    model: "Olmo2ForCausalLM",
    vocab: Vocabulary,
    manifest: Manifest,
    check: Callable[[Path], object] | None = None,
) -> Bundle:
    """Write a bundle in the model's own dtype, replacing the one at `path`; returns it opened.

    The manifest's hashes are filled in here. `check` is given the finished folder before it takes its place. Raises
    BundleError where `path` holds something else, the result would not open or the disk won't take it, and what
    `check` raises; what was at `path` is then still there.
    """
    from transformers.utils.logging import disable_progress_bar

    check_replaceable(path)
    place, path = path, Path(os.path.abspath(path))  # noqa: PTH100  "." has no name; resolve() follows links
    beside = path.with_name(f".{path.name}.part")
    shutil.rmtree(beside, ignore_errors=True)
    disable_progress_bar()  # type: ignore[no-untyped-call]
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        _write_files(beside, model, vocab, manifest)
        Bundle.open(beside)
        if check is not None:
            check(beside)
        check_replaceable(path)  # what came there meanwhile is not ours to delete either
        _put_in_place(beside, path)
    except (OSError, SafetensorError) as error:
        raise BundleError(f"{place}: can't be written ({error}): make room, or give another place") from None
    finally:
        shutil.rmtree(beside, ignore_errors=True)
    return Bundle.open(place)


def check_replaceable(path: Path | str) -> None:
    """Raises BundleError unless a bundle may be written to `path`: nothing, an empty folder or a bundle is there."""
    path = Path(path)
    try:
        if not path.is_symlink() and not path.exists():
            return
        if not path.is_dir():
            raise BundleError(f"{path}: is no folder: a bundle is one; give another place")
        if (path / MANIFEST).is_file() or not any(path.iterdir()):
            return
    except OSError as error:
        raise BundleError(f"{path}: can't be read ({error.strerror}): give another place") from None
    raise BundleError(
        f"{path}: holds files and no {MANIFEST}, and only a bundle is replaced: give another place"
    )


def _write_files(beside: Path, model: "Olmo2ForCausalLM", vocab: Vocabulary, manifest: Manifest) -> None:
    model.save_pretrained(beside)  # one file: shards begin at 50 GB
    (beside / "generation_config.json").unlink(missing_ok=True)
    (beside / TOKENIZER).write_text(vocab.tokenizer.to_str(), "utf-8")
    (beside / CODEC).write_bytes(codec_json(vocab))
    (beside / WEIGHTS).chmod(0o644)  # written readable by its owner alone
    hashes: Mapping[str, str] = {name: file_sha256(beside / name) for name in FILES}
    _write_json(beside / MANIFEST, msgspec.structs.replace(manifest, sha256=dict(hashes)))


def codec_json(vocab: Vocabulary) -> bytes:
    """What codec.json says beside a vocabulary's tokenizer.json."""
    codec = CodecFile(
        name=GridCodec.name,
        params=dataclasses.asdict(vocab.table.params),
        vocab_size=vocab.size,
        vocab_sha256=vocab.sha256,
    )
    return _readable(codec)


def write_evaluation(bundle: Bundle, evaluation: Evaluation) -> Bundle:
    """Put figures into a bundle's bundle.json and leave all else in it as it is; returns the bundle opened anew.

    No hash changes: bundle.json carries those of the other files. Raises BundleError or InputError.
    """
    record = decode(bundle.path, MANIFEST, read_file(bundle.path, MANIFEST), dict[str, Any])
    hashes = record.pop("sha256")
    record |= {"evaluation": msgspec.to_builtins(evaluation), "sha256": hashes}
    write_whole(bundle.path / MANIFEST, _readable(record))
    return Bundle.open(bundle.path)


def _put_in_place(beside: Path, path: Path) -> None:
    old = path.with_name(f".{path.name}.old")
    shutil.rmtree(old, ignore_errors=True)
    if path.exists():
        path.rename(old)
    beside.rename(path)
    shutil.rmtree(old, ignore_errors=True)


def _write_json(path: Path, record: msgspec.Struct) -> None:
    path.write_bytes(_readable(record))


def _readable(record: msgspec.Struct | dict[str, Any]) -> bytes:
    return msgspec.json.format(msgspec.json.encode(record), indent=2) + b"\n"
