"""Ctrl-C and SIGTERM, whatever the command does just then."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from training.cli import main


@pytest.mark.parametrize(
    ("command", "says"),
    [("evaluate", "starts anew"), ("tokenizer", "starts anew"), ("corpus", "goes on where it was")],
)
def test_sigterm_is_one_line_that_says_what_comes_next(
    command: str,
    says: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
) -> None:
    """SIGTERM ends any command as Ctrl-C does; only those go on that keep what they have done."""

    def terminated(_: object) -> None:
        os.kill(os.getpid(), signal.SIGTERM)
        time.sleep(5)  # never: the signal is taken before

    monkeypatch.setattr(f"training.commands.{command}.load_config", terminated)
    monkeypatch.setattr("sys.argv", ["copilot-train", command, "--config=x", f"--out={tmp_path}"])
    before = signal.getsignal(signal.SIGTERM)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)  # a failing test must not end the tests
    try:
        with pytest.raises(SystemExit) as caught:
            main()
    finally:
        signal.signal(signal.SIGTERM, before)
    assert caught.value.code == 130
    assert capsys.readouterr().err.split() == f"copilot-train: stopped; the same command {says}".split()


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no process groups")
@pytest.mark.parametrize("asked", [signal.SIGTERM, signal.SIGINT])
def test_styles_stop_with_all_their_processes(asked: signal.Signals, tmp_path: Path) -> None:
    """One line, no traceback of a worker, nothing of what they shared is left."""
    process = subprocess.Popen(
        [sys.executable, "-m", "training", "styles", "--count=100000", "--workers=2", f"--out={tmp_path}"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    until_s = time.monotonic() + 60
    while not any(tmp_path.glob("*.mid")) and time.monotonic() < until_s:
        time.sleep(0.05)
    if asked == signal.SIGINT:
        os.killpg(process.pid, asked)  # as a terminal does
    else:
        process.terminate()
    _, said = process.communicate(timeout=60)
    assert process.returncode == 130
    assert said.strip() == "copilot-train: stopped; the same command starts anew"
