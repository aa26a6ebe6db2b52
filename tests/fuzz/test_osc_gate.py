"""Whatever comes by UDP: the gate raises OscError or lets pass what python-osc reads, and at once."""

import struct
import time

from hypothesis import given, settings
from hypothesis import strategies as st
from pythonosc.osc_bundle import OscBundle
from pythonosc.osc_message import OscMessage
from pythonosc.osc_message_builder import OscMessageBuilder

from copilot.control.osc import gate
from copilot.errors import OscError

SLOWEST_S = 0.5  # a hang is meant, not a busy machine: 8 KiB take about 5 ms


def message(address: str, arguments: list[object]) -> bytes:
    builder = OscMessageBuilder(address)
    for argument in arguments:
        builder.add_arg(argument)
    return builder.build().dgram


def bundle(elements: list[bytes]) -> bytes:
    return b"#bundle\0" + struct.pack(">Q", 1) + b"".join(struct.pack(">i", len(e)) + e for e in elements)


arguments = st.lists(
    st.integers(-(2**63), 2**63 - 1)
    | st.floats(width=32, allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=12)
    | st.binary(min_size=1, max_size=12)
    | st.booleans()
    | st.none(),
    max_size=6,
)
well_formed = st.recursive(
    st.builds(message, st.sampled_from(["/copilot/ping", "/copilot/set", "/a"]), arguments),
    lambda inner: st.lists(inner, max_size=3).map(bundle),
    max_leaves=5,
)


@st.composite
def mutated(draw: st.DrawFn) -> bytes:
    """A well-formed datagram with bytes overwritten, cut out or put in."""
    datagram = bytearray(draw(well_formed))
    for _ in range(draw(st.integers(1, 4))):
        at = draw(st.integers(0, len(datagram)))
        until = min(len(datagram), at + draw(st.integers(0, 8)))
        datagram[at:until] = draw(st.binary(max_size=8) | st.sampled_from([b"\xff\xff\xff\xfc", b"\0\0\0\0"]))
    return bytes(datagram)


def check(datagram: bytes) -> None:
    began_s = time.perf_counter()
    try:
        gate(datagram)
    except OscError as error:
        assert "\n" not in str(error)
    else:
        OscBundle(datagram) if OscBundle.dgram_is_bundle(datagram) else OscMessage(datagram)
    assert time.perf_counter() - began_s < SLOWEST_S


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=200) | st.binary(max_size=100).map(b"#bundle\0".__add__))
def test_random_bytes(datagram: bytes) -> None:
    """Random bytes are refused, or are a message after all."""
    check(datagram)


@settings(max_examples=600, deadline=None)
@given(mutated())
def test_mutated_messages(datagram: bytes) -> None:
    """Messages with a few bytes wrong are refused, or python-osc reads them."""
    check(datagram)


@settings(max_examples=200, deadline=None)
@given(st.builds(message, st.just("/copilot/ping"), arguments))
def test_messages_of_a_library_pass(datagram: bytes) -> None:
    """What python-osc writes of our types passes."""
    gate(datagram)
