"""The checks that a bundle passes before anything in it is believed: each failure is one BundleError line."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeVar

import msgspec
from tokenizers import Tokenizer

from copilot.codec.grid import GridCodec
from copilot.codec.vocabulary import Vocabulary
from copilot.codec.words import GridParams, WordTable
from copilot.errors import BundleError, ParameterError, VocabularyError
from copilot.model.manifest import (
    CODEC,
    CONFIG,
    ENGINE,
    FILES,
    MANIFEST,
    SCHEMA,
    TOKENIZER,
    WEIGHTS,
    CodecFile,
    Manifest,
)
from copilot.model.tokenizer_file import TokenizerFile
from copilot.model.weights import altered

MAX_JSON_BYTES = 16 * 2**20
MAX_WEIGHTS_BYTES = 16 * 2**30
"""An OLMo-2 1B has 3 GB in 16 bits, 6 in 32; this leaves room and still refuses a disk image."""

REMADE = "fetch or export the bundle again"
_PICKLES = (".bin", ".pt", ".pth", ".pkl", ".pickle", ".ckpt", ".npy", ".npz", ".joblib")
_Decoded = TypeVar("_Decoded")


def check_directory(path: Path) -> None:
    """Every file must be there, of a sane size, inside the directory, and none may be a pickle."""
    if not path.is_dir():
        raise BundleError(f"{path}: is no bundle directory: give one that holds {MANIFEST}")
    for found in sorted(path.iterdir()):
        if found.suffix.lower() in _PICKLES:
            raise BundleError(
                f"{path}: holds {found.name}, which may be a pickle and run code: "
                "convert the weights to model.safetensors and remove it"
            )
        if found.is_symlink() and not found.resolve().is_relative_to(path.resolve()):
            raise BundleError(f"{path}: {found.name} is a link out of the bundle: put the file itself there")
    for name in (MANIFEST, *FILES):
        file = path / name
        if not file.is_file():
            raise BundleError(f"{path}: {name} is missing: {REMADE}")
        largest = MAX_WEIGHTS_BYTES if name == WEIGHTS else MAX_JSON_BYTES
        size = file.stat().st_size
        if not 0 < size <= largest:
            raise BundleError(f"{path}: {name} has {size:,} bytes, allowed are 1 to {largest:,}: {REMADE}")


def check_manifest(path: Path, manifest: Manifest) -> None:
    """The schema and the engine must be ones that this version knows."""
    if manifest.schema != SCHEMA:
        raise BundleError(
            f"{path}: bundle schema {manifest.schema}, this version reads {SCHEMA}: update the copilot or the bundle"
        )
    if manifest.engine != ENGINE:
        raise BundleError(
            f"{path}: engine {manifest.engine!r} is unknown, {ENGINE!r} is known: update the copilot"
        )


def check_hashes(path: Path, manifest: Manifest, found: Mapping[str, str]) -> None:
    """All files must have a hash, and those that were `found` be the ones that were exported."""
    if sorted(manifest.sha256) != sorted(FILES):
        raise BundleError(f"{path}: {MANIFEST} must carry the hashes of {', '.join(FILES)}: {REMADE}")
    for name, sha256 in found.items():
        if sha256 != manifest.sha256[name]:
            raise altered(path, name)


def open_codec(path: Path, codec_json: bytes, tokenizer_json: bytes) -> GridCodec:
    """The codec of codec.json over tokenizer.json, whose vocabulary must be the one that the model learnt."""
    codec_file = decode(path, CODEC, codec_json, CodecFile)
    if codec_file.name != GridCodec.name:
        raise BundleError(
            f"{path}: codec {codec_file.name!r} is unknown, 'grid' is known: update the copilot"
        )
    try:
        params = GridParams(**codec_file.params)  # type: ignore[arg-type]  # it checks itself
        vocab = Vocabulary(open_tokenizer(path, tokenizer_json), WordTable(params))
    except (TypeError, ParameterError) as error:
        raise BundleError(f"{path}: {CODEC} has unusable parameters ({error}): {REMADE}") from None
    except VocabularyError as error:
        raise BundleError(f"{path}: {TOKENIZER} is foreign ({error}): {REMADE}") from None
    if (vocab.size, vocab.sha256) != (codec_file.vocab_size, codec_file.vocab_sha256):
        raise BundleError(f"{path}: {TOKENIZER} is not the vocabulary that {CODEC} names: {REMADE}")
    return GridCodec(vocab)


def open_tokenizer(path: Path, tokenizer_json: bytes) -> Tokenizer:
    """The tokenizer of tokenizer.json, if it is one that we make. Raises BundleError."""
    decode(path, TOKENIZER, tokenizer_json, TokenizerFile)
    try:
        return Tokenizer.from_buffer(tokenizer_json)
    except Exception as error:  # noqa: BLE001  # plain Exception is what it raises
        raise BundleError(f"{path}: {TOKENIZER} is no tokenizer ({error}): {REMADE}") from None


def check_config(path: Path, config: Mapping[str, Any], vocab: Vocabulary, window: int) -> None:
    """The model must be one that is played here, over this vocabulary, and bring no code of its own."""
    if config.get("model_type") != "olmo2":
        raise BundleError(
            f"{path}: model type {config.get('model_type')!r}, only 'olmo2' is played: {REMADE}"
        )
    if config.get("vocab_size") != vocab.size:
        raise BundleError(
            f"{path}: {CONFIG} has {config.get('vocab_size')} ids, {CODEC} {vocab.size}: {REMADE}"
        )
    if config.get("auto_map"):
        raise BundleError(f"{path}: {CONFIG} asks for code of its own (auto_map): remove it")
    positions = config.get("max_position_embeddings")
    if not isinstance(positions, int) or not 1 <= window <= positions:
        raise BundleError(f"{path}: window {window} does not fit {positions} positions: {REMADE}")


def check_shapes(path: Path, shapes: Mapping[str, tuple[int, ...]], config: Mapping[str, Any]) -> None:
    """The weights must embed the vocabulary and have the layers that config.json says."""
    embedding, expected = (
        shapes.get("model.embed_tokens.weight"),
        (config["vocab_size"], config.get("hidden_size")),
    )
    if embedding != expected:
        raise BundleError(f"{path}: {WEIGHTS} embeds {embedding}, the vocabulary needs {expected}: {REMADE}")
    layers = len({name.split(".")[2] for name in shapes if name.startswith("model.layers.")})
    if layers != config.get("num_hidden_layers"):
        wanted = config.get("num_hidden_layers")
        raise BundleError(f"{path}: {WEIGHTS} has {layers} layers, {CONFIG} says {wanted}: {REMADE}")


def read_file(path: Path, name: str) -> bytes:
    """One of a bundle's JSON files, whole. Raises BundleError."""
    try:
        with (path / name).open("rb") as file:
            data = file.read(MAX_JSON_BYTES + 1)
    except OSError as error:
        raise BundleError(f"{path}: {name} can't be read ({error.strerror}): {REMADE}") from None
    if len(data) > MAX_JSON_BYTES:
        raise BundleError(f"{path}: {name} has over {MAX_JSON_BYTES:,} bytes: {REMADE}")
    return data


def decode(path: Path, name: str, data: bytes, kind: type[_Decoded]) -> _Decoded:
    """A bundle's JSON as a record. Raises BundleError for bad JSON, missing or ill-typed fields."""
    try:
        return msgspec.json.decode(data, type=kind)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise BundleError(f"{path}: {name} is not what it should be ({error}): {REMADE}") from None
