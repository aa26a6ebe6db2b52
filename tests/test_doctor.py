"""The doctor's table: each check tells well from ill, and says what to do."""

import json
import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from copilot.commands.doctor import machine, model, ports
from copilot.commands.doctor.check import Check
from copilot.commands.run_options import RunOptions
from copilot.errors import BundleError, PortError
from copilot.midi.ports import Survey, arrange

WELL = arrange("JACK", [("Keys", True)], [("Synth", True)])


def test_a_machine_without_midi_is_told_in_one_run(tmp_path: Path) -> None:
    """Every line has a state, what is wrong has a way out, and the status says whether `run` would start."""
    if Path("/dev/snd/seq").exists():
        pytest.skip("this machine has an ALSA sequencer")
    environment = {
        **os.environ,
        "JACK_DEFAULT_SERVER": "there-is-no-such-server",
        "COPILOT_CACHE": str(tmp_path / "cache"),
    }
    done = subprocess.run(
        [sys.executable, "-m", "copilot", "doctor", "--json"],
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 1, done.stderr
    report = json.loads(done.stdout)
    checks = {check["name"]: check for check in report["checks"]}
    assert report["ok"] is False
    assert checks["MIDI system"]["state"] == "problem"
    assert "copilot jam" in checks["MIDI system"]["todo"]
    for name in ("Python", "bundle", "device", "decoder", "cache folder", "shared memory"):
        assert checks[name]["state"] == "ok", checks[name]
    assert all(check["todo"] for check in report["checks"] if check["state"] != "ok")


def test_ports_that_run_would_take_are_named() -> None:
    """A system with a port each way is well."""
    checks = ports.check_ports(RunOptions(), lambda: WELL)
    assert {check.state for check in checks} == {"ok"}
    assert checks[-1].found == "hears Keys, plays on Synth"


@pytest.mark.parametrize(
    ("found", "options", "says"),
    [
        (arrange("JACK", [], []), RunOptions(), "connect one"),
        (arrange("JACK", [("Keys", True)], []), RunOptions(), "--out"),
        (WELL, RunOptions(inputs=("Theremin",)), "there are 'Keys'"),
    ],
)
def test_ports_that_are_missing_are_a_problem(found: Survey, options: RunOptions, says: str) -> None:
    """What `copilot run` would refuse, in its own words."""
    last = ports.check_ports(options, lambda: found)[-1]
    assert last.state == "problem" and says in last.todo


def test_virtual_ports_need_no_others() -> None:
    """With --virtual an empty list is well."""
    last = ports.check_ports(RunOptions(virtual=True), lambda: arrange("JACK", [], []))[-1]
    assert last == Check("run's ports", "ok", "hears nothing, plays on nothing and ports of its own")


def test_a_midi_system_that_hangs_is_a_problem() -> None:
    """The survey's own line is what to do."""

    def hang() -> Survey:
        raise PortError("the MIDI system did not answer in 5 s: restart it")

    (check,) = ports.check_ports(RunOptions(), hang)
    assert check.state == "problem" and "restart it" in check.todo


def test_a_taken_osc_port_is_a_problem() -> None:
    """Another program's port is told before the jam."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
        taken.bind(("127.0.0.1", 0))
        check = ports.check_osc(taken.getsockname()[1])
    assert check.state == "problem" and "--port" in check.todo
    assert ports.check_osc(0).state == "ok"


def test_a_taken_http_port_is_a_problem() -> None:
    """So is another server's; a page that isn't wanted needs none."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        check = ports.check_http(taken.getsockname()[1])
    assert check.state == "problem" and "--http-port" in check.found
    assert ports.check_http(0).state == ports.check_http(None).state == "ok"


def test_a_bundle_that_is_none_is_a_problem(tmp_path: Path) -> None:
    """And nothing of the model is looked at further."""
    checks, _ = model.check_model(tmp_path, "auto")
    assert [check.state for check in checks] == ["problem"]
    assert "bundle.json is missing" in checks[0].found


def test_a_device_that_can_not_be_used_is_a_problem(monkeypatch: pytest.MonkeyPatch) -> None:
    """What loading raises is the line."""

    def refuse(*_: object, **__: object) -> None:
        raise BundleError("cuda can't be used")

    monkeypatch.setattr(model, "open_decoder", refuse)
    checks, _ = model.check_model(None, "cuda")
    assert (checks[-1].name, checks[-1].state, checks[-1].found) == (
        "device",
        "problem",
        "cuda can't be used",
    )


def test_a_slow_decoder_is_a_note(monkeypatch: pytest.MonkeyPatch) -> None:
    """A model that writes hardly faster than a band plays can't plan ahead."""
    monkeypatch.setattr(model, "burst_ms", lambda *_: 15.0)
    checks, _ = model.check_model(None, "cpu")
    assert checks[-1].name == "decoder" and checks[-1].state == "note"
    assert "smaller bundle" in checks[-1].todo


def test_a_cache_folder_that_can_not_be_written_is_a_note(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It costs time at each start, and no more."""
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("COPILOT_CACHE", str(tmp_path / "file"))
    check = machine.check_cache()
    assert check.state == "note" and "COPILOT_CACHE" in check.todo


def test_little_memory_is_a_note() -> None:
    """More than any machine has is more than is free."""
    assert machine.check_memory(2**60).state == "note" or sys.platform != "linux"
    assert machine.check_memory(1).state == "ok"


def test_one_core_and_a_busy_machine_are_notes(monkeypatch: pytest.MonkeyPatch) -> None:
    """What else computes comes between the music."""
    if not hasattr(os, "sched_getaffinity"):
        pytest.skip("this system does not say which cores are ours")
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0})
    monkeypatch.setattr(os, "getloadavg", lambda: (0.0, 0.0, 0.0))
    assert machine.check_cores().todo.startswith("MIDI and the model")
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0, 1})
    assert machine.check_cores().state == "ok"
    monkeypatch.setattr(os, "getloadavg", lambda: (1.7, 0.0, 0.0))
    assert "end what else" in machine.check_cores().todo


def test_looking_leaves_the_threads_priority_as_it_was() -> None:
    """Priority and slack are tried in threads that end."""
    if not hasattr(os, "sched_getscheduler"):
        pytest.skip("this system has no scheduling classes")
    before = os.sched_getscheduler(0)
    assert {machine.check_priority().state, machine.check_timer().state} <= {"ok", "note"}
    assert os.sched_getscheduler(0) == before


def test_a_refused_priority_says_how_to_permit_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the user may not have it, the line names the file to change."""
    if sys.platform != "linux":
        pytest.skip("only Linux asks")

    def refuse(*_: object) -> None:
        raise PermissionError

    monkeypatch.setattr(os, "sched_setscheduler", refuse)
    check = machine.check_priority()
    assert check.state == "note" and "rtprio" in check.todo
