"""The same device under another number, whatever the system adds to its name."""

import pytest

from copilot.midi.identity import claims, identity


@pytest.mark.parametrize(
    ("api", "one", "other"),
    [
        ("ALSA", "Juno:Juno MIDI 1 24:0", "Juno:Juno MIDI 1 28:0"),
        ("JACK", "a2j:Juno [24] (capture): Juno MIDI 1", "a2j:Juno [128] (capture): Juno MIDI 1"),
        ("JACK", "synth:in", "synth:in"),
        ("WinMM", "Juno 1", "Juno 2"),
        ("CoreMIDI", "Juno", "Juno"),
    ],
)
def test_a_number_of_the_systems_is_no_part_of_it(api: str, one: str, other: str) -> None:
    """The device was unplugged, and is back."""
    assert identity(api, one) == identity(api, other)


@pytest.mark.parametrize(
    ("api", "one", "other"),
    [
        ("ALSA", "Juno:Juno MIDI 1 24:0", "Juno:Juno MIDI 2 24:1"),
        ("JACK", "a2j:Juno [24] (capture): Juno MIDI 1", "a2j:Juno [24] (playback): Juno MIDI 1"),
        ("JACK", "a2j:Juno [24] (capture): Juno MIDI 1", "a2j:Juno 2 [24] (capture): Juno MIDI 1"),
        ("JACK", "system:midi_capture_1", "system:midi_capture_2"),
        ("JACK", "synth [1] (capture): in", "synth [2] (capture): in"),
        ("CoreMIDI", "Juno 1", "Juno 2"),
    ],
)
def test_a_number_of_the_devices_own_is(api: str, one: str, other: str) -> None:
    """They are two."""
    assert identity(api, one) != identity(api, other)


def test_a_device_that_is_back_under_another_number_is_claimed() -> None:
    """What is not there is not."""
    away = {0: "Juno:Juno MIDI 1 24:0", 3: "JX:JX MIDI 1 20:0"}
    listed = ["Midi Through:Midi Through Port-0 14:0", "Juno:Juno MIDI 1 28:0"]
    assert claims("ALSA", away, listed, set()) == {0: "Juno:Juno MIDI 1 28:0"}


def test_two_of_the_same_make_are_not_taken_for_each_other_while_one_stays() -> None:
    """The one that stayed is taken."""
    away = {0: "Juno:Juno MIDI 1 24:0"}
    stayed = "Juno:Juno MIDI 1 28:0"
    assert claims("ALSA", away, [stayed], {stayed}) == {}


def test_the_exact_name_is_nobody_elses() -> None:
    """Though the other comes first; that one takes what is left."""
    away = {0: "Juno:Juno MIDI 1 24:0", 1: "Juno:Juno MIDI 1 28:0"}
    assert claims("ALSA", away, ["Juno:Juno MIDI 1 28:0"], set()) == {1: "Juno:Juno MIDI 1 28:0"}
    both = ["Juno:Juno MIDI 1 28:0", "Juno:Juno MIDI 1 32:0"]
    assert claims("ALSA", away, both, set()) == {1: both[0], 0: both[1]}
