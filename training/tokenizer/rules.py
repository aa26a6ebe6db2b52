"""Proof of what the live loop relies on: that no entry and no merge of a tokenizer.json reaches across a word.

The trainer is not trusted. The file itself is read: the settings that keep words apart, then every entry, every
merge and every special token, and at last the spelling of every word. Each rule raises VocabularyError, one line.
"""

import json
import re
from collections.abc import Iterable
from typing import Any

import numpy as np
from tokenizers import Tokenizer

from copilot.codec.vocabulary import Vocabulary
from copilot.codec.words import WordTable
from copilot.errors import VocabularyError

SPACE = "Ġ"
"""How ByteLevel writes the space that ends a word."""

_SPLIT = {"type": "Split", "pattern": {"String": " "}, "behavior": "MergedWithPrevious", "invert": False}
_BYTES = {"type": "ByteLevel", "add_prefix_space": False, "use_regex": False}
_MODEL = {
    "type": "BPE", "dropout": None, "unk_token": None, "continuing_subword_prefix": None,
    "end_of_word_suffix": None, "fuse_unk": False, "byte_fallback": False, "ignore_merges": False,
}  # fmt: skip
_SPECIAL = {"single_word": False, "lstrip": False, "rstrip": True, "normalized": False, "special": True}
_TIME = re.compile(r"P_\d+")
_SEED, _NEIGHBOURS, _PREFIXES = 5, 6_000, 5


def prove_rules(tokenizer_json: str, table: WordTable) -> Vocabulary:
    """The vocabulary of a tokenizer.json that keeps every rule. Raises VocabularyError for the first broken one."""
    try:
        record: dict[str, Any] = json.loads(tokenizer_json)
        model, vocab, merges = record["model"], record["model"]["vocab"], record["model"]["merges"]
        special = record["added_tokens"]
    except (ValueError, KeyError, TypeError):
        raise VocabularyError("this is no tokenizer.json of a BPE: train one with `tokenizer`") from None
    _prove_settings(record, model)
    _prove_special(special, vocab, table)
    entries = vocab.keys() - set(table.specials)
    _prove_entries(entries, table)
    _prove_merges(merges, vocab)
    made = Vocabulary(Tokenizer.from_str(tokenizer_json), table)
    _prove_ids(made, entries)
    _prove_prefixes(made)
    return made


def _prove_settings(record: dict[str, Any], model: dict[str, Any]) -> None:
    """Text is cut after each space before any merge is tried, and nothing else touches it."""
    steps = (record.get("pre_tokenizer") or {}).get("pretokenizers") or []
    if len(steps) != 2 or not (_SPLIT.items() <= steps[0].items() and _BYTES.items() <= steps[1].items()):
        raise VocabularyError("the pre-tokenizer does not part the text after each space: tokens span words")
    for name in ("normalizer", "post_processor", "truncation", "padding"):
        if record.get(name) is not None:
            raise VocabularyError(
                f"the tokenizer has a {name}, which changes ids by their place: take it out"
            )
    for name, value in _MODEL.items():
        if model.get(name) != value:
            raise VocabularyError(f"the tokenizer's {name} is {model.get(name)!r}: it must be {value!r}")


def _prove_special(special: list[dict[str, Any]], vocab: dict[str, int], table: WordTable) -> None:
    """The metadata words, and they alone, are tokens of their own, and swallow the space that follows."""
    texts = tuple(token["content"] for token in sorted(special, key=lambda token: token["id"]))
    if set(texts) != set(table.specials):
        odd = sorted(set(texts) ^ set(table.specials))[0]
        raise VocabularyError(f"{odd} is not one of the codec's metadata words, or lacks: train again")
    for token in special:
        if not _SPECIAL.items() <= token.items() or vocab.get(token["content"]) != token["id"]:
            raise VocabularyError(f"special token {token['content']} would touch its neighbours: train again")


def _prove_entries(entries: Iterable[str], table: WordTable) -> None:
    """Every entry is a piece of one word and the space behind it."""
    pieces = set()
    for text in table.texts[table.meta_end :]:
        whole = text + SPACE
        pieces |= {whole[a:b] for a in range(len(whole)) for b in range(a + 1, len(whole) + 1)}
    for entry in sorted(set(entries) - pieces):
        if len(_TIME.findall(entry)) > 1:
            raise VocabularyError(
                f"token {entry!r} holds an anchor and an offset: part words before training"
            )
        if _TIME.search(entry):
            raise VocabularyError(f"token {entry!r} spans a time word: part words before training")
        if SPACE in entry[:-1]:
            raise VocabularyError(f"token {entry!r} spans two words: part words before training")
        raise VocabularyError(f"token {entry!r} is a piece of no word of this codec: train again")


def _prove_merges(merges: list[Any], vocab: dict[str, int]) -> None:
    """Every merge joins two entries to an entry, and its left half does not end a word."""
    for merge in merges:
        left, right = merge.split(" ") if isinstance(merge, str) else merge
        if SPACE in left:
            raise VocabularyError(
                f"merge {left!r} + {right!r} reaches across a word: part words before training"
            )
        if not {left, right, left + right} <= vocab.keys():
            raise VocabularyError(f"merge {left!r} + {right!r} makes no entry: the file was altered")


def _prove_ids(vocab: Vocabulary, entries: Iterable[str]) -> None:
    """Ids are 0 … size − 1 without a gap, and no word's ids begin another's (its last id alone ends a word)."""
    ids = sorted(vocab.tokenizer.get_vocab().values())
    if ids != list(range(vocab.size)):
        raise VocabularyError(f"ids run from {ids[0]} to {ids[-1]} for {vocab.size} entries: there is a gap")
    ends = {vocab.tokenizer.token_to_id(entry) for entry in entries if entry.endswith(SPACE)}
    for word in range(vocab.table.meta_end, len(vocab.table)):
        *inner, last = vocab.ids[word]
        if last not in ends or ends.intersection(inner):
            raise VocabularyError(f"{vocab.table.texts[word]} is spelt past its end: the file was altered")


def _prove_prefixes(vocab: Vocabulary) -> None:
    """Words have the same ids alone, between any neighbours, and however much text follows."""
    table = vocab.table
    rng = np.random.default_rng(_SEED)
    words = [
        *range(table.pad + 1, len(table)),
        *rng.integers(table.meta_end, len(table), _NEIGHBOURS).tolist(),
    ]
    for length in (len(words), *rng.integers(1, len(words), _PREFIXES).tolist()):
        text = "".join(table.texts[word] + " " for word in words[:length])
        if vocab.tokenizer.encode(text, add_special_tokens=False).ids != vocab.encode(words[:length]):
            raise VocabularyError("ids of a word change with its neighbours: the cache needs a stable prefix")
