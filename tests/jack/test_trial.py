"""What `copilot doctor` measures on ports, on a real JACK server: a loop's latency, and a sender's clock."""

import json
import os
import queue
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
import rtmidi

from copilot.commands.doctor.cables import check_clock_port, check_loopback
from copilot.commands.run_options import RunOptions
from copilot.midi.ports import survey
from tests.jack.conftest import Keyboard

LATER_S = 0.030


@contextmanager
def joined(later_s: float = 0.0, loses_every: int = 0) -> Iterator[tuple[str, str]]:
    """A device that gives out what it is sent, so much later, and may lose each n-th: its two ports' names."""
    out = rtmidi.MidiOut(rtmidi.API_UNIX_JACK, name="test-loop-out")
    out.open_virtual_port("out")
    waiting: queue.SimpleQueue[tuple[float, list[int]] | None] = queue.SimpleQueue()
    count = 0

    def give_out() -> None:
        while (item := waiting.get()) is not None:
            time.sleep(max(0.0, item[0] + later_s - time.monotonic()))
            out.send_message(item[1])

    def take(stamped: tuple[list[int], float], _: object) -> None:
        nonlocal count
        count += 1
        if not (loses_every and count % loses_every == 0):
            waiting.put((time.monotonic(), stamped[0]))

    heard = rtmidi.MidiIn(rtmidi.API_UNIX_JACK, name="test-loop-in")
    heard.set_callback(take)
    heard.open_virtual_port("in")
    giver = threading.Thread(target=give_out)
    giver.start()
    try:
        yield "test-loop-in:in", "test-loop-out:out"
    finally:
        heard.cancel_callback()
        waiting.put(None)
        giver.join()
        time.sleep(0.01)  # a callback on its way needs the interpreter's lock, which delete() holds
        for port in (heard, out):
            port.close_port()
            port.delete()


def test_a_loop_says_the_latency_to_set(jack_server: None) -> None:
    """A device that takes 30 ms is told apart from one that takes none, and the line to write has the figure."""
    found: list[float] = []
    for later_s in (0.0, LATER_S):
        with joined(later_s) as (output, heard):
            check = check_loopback(RunOptions(outputs=(output,)), output, heard)
        assert check.state in ("note", "trouble"), check  # trouble: this machine is too busy to be even
        assert "lost" not in check.found
        found.append(float(check.found.split(": ")[1].split(" ms")[0]))
        if check.state == "note":
            assert check.todo.startswith(f"output_1_latency_ms = {found[-1]:.1f}")
    assert 0.0 < found[0] < found[1]
    assert found[1] >= LATER_S * 1000


def test_a_loop_that_loses_messages_is_trouble(jack_server: None) -> None:
    """Each tenth is missed and counted."""
    with joined(loses_every=10) as (output, heard):
        check = check_loopback(RunOptions(), output, heard)
    assert check.state == "trouble" and "25 of 256 messages lost" in check.found


def test_ports_that_are_not_joined_are_a_problem(jack_server: None, keyboard: Keyboard) -> None:
    """Nothing comes back, and it says so instead of a figure."""
    with joined() as (output, _):
        check = check_loopback(RunOptions(), output, keyboard.name)
    assert check.state == "problem" and "nothing of 256" in check.found


def test_a_clock_on_a_port_is_measured(jack_server: None, keyboard: Keyboard) -> None:
    """The sender's tempo is found; a port that sends none, and one that is not there, are told in a line."""
    ended = threading.Event()

    def send() -> None:
        due_s = time.monotonic()
        while not ended.wait(max(0.0, due_s - time.monotonic())):
            keyboard.play(b"\xf8")
            due_s += 60.0 / 24 / 96.0

    silent = check_clock_port(keyboard.name)
    assert silent.state == "trouble" and silent.found.startswith("0 pulses")
    sender = threading.Thread(target=send)
    sender.start()
    try:
        check = check_clock_port(keyboard.name)
    finally:
        ended.set()
        sender.join()
    assert float(check.found.split(" bpm")[0]) == pytest.approx(96.0, abs=1.0)
    assert check_clock_port("theremin").state == "problem"


def test_the_whole_table_ends_in_a_verdict(jack_server: None) -> None:
    """With a loop that can't be measured the status is 1, and the last line says it for a musician."""
    assert survey().api == "JACK"
    command = [sys.executable, "-m", "copilot", "doctor", "--json", "--loopback", "nowhere", "nothing"]
    done = subprocess.run(
        command, env=dict(os.environ), capture_output=True, text=True, timeout=120, check=False
    )
    report = json.loads(done.stdout)
    assert done.returncode == 1 and not report["ok"]
    assert report["verdict"].startswith("Not ready") and "loop to nowhere" in report["verdict"]
