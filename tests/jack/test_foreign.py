"""RtMidi's thread and its Python state."""

import threading
import time

import pytest
import rtmidi

from copilot.midi.foreign import keep_state
from tests.jack.conftest import Keyboard
from tests.jack.test_run import Eventually


@pytest.mark.parametrize("is_kept", [True, False])
def test_a_foreign_thread_has_one_state_for_all_messages(
    keyboard: Keyboard, eventually: Eventually, *, is_kept: bool
) -> None:
    """And a new one for each where it is not kept, which is what keeping it is for."""
    port = rtmidi.MidiIn(rtmidi.API_UNIX_JACK, name="test-foreign")
    here, found = threading.local(), []

    def receive(_: object, __: object) -> None:
        if is_kept:
            keep_state()
        here.count = getattr(here, "count", 0) + 1
        found.append(here.count)

    try:
        port.set_callback(receive)
        port.open_port(next(n for n, name in enumerate(port.get_ports()) if name == keyboard.name))
        for pitch in range(5):
            keyboard.play(bytes((0x90, pitch, 1)))
        eventually(lambda: len(found) == 5)
        assert found == ([1, 2, 3, 4, 5] if is_kept else [1, 1, 1, 1, 1])
    finally:
        port.cancel_callback()
        time.sleep(0.01)
        port.close_port()
        port.delete()
