"""Listing ports: on a real JACK server, and where there is none."""

import sys
from pathlib import Path
from typing import Any

import pytest

from copilot.errors import PortError
from copilot.midi import backend
from copilot.midi.backend import API_VARIABLE
from copilot.midi.ports import resolve, survey


def test_a_synth_and_a_keyboard_are_listed_each_on_its_side(synth: Any, keyboard: Any) -> None:
    """What sends can be heard, and what receives can be played on; neither is hardware, so neither is chosen."""
    found = survey()
    assert found.api == "JACK"
    assert not resolve(found.inputs, "TEST-keys").is_chosen
    assert resolve(found.outputs, "test-synth").name == synth.name
    assert synth.name not in [port.name for port in found.inputs]


@pytest.mark.skipif(sys.platform != "linux", reason="other systems always have their own MIDI")
def test_without_a_midi_system_the_message_says_how_to_get_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """No sequencer and no server: one line, which names both, and the command that needs neither."""
    monkeypatch.delenv(API_VARIABLE, raising=False)
    monkeypatch.setenv("JACK_DEFAULT_SERVER", "copilot-test-nobody")
    monkeypatch.setattr(backend, "ALSA_SEQUENCER", Path("/nowhere"))
    with pytest.raises(PortError, match=r"^there is no MIDI system here: load[^\n]*JACK[^\n]*copilot jam"):
        backend.scan()


def test_a_server_that_does_not_answer_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    """The chatter of libjack stays out of the message."""
    monkeypatch.setenv(API_VARIABLE, "JACK")
    monkeypatch.setenv("JACK_DEFAULT_SERVER", "copilot-test-nobody")
    with pytest.raises(PortError, match=r"^no JACK server answers: start one[^\n]*$"):
        survey()


def test_an_unknown_midi_system_is_refused_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    """The message lists the systems that are built in."""
    monkeypatch.setenv(API_VARIABLE, "OSS")
    with pytest.raises(PortError, match="COPILOT_MIDI_API is 'OSS'"):
        survey()
