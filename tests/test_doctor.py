"""The doctor's table: each check tells well from ill, and says what to do."""

import json
import os
import shutil
import socket
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from copilot.commands.doctor import disk, machine, model, ports, privilege, tempo, verdict
from copilot.commands.doctor.check import Check
from copilot.commands.model import open_bundle
from copilot.commands.run_options import RunOptions
from copilot.engine.load import load_engine
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
    checks, _ = model.check_model(RunOptions(bundle=tmp_path))
    assert [check.state for check in checks] == ["problem"]
    assert "bundle.json is missing" in checks[0].found


def test_a_device_that_can_not_be_used_is_a_problem(monkeypatch: pytest.MonkeyPatch) -> None:
    """What loading raises is the line."""

    def refuse(*_: object, **__: object) -> None:
        raise BundleError("cuda can't be used")

    monkeypatch.setattr(model, "open_decoder", refuse)
    checks, _ = model.check_model(RunOptions(device="cuda"))
    assert (checks[-1].name, checks[-1].state, checks[-1].found) == (
        "device",
        "problem",
        "cuda can't be used",
    )


def test_a_slow_decoder_is_trouble(monkeypatch: pytest.MonkeyPatch) -> None:
    """A model that writes hardly faster than a band plays can't plan ahead."""
    monkeypatch.setattr(model, "burst_ms", lambda *_: 15.0)
    monkeypatch.setattr(model, "check_tempo", lambda *_: Check("tempo", "ok", "not played"))
    checks, _ = model.check_model(RunOptions(device="cpu"))
    assert checks[-2].name == "decoder" and checks[-2].state == "trouble"
    assert "smaller bundle" in checks[-2].todo and checks[-2].heard


def test_each_part_is_played_to_know_its_tempo() -> None:
    """A second of jam gives what a beat of it costs here, and two jams of one part about the same."""
    bundle = open_bundle(None)
    engine = load_engine(bundle, seed=0, device="cpu")
    assert 0.0 < tempo.beat_cost_s(bundle, engine, "bass", limit_s=0.5) < 0.5


@pytest.mark.parametrize(
    ("bass_s", "tempo_bpm", "state"),
    [(0.05, 120.0, "ok"), (0.05, 160.0, "note"), (0.05, 400.0, "trouble"), (0.001, 400.0, "ok")],
)
def test_a_tempo_that_a_part_cannot_follow_is_trouble(bass_s: float, tempo_bpm: float, state: str) -> None:
    """A beat in 50 ms answers within a sixteenth up to 150 bpm and within a beat up to 360; others don't count."""
    check = tempo.judge({"bass": bass_s, "keys": 10.0}, "bass", tempo_bpm)
    assert check.state == state
    assert bool(check.todo) == (state != "ok")


def test_a_cache_folder_that_can_not_be_written_is_a_note(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It costs time at each start, and no more."""
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("COPILOT_CACHE", str(tmp_path / "file"))
    check = machine.check_cache()
    assert check.state == "note" and "COPILOT_CACHE" in check.todo


def test_little_memory_is_trouble() -> None:
    """More than any machine has is more than is free."""
    assert machine.check_memory(2**60).state == "trouble" or sys.platform != "linux"
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
    assert privilege.check_priority().state in ("ok", "note")
    assert machine.check_timer().state in ("ok", "trouble")
    assert os.sched_getscheduler(0) == before


def test_a_refused_priority_says_how_to_permit_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the user may not have it, the line names the file to change."""
    if sys.platform != "linux":
        pytest.skip("only Linux asks")

    def refuse(*_: object) -> None:
        raise PermissionError

    monkeypatch.setattr(os, "sched_setscheduler", refuse)
    check = privilege.check_priority()
    assert check.state == "note" and "/etc/security/limits.d/95-audio.conf" in check.todo
    assert '"@audio - rtprio 95"' in check.todo and "RLIMIT_RTPRIO is " in check.found


def test_memory_that_may_not_be_locked_says_how_to_permit_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """The check is made by a process of its own, whose status is the answer."""
    if sys.platform != "linux":
        pytest.skip("only Linux locks")
    assert privilege.check_locked_memory().state in ("ok", "note")
    refused: subprocess.CompletedProcess[bytes] = subprocess.CompletedProcess([], 1)
    monkeypatch.setattr(subprocess, "run", lambda *_, **__: refused)
    check = privilege.check_locked_memory()
    assert check.state == "note" and '"@audio - memlock unlimited"' in check.todo and "KiB" in check.found


def test_a_processor_that_saves_power_is_a_note(tmp_path: Path) -> None:
    """Each governor is told once; a system without is well."""
    assert privilege.check_governor(tmp_path).state == "ok"
    for number, governor in enumerate(("performance", "powersave", "powersave")):
        folder = tmp_path / f"cpu{number}" / "cpufreq"
        folder.mkdir(parents=True)
        (folder / "scaling_governor").write_text(governor + "\n")
    check = privilege.check_governor(tmp_path)
    assert check.state == "note" and check.found == "governor performance, powersave"
    assert "cpupower frequency-set -g performance" in check.todo


def test_a_disk_that_keeps_nothing_or_is_full_or_slow_is_trouble(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A folder that is not there yet counts as the one that it would be made in."""
    well = disk.check_disk(tmp_path / "to" / "be" / "made")
    assert well.state == "ok" and f"{tmp_path}:" in well.found and "hours" in well.heard
    monkeypatch.setattr(disk, "_write_often", lambda _: [900.0] * 3)
    assert disk.check_disk(tmp_path).state == "trouble"
    monkeypatch.setattr(disk, "_write_often", lambda _: [1.0, 1.0, 900.0])
    assert disk.check_disk(tmp_path).state == "note"
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=15 * 2**20))
    assert disk.check_disk(tmp_path).heard == "recording would stop after 1.5 hours"

    def refuse(_: Path) -> list[float]:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(disk, "_write_often", refuse)
    assert disk.check_disk(tmp_path).found == f"{tmp_path}: Permission denied"


def test_a_data_folder_of_somebody_else_is_trouble(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It says which."""
    monkeypatch.setenv("COPILOT_DATA", str(tmp_path))
    assert disk.check_folders().state == "ok"
    monkeypatch.setattr(os, "access", lambda *_: False)
    check = disk.check_folders()
    assert check.state == "trouble" and str(tmp_path) in check.found and "COPILOT_DATA" in check.todo


def test_the_verdict_is_for_who_plays() -> None:
    """Problems come before troubles, troubles before all that is well; notes are not in it."""
    well = Check("tempo", "ok", "…", heard="the bass follows you at any tempo")
    note = Check("cores", "note", "…", "…")
    late = Check("timer", "trouble", "…", "…", "notes would come up to 9 ms late")
    dead = Check("OSC", "problem", "…", "…")
    assert verdict.verdict([well, note]) == "Ready to play: the bass follows you at any tempo."
    assert "for a stage: notes would come up to 9 ms late." in verdict.verdict([well, note, late])
    assert "would not start (OSC)" in verdict.verdict([well, late, dead])
    assert verdict.is_well([well, note])
    assert not verdict.is_well([well, late]) and not verdict.is_well([dead])
