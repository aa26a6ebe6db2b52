"""The twin cache: what was prepared beside the music is what a fresh prefill would have made."""

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from copilot.decode.decoder import Logits
from copilot.decode.kernels.lanes import DOT_LANES
from copilot.decode.kinds import WeightKind
from copilot.decode.numba_decoder import SLICE, NumbaDecoder
from copilot.errors import ParameterError, VocabularyError

from .conftest import VOCAB, WINDOW, Pair, close, random_ids

Twin = tuple[NumbaDecoder, NumbaDecoder, Callable[[Logits, Logits], bool]]
KINDS: tuple[WeightKind, ...] = ("float", "int8", "int4") if DOT_LANES else ("float", "int4")
some = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def same(ours: Logits, theirs: Logits) -> bool:
    """Bytes and nibbles are summed as whole numbers, groups in one order: bit for bit."""
    return bool((ours == theirs).all())


@pytest.fixture(scope="module", params=KINDS)
def twin(request: pytest.FixtureRequest, bundled: Pair) -> Twin:
    """A decoder that prepares its flushes, one that doesn't, and how equal they must be."""
    first, second = (NumbaDecoder.load(bundled.directory, WINDOW, weights=request.param) for _ in range(2))
    return first, second, same if request.param != "float" and DOT_LANES else close


def play(decoder: NumbaDecoder, pinned: list[int], kept: list[int], imagined: int) -> Logits:
    """What an engine does from half a window on: true tokens one by one, each followed by imagined ones."""
    for end in range(1, len(kept) + 1):
        decoder.prepare(pinned + kept[:end])
        logits = decoder.append(kept[end - 1 : end])
        mark = decoder.mark()
        for token in range(imagined):
            decoder.append([token])
        decoder.rewind(mark)
    return logits


@some
@given(
    pinned=st.integers(0, 6),
    dropped=st.integers(1, 40),
    kept=st.integers(1, 60),
    imagined=st.integers(0, 3),
    tail=st.integers(0, 9),
)
def test_a_prepared_flush_is_a_fresh_prefill(
    twin: Twin, pinned: int, dropped: int, kept: int, imagined: int, tail: int
) -> None:
    """Whatever is dropped, kept and imagined, and step after step from there."""
    ours, fresh, equal = twin
    head, new = random_ids(pinned, seed=1), random_ids(kept, seed=kept)
    ours.rebase(head + random_ids(dropped, seed=2))
    play(ours, head, new, imagined)
    wanted = head + new + random_ids(tail, seed=3)
    assert equal(ours.rebase(wanted), fresh.rebase(wanted))
    assert ours.ids == wanted
    assert equal(ours.append([5]), fresh.append([5]))


calls = st.lists(
    st.tuples(
        st.sampled_from(["append", "rewind", "prepare", "extend", "rebase", "flush", "fork", "warm"]),
        st.integers(0, 255),
        st.integers(0, 255),
    ),
    max_size=25,
)


@given(calls)
@some
def test_any_order_of_calls(twin: Twin, calls: list[tuple[str, int, int]]) -> None:
    """Whatever was prepared, flushed, forked, kept and rewound before: what is held is as if it had just come in."""
    decoder, fresh, equal = twin
    decoder.prepare([])
    decoder.rebase([1])
    coming: list[int] = []
    for call, a, b in calls:
        room = WINDOW - len(decoder.ids)
        if call == "append" and room:
            decoder.append(random_ids(min(room, 1 + a % 70), b))
        elif call == "rewind":
            decoder.rewind(max(1, len(decoder.ids) - a))
        elif call == "prepare":  # what is held from somewhere on, or something else
            coming = random_ids(a % WINDOW, b) if b % 2 else [7, *decoder.ids[-a:]][:WINDOW]
            decoder.prepare(coming)
        elif call == "extend":
            coming = [*coming, *random_ids(a % 9, b)][:WINDOW]
            decoder.prepare(coming)
        elif call == "rebase":
            decoder.rebase(random_ids(1 + a % WINDOW, b))
        elif call == "flush" and coming:
            decoder.rebase(coming[: 1 + a % len(coming)])
        elif call == "fork" and room > 3:
            branches = decoder.fork(1 + a % 3)
            for step in range(1 + b % 3):
                branches.append([(a + step + own) % VOCAB for own in range(1 + a % 3)])
            if b % 2:
                branches.keep(0)
        elif call == "warm" and room:
            decoder.append(decoder.ids[-1:])
            decoder.rewind(len(decoder.ids) - 1)
    if len(decoder.ids) == WINDOW:
        decoder.rewind(WINDOW - 1)
    held = decoder.ids[:]
    assert equal(decoder.append([5]), fresh.rebase([*held, 5]))


def test_eight_flushes(twin: Twin) -> None:
    """Nothing adds up: after eight swaps the logits are still those of a prefill."""
    ours, fresh, equal = twin
    head, ids = random_ids(3), random_ids(800, seed=9)
    window = head + ids[:40]
    ours.rebase(window)
    for flush in range(8):
        new = ids[40 + flush * 30 : 70 + flush * 30]
        play(ours, head, new, imagined=2)
        window = head + new
        assert equal(ours.rebase(window), fresh.rebase(window))


@some
@given(st.integers(1, 60), st.integers(0, 60))
def test_a_flush_that_was_prepared_otherwise(twin: Twin, agree: int, other: int) -> None:
    """Where the window is not what was announced, only what both begin with is taken over."""
    ours, fresh, equal = twin
    ours.rebase([1, 2, 3])
    announced = random_ids(agree) + random_ids(other, seed=4)
    ours.prepare(announced)
    for token in range(30):
        ours.append([token])
    wanted = random_ids(agree) + random_ids(20, seed=5)
    assert equal(ours.rebase(wanted), fresh.rebase(wanted))


def test_pinned_words_that_change(twin: Twin) -> None:
    """A new announcement replaces what the shadow held from where it differs."""
    ours, fresh, equal = twin
    ours.rebase([1])
    for head in ([1, 2, 3], [1, 2, 4], [9]):
        play(ours, head, random_ids(20), imagined=0)
    assert equal(ours.rebase([9, *random_ids(20)]), fresh.rebase([9, *random_ids(20)]))


def test_a_flush_amid_catching_up(twin: Twin) -> None:
    """A shadow that lags is taken over as far as it came."""
    ours, fresh, equal = twin
    ids = random_ids(100)
    ours.rebase([1])
    ours.prepare(ids)
    ours.append([2])
    assert len(ours._shadow) == SLICE
    assert equal(ours.rebase(ids), fresh.rebase(ids))


def test_a_lagging_shadow_catches_up_in_slices(twin: Twin) -> None:
    """No pass takes in more than SLICE tokens beside its own, or as many as these; and none when it is there."""
    ours, _, _ = twin
    ids = random_ids(60)
    ours.rebase([1])
    ours.prepare(ids)
    before = 0
    while len(ours._shadow) < len(ids):
        ours.append([3])
        assert 0 < len(ours._shadow) - before <= SLICE
        before = len(ours._shadow)
    assert before == len(ids)
    ours.append([3])
    assert ours._shadow == ids
    ours.prepare(ids + random_ids(40, seed=8))
    ours.append(random_ids(20))
    assert len(ours._shadow) == len(ids) + 20


def test_the_live_side_never_sees_the_shadow(twin: Twin) -> None:
    """Logits beside a shadow are those without one."""
    ours, fresh, equal = twin
    ids = random_ids(50, seed=6)
    ours.rebase(ids[:20])
    fresh.rebase(ids[:20])
    ours.prepare(random_ids(90))
    for at in range(20, 50):
        assert equal(ours.append(ids[at : at + 1]), fresh.append(ids[at : at + 1]))


def test_what_does_not_fit_is_refused(twin: Twin) -> None:
    """As append refuses it: too long, or foreign; and what was announced before still stands."""
    ours, _, _ = twin
    ours.rebase([1])
    ours.prepare([1, 2])
    with pytest.raises(ParameterError, match="window"):
        ours.prepare([1] * (WINDOW + 1))
    with pytest.raises(VocabularyError):
        ours.prepare([VOCAB])
    ours.append([4])
    assert ours._shadow == [1, 2]
    ours.prepare([])
    assert ours._shadow == []


@pytest.mark.parametrize("kind", KINDS[:2])
@pytest.mark.parametrize("window", [256, 512, 1024, 2048, 4096])
def test_windows_of_every_length(grouped: Pair, window: int, kind: WeightKind) -> None:
    """Two flushes of a full window each: rotary positions and blocks to the end of the longest."""
    ours, fresh = (NumbaDecoder.load(grouped.directory, window, weights=kind) for _ in range(2))
    ids = np.random.default_rng(window).integers(0, VOCAB, 3 * window).tolist()
    equal, head, half = (same if kind == "int8" else close), ids[:5], window // 2
    ours.rebase(head + ids[5 : half - 6])
    begin = half - 6
    for _ in range(2):
        end = begin + half - 6
        for at in range(begin, end, 16):
            ours.prepare(head + ids[begin : min(at + 16, end)])
            ours.append(ids[at : min(at + 16, end)])
        wanted = head + ids[begin:end]
        while len(ours._shadow) < len(wanted):  # by the pinned words that it began with
            ours.append([3])
            ours.rewind(ours.mark() - 1)
        assert equal(ours.rebase(wanted), fresh.rebase(wanted))
        begin = end
