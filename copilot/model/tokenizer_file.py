"""What tokenizer.json may say: a byte-level BPE as `train_tokenizer` makes it, and nothing else.

The library that reads it takes much more: patterns that never end, padding of any length, and truncation, prefixes
and merges at which it panics, with an exception that is none of Exception's. It is refused before it gets there.
"""

from typing import Annotated, Any, Literal

import msgspec

MOST_ENTRIES = 2**20


class _Pattern(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    String: str


class _Split(msgspec.Struct, frozen=True, tag="Split"):
    pattern: _Pattern


class _ByteLevel(msgspec.Struct, frozen=True, tag="ByteLevel"):
    use_regex: Literal[False] = False


class _Steps(msgspec.Struct, frozen=True, tag="Sequence"):
    pretokenizers: tuple[_Split | _ByteLevel, ...]


class _Model(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    type: Literal["BPE"]
    vocab: dict[str, Annotated[int, msgspec.Meta(ge=0, lt=MOST_ENTRIES)]]
    merges: list[tuple[str, str]]
    dropout: None = None
    unk_token: None = None
    continuing_subword_prefix: None = None
    end_of_word_suffix: None = None
    fuse_unk: bool = False
    byte_fallback: bool = False
    ignore_merges: bool = False

    def __post_init__(self) -> None:
        for first, second in self.merges:
            if first + second not in self.vocab:  # it panics where that is longer than every entry
                raise ValueError(f"merges {first!r} and {second!r} to no entry of the vocabulary")


class TokenizerFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """tokenizer.json."""

    model: _Model
    pre_tokenizer: _Steps
    added_tokens: list[Any]
    version: str = "1.0"
    truncation: None = None
    padding: None = None
    normalizer: None = None
    post_processor: None = None
    decoder: Any = None
