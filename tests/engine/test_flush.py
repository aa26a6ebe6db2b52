"""The flush: what it keeps was known beforehand, what was imagined survives it, and the decoder can't tell."""

import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import copilot
from copilot.codec.words import Header
from copilot.decode.numba_decoder import NumbaDecoder
from copilot.decode.window import choose_cut
from copilot.engine.base import Controls, Horizon, PlannedNote, Proposal
from copilot.engine.past import Past
from copilot.engine.token import TokenEngine
from copilot.model.bundle import Bundle
from tests.codec.vocabularies import LARGE, SMALL, codec
from tests.engine.decoders import make_engine
from tests.engine.test_token import band, controls, horizon, play_beats, weird_events

BUNDLE = Path(copilot.__file__).parent / "bundles" / "default"


def stopped(past: Past, header: Header) -> list[int] | None:
    """The flush that stops the world, by the pure function alone; None where the window must begin anew."""
    at = choose_cut(past.codec.cuts(past.ids), past.threshold)
    return None if at is None else past.codec.repinned(past.codec.cut(past.ids, at), header)


def any_jam(
    engine: TokenEngine, rng: random.Random, rounds: int, from_beats: float = 0.0
) -> Iterator[Proposal]:
    """A rig that does anything, and now and then another part, genre, tempo or band."""
    now, told = from_beats, controls()
    plan: list[PlannedNote] = []
    for _ in range(rounds):
        before, now = now, now + rng.choice([0.05, 0.25, 0.25, 1.0])
        engine.observe(weird_events(rng, before, now, rng.choice([0, 1, 3, 8, 40])) + band(int(now)))
        changes: dict[str, Any] = {"bar_start_beats": now // 4 * 4}
        if rng.random() < 0.1:
            changes |= {"tempo_bpm": rng.uniform(60, 200), "genre": rng.choice(["none", "blues", "jazz"])}
        told = Controls(**{name: getattr(told, name) for name in told.__struct_fields__} | changes)
        engine.commit([note for note in plan if note.start_beats < now + 0.1])
        proposal = engine.propose(Horizon(now, now + 0.1, now + 2.0), told)
        plan = proposal.notes
        yield proposal


@settings(max_examples=25)
@given(st.integers(0, 2**32 - 1), st.sampled_from([128, 200, 512]), st.sampled_from([SMALL, LARGE]))
def test_the_twin_keeps_what_a_stopped_world_would(seed: int, window_tokens: int, entries: int) -> None:
    """Whatever is heard, a flush leaves the ids that the pure function would have left at that moment.

    What the decoder was told to prepare for it is a beginning of them, and only ever grew until the pinned words
    changed.
    """
    rng = random.Random(seed)
    engine, decoder = make_engine(window_tokens, seed=seed, entries=entries)
    flush, flushed = Past.flush, []

    def compare(past: Past, header: Header) -> bool:
        prepared = decoder.prepared
        if past.foresee(header):  # known now, if it was not before
            header = past._next_header
        expected = stopped(past, header)
        kept = flush(past, header)
        assert kept == (expected is not None)
        if kept:
            assert past.ids == expected
            pinned = len(codec(entries).vocab.table.header_words(past.header))
            if prepared and prepared[:pinned] == past.ids[:pinned]:
                assert past.ids[: len(prepared)] == prepared
        flushed.append(kept)
        return kept

    with patch.object(Past, "flush", compare):
        before: list[int] = []
        header = engine._past.header
        for _ in any_jam(engine, rng, 60):
            now = decoder.prepared
            if now and engine._past.header == header and not flushed:
                assert now[: len(before)] == before
            before, header = ([] if flushed else now), engine._past.header
            flushed.clear()


def test_where_to_cut_is_known_half_a_window_before() -> None:
    """From the first bar line past half of the threshold on, the decoder is told of the window to come each round."""
    engine, decoder = make_engine(1024)
    seen = []
    for beat in range(400):
        play_beats(engine, range(beat, beat + 1), controls())
        if engine._past.flushes:
            break
        seen.append((len(engine._past.ids), len(decoder.prepared)))
    told = [ids for ids, prepared in seen if prepared]
    assert min(told) < 0.6 * engine._past.threshold
    assert len(told) > 0.3 * len(seen)
    assert engine._past.ids[: len(decoder.prepared)] == decoder.prepared


def test_what_was_imagined_survives_a_flush() -> None:
    """A flush in a round in which nothing else happened takes no imagined id away."""
    engine, decoder = make_engine(512)
    beat = 0
    while not decoder.prepared:
        play_beats(engine, range(beat, beat + 1), controls())
        beat += 1
    asked = Horizon(beat, beat + 0.5, beat + 4.0)
    first = engine.propose(asked, controls())
    assert engine._standing(engine._writer.tail())
    imagined = decoder.ids[len(engine._past.ids) :]
    assert engine._past.flush(engine._header)
    engine._must_rebase = True
    second = engine.propose(asked, controls())
    assert second.reused > 0.8 * first.steps > 0
    kept = decoder.ids[len(engine._past.ids) :]
    assert kept[: second.reused] == imagined[: second.reused]


@pytest.mark.parametrize("window_tokens", [128, 256])
def test_after_a_flush_the_logits_are_those_of_a_fresh_prefill(window_tokens: int) -> None:
    """With the packaged model: at every flush the decoder goes on as one that has read the kept window afresh."""
    decoder, fresh = (NumbaDecoder.load(BUNDLE, window_tokens) for _ in range(2))
    engine = TokenEngine(Bundle.open(BUNDLE).codec, decoder, window_tokens=window_tokens, seed=1)
    flushes = 0
    for beat in range(60):
        engine.observe(band(beat))
        proposal = engine.propose(horizon(beat + 0.9), controls(bar_start_beats=beat // 4 * 4))
        engine.commit([note for note in proposal.notes if note.start_beats < beat + 2.4])
        if proposal.flushes == flushes:
            continue
        flushes = proposal.flushes
        ids = decoder.ids[:-1]
        last = decoder.ids[-1]
        decoder.rewind(len(ids))
        ours, theirs = decoder.append([last]), fresh.rebase([*ids, last])
        assert np.abs(ours - theirs).max() <= 1e-4 * np.abs(theirs).max()
    assert flushes > 2
