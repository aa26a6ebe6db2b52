"""What a library writes passes the gate of OSC; whatever else comes by UDP is read in test_targets.py."""

from hypothesis import given, settings
from hypothesis import strategies as st
from pythonosc.osc_message_builder import ArgValue, OscMessageBuilder

from copilot.control.osc_gate import gate


def message(address: str, arguments: list[ArgValue]) -> bytes:
    builder = OscMessageBuilder(address)
    for argument in arguments:
        builder.add_arg(argument)
    return builder.build().dgram


arguments = st.lists(
    st.integers(-(2**63), 2**63 - 1)
    | st.floats(width=32, allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=12)
    | st.binary(min_size=1, max_size=12)
    | st.booleans()
    | st.none(),
    max_size=6,
)


@settings(max_examples=200, deadline=None)
@given(st.builds(message, st.just("/copilot/ping"), arguments))
def test_messages_of_a_library_pass(datagram: bytes) -> None:
    """What python-osc writes of our types passes."""
    gate(datagram)
