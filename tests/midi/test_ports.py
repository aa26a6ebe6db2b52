"""Which port a name means, and which ones are chosen when nothing is named."""

import pytest

from copilot.errors import PortError
from copilot.midi.ports import arrange, chosen, resolve

FOUND = arrange(
    "ALSA",
    inputs=[
        ("Midi Through:Midi Through Port-0 14:0", True),
        ("Keystation:Keystation MIDI 1 20:0", True),
        ("TD-17:TD-17 MIDI 1 24:0", True),
        ("copilot-out:out 129:0", True),
        ("FLUID Synth:synth 130:0", False),
    ],
    outputs=[
        ("Midi Through:Midi Through Port-0 14:0", True),
        ("copilot-in:in 128:0", False),
        ("JV-1080:JV-1080 MIDI 1 28:0", True),
        ("JV-2080:JV-2080 MIDI 1 32:0", True),
    ],
)


def test_without_names_all_hardware_is_heard_and_the_first_is_played_on() -> None:
    """Never the loop, our own ports, or a program's."""
    assert chosen(FOUND.inputs) == ["Keystation:Keystation MIDI 1 20:0", "TD-17:TD-17 MIDI 1 24:0"]
    assert chosen(FOUND.outputs) == ["JV-1080:JV-1080 MIDI 1 28:0"]


def test_part_of_a_name_will_do_in_any_case() -> None:
    """As long as it fits one port."""
    assert resolve(FOUND.inputs, "td-17").name == "TD-17:TD-17 MIDI 1 24:0"


def test_a_whole_name_wins_over_its_being_part_of_another() -> None:
    """`a` is the port `a`, though `ab` is there too."""
    ports = arrange("JACK", [("ab", False), ("a", False)], []).inputs
    assert resolve(ports, "a").name == "a"


def test_a_name_that_fits_two_ports_lists_them() -> None:
    """And asks for more."""
    with pytest.raises(
        PortError, match=r"'jv' fits 2 ports, 'JV-1080.*', 'JV-2080.*': give more of the name"
    ):
        resolve(FOUND.outputs, "jv")


def test_an_unknown_name_lists_what_is_there() -> None:
    """In one line."""
    with pytest.raises(
        PortError, match=r"no MIDI port fits 'moog': there are 'Midi Through.*JV-2080"
    ) as caught:
        resolve(FOUND.outputs, "moog")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("wanted", ["moog", ""])
def test_without_any_port_the_message_says_so(wanted: str) -> None:
    """An empty name fits nothing."""
    with pytest.raises(PortError, match=r"none is there"):
        resolve([], wanted)


def test_an_empty_name_fits_nothing() -> None:
    """Though every name contains it."""
    with pytest.raises(PortError, match=r"no MIDI port fits ''"):
        resolve(FOUND.inputs, "")
