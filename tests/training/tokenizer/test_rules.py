"""The rules that the cache and the sampler rely on are proved of the file, not believed of the trainer."""

import json
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers, trainers

from copilot.codec.vocabulary import train_tokenizer
from copilot.codec.words import GridParams, WordTable
from copilot.errors import VocabularyError
from copilot.model.check import open_codec, read_file
from copilot.model.manifest import CODEC, TOKENIZER
from training.tokenizer.rules import prove_rules

SHIPPED = Path(__file__).parents[3] / "copilot" / "bundles" / "default"
TABLE = WordTable(GridParams())
WORDS = " ".join(TABLE.texts[TABLE.meta_end :]) + " "
PHRASE = "BAR V_5 ON_7_40 P_12 P_2 OFF_7_40 P_6 ON_0_60 " * 40
Record = dict[str, Any]


@cache
def sound() -> str:
    return train_tokenizer([PHRASE, WORDS], TABLE, 1100).to_str()


@cache
def unparted() -> str:
    """What the same trainer makes of the same text where nothing parts the words."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
    tokenizer.decoder = decoders.ByteLevel()
    specials = [AddedToken(text, rstrip=True, normalized=False) for text in TABLE.specials]
    trainer = trainers.BpeTrainer(vocab_size=1100, special_tokens=specials, show_progress=False)
    tokenizer.train_from_iterator([PHRASE] * 20 + [WORDS], trainer=trainer)
    return tokenizer.to_str()


def altered(change: Callable[[Record], object]) -> str:
    """The sound tokenizer with something changed in its file."""
    record: Record = json.loads(sound())
    change(record)
    return json.dumps(record)


def with_entry(*pieces: str) -> Callable[[Record], None]:
    """Add the merge of two pieces and its entry, as a trainer would."""

    def change(record: Record) -> None:
        vocab = record["model"]["vocab"]
        for piece in (*pieces, "".join(pieces)):
            vocab.setdefault(piece, len(vocab))
        record["model"]["merges"].append(list(pieces))

    return change


def test_a_tokenizer_of_the_trainer_keeps_every_rule() -> None:
    """Its vocabulary comes back, and so does the shipped bundle's."""
    assert prove_rules(sound(), TABLE).size == 1100
    shipped = open_codec(SHIPPED, read_file(SHIPPED, CODEC), read_file(SHIPPED, TOKENIZER)).vocab
    assert (
        prove_rules((SHIPPED / "tokenizer.json").read_text("utf-8"), shipped.table).sha256 == shipped.sha256
    )


def test_a_tokenizer_trained_on_unparted_words_is_refused() -> None:
    """The settings alone give it away."""
    with pytest.raises(VocabularyError, match="does not part the text") as caught:
        prove_rules(unparted(), TABLE)
    assert "\n" not in str(caught.value)


def test_right_settings_do_not_hide_entries_that_span_words() -> None:
    """With the pre-tokenizer of a sound file put into it, the unparted one is found by its entries."""
    record = json.loads(unparted())
    record["pre_tokenizer"] = json.loads(sound())["pre_tokenizer"]
    with pytest.raises(VocabularyError, match="before training"):
        prove_rules(json.dumps(record), TABLE)


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (with_entry("P_12Ġ", "P_2Ġ"), "'P_12ĠP_2Ġ' holds an anchor and an offset"),
        (with_entry("P_12", "P_2"), "'P_12P_2' holds an anchor and an offset"),
        (with_entry("P_12Ġ", "ON"), "'P_12ĠON' spans a time word"),
        (with_entry("BARĠ", "V"), "'BARĠV' spans two words"),
        (with_entry("ON_7_", "BAR"), "'ON_7_BAR' is a piece of no word"),
        (lambda r: r["model"]["merges"].append(["Ġ", "P"]), "'Ġ' . 'P' reaches across a word"),
        (lambda r: r["model"]["merges"].append(["ON_7_4", "0"]), "'ON_7_4' . '0' makes no entry"),
        (lambda r: r["model"].update(ignore_merges=True), "ignore_merges is True"),
        (lambda r: r["model"].update(dropout=0.1), "dropout is 0.1"),
        (lambda r: r["model"].update(type="WordLevel"), "type is 'WordLevel'"),
        (lambda r: r.update(normalizer={"type": "Lowercase"}), "has a normalizer"),
        (lambda r: r["pre_tokenizer"]["pretokenizers"].pop(0), "does not part the text"),
        (lambda r: r["added_tokens"].pop(), r"\[CH_15_BASS\] is not one of"),
        (lambda r: r["added_tokens"][3].update(rstrip=False), "would touch its neighbours"),
        (lambda r: r.pop("model"), "no tokenizer.json of a BPE"),
        (lambda r: r["model"]["vocab"].update({"ON_7_40Ġ": 9999}), "there is a gap"),
    ],
)
def test_each_rule_is_looked_for_in_the_file(change: Callable[[Record], object], expected: str) -> None:
    """One line says which entry, merge or setting breaks it."""
    with pytest.raises(VocabularyError, match=expected) as caught:
        prove_rules(altered(change), TABLE)
    assert "\n" not in str(caught.value)


def test_a_word_that_cannot_be_spelt_is_refused() -> None:
    """Without the letter B there is no bar line."""

    def without_b(record: Record) -> None:
        model = record["model"]
        model["merges"] = [merge for merge in model["merges"] if not any("B" in half for half in merge)]
        kept = [entry for entry in model["vocab"] if entry.startswith("[") or "B" not in entry]
        model["vocab"] = {entry: number for number, entry in enumerate(kept)}

    with pytest.raises(VocabularyError, match="can't spell 'BAR'"):
        prove_rules(altered(without_b), TABLE)


def test_what_is_not_json_is_one_line() -> None:
    """No traceback for a file that holds something else."""
    with pytest.raises(VocabularyError, match=r"no tokenizer\.json"):
        prove_rules("tokenizer", TABLE)
