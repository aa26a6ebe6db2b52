"""Whatever strangers send: each reader takes it or raises its own error, in one line, and at once.

A short run; `just fuzz` makes a million inputs for each. What once broke a reader lies in corpus/TARGET/, and is read
here for ever.
"""

import contextlib
import os
import time
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.fuzz.targets import MOST_S, Target, targets

EXAMPLES = int(os.environ.get("COPILOT_FUZZ_EXAMPLES", "300"))
CORPUS = Path(__file__).parent / "corpus"
_ODD = st.sampled_from(
    [b"\xff\xff\xff\xff", b"\0\0\0\0", b"\x7f\xff\xff\xff", b'"', b"[" * 40, b"1e999", b"-1", b"{}"]
)
TARGETS = targets()


def read(target: Target, data: bytes) -> float:
    """What it took, in seconds of this thread. Raises what the reader may not raise."""
    began_s = time.thread_time()
    with contextlib.suppress(*target.errors):
        target.read(data)
    return time.thread_time() - began_s


def check(target: Target, data: bytes) -> None:
    """Nothing but its errors, within 5 ms: the best of three, since a collection of garbage may fall into one."""
    if read(target, data) >= MOST_S:
        assert min(read(target, data) for _ in range(3)) < MOST_S


@st.composite
def inputs(draw: st.DrawFn, seeds: tuple[bytes, ...]) -> bytes:
    """Random bytes, or what is well-formed with bytes overwritten, cut out or put in."""
    if draw(st.integers(0, 4)) == 0:
        return draw(st.binary(max_size=200))
    data = bytearray(draw(st.sampled_from(seeds)))
    for _ in range(draw(st.integers(0, 4))):
        at = draw(st.integers(0, len(data)))
        until = min(len(data), at + draw(st.integers(0, 8)))
        data[at:until] = draw(st.binary(max_size=8) | _ODD)
    return bytes(data)


@pytest.mark.parametrize("target", TARGETS, ids=lambda target: target.name)
def test_every_input_is_taken_or_refused_at_once(target: Target) -> None:
    """Random bytes, and what is almost well-formed."""

    @settings(max_examples=EXAMPLES, database=None, suppress_health_check=list(HealthCheck))
    @given(inputs(target.seeds))
    def fuzz(data: bytes) -> None:
        check(target, data)

    fuzz()


@pytest.mark.parametrize("target", TARGETS, ids=lambda target: target.name)
def test_what_is_well_formed_is_taken_and_what_once_broke_is_refused(target: Target) -> None:
    """Seeds and the corpus: else a target that refuses everything would test nothing."""
    is_taken = False
    for seed in target.seeds:
        with contextlib.suppress(*target.errors):
            target.read(seed)
            is_taken = True
    assert is_taken
    for path in sorted((CORPUS / target.name).glob("*")):
        check(target, path.read_bytes())
