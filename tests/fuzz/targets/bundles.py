"""A bundle's files: JSON, and the header of its weights."""

from functools import cache, partial
from pathlib import Path
from typing import Any

from copilot.errors import BundleError
from copilot.model.bundle import Bundle, default_bundle_path
from copilot.model.check import (
    check_config,
    check_hashes,
    check_manifest,
    check_shapes,
    decode,
    open_tokenizer,
)
from copilot.model.manifest import CODEC, CONFIG, MANIFEST, CodecFile, Manifest
from copilot.model.weights import _checked
from tests.fuzz.target import Target

_HERE = Path("bundle")
_JSON = (
    b'"schema"',
    b'"window"',
    b'"sha256"',
    b'"shape":[',
    b'"data_offsets":[0,',
    b'"F32"',
    b'"__metadata__":',
)


def _manifest(data: bytes) -> None:
    manifest = decode(_HERE, MANIFEST, data, Manifest)
    check_manifest(_HERE, manifest)
    check_hashes(_HERE, manifest, {})


def _codec(data: bytes) -> CodecFile:
    return decode(_HERE, CODEC, data, CodecFile)


@cache
def _shipped() -> Bundle:
    return Bundle.open(default_bundle_path())


def _config(data: bytes) -> None:
    bundle = _shipped()
    config = decode(_HERE, CONFIG, data, dict[str, Any])
    check_config(_HERE, config, bundle.codec.vocab, 64)
    check_shapes(_HERE, bundle.weights.shapes, config)


def _tokenizer(data: bytes) -> None:
    """As it is opened, and a few of the words that it then spells, of four thousand."""
    tokenizer = open_tokenizer(_HERE, data)
    for word in ("BAR ", "P_12 ", "ON_9_36 "):
        tokenizer.encode(word, add_special_tokens=False)


TARGETS = [
    Target("header", partial(_checked, _HERE, body_bytes=16), (BundleError,), words=_JSON),
    Target("manifest", _manifest, (BundleError,), words=_JSON, most_bytes=8192),
    Target(
        "tokenizer",
        _tokenizer,
        (BundleError,),
        words=(b'"merges":[', b'"vocab":{', b'"id":', b'["B","A"]'),
        most_bytes=4096,
    ),
    Target("codec", _codec, (BundleError,), words=_JSON),
    Target("model-config", _config, (BundleError,), words=_JSON),
]
