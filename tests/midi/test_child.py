"""A child process and the socket to it, without any port."""

import asyncio
import signal
import sys
from collections.abc import Callable, Coroutine
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from copilot.errors import ProtocolError, WorkerError
from copilot.live import port_plan
from copilot.live.supervise import Child
from copilot.midi.backend import API_VARIABLE
from copilot.midi.ledger import Ledger
from copilot.midi.messages import Failed, FromMidi, Heard, Open, Panic, Play, Ready

PATIENCE_S = 20.0
READY = Ready("JACK", ["keys"], [], [], False, "sleep")
GREET = "import socket, sys; s = socket.socket(fileno=int(sys.argv[1])); from copilot.wire import *; "


def with_child(scenario: Callable[[Child], Coroutine[Any, Any, None]]) -> None:
    """Run a scenario with a MIDI process that has opened nothing, and end it."""

    async def run() -> None:
        child = await Child.start("copilot.midi.process", "midi", FromMidi)
        try:
            async with asyncio.timeout(PATIENCE_S):
                await scenario(child)
        finally:
            await child.stop(timeout_s=5.0)
        assert child.is_gone

    asyncio.run(run())


@pytest.fixture
def start_script(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[..., Coroutine[Any, Any, Child]]:
    """Start a module of a few lines as the child."""

    def start(code: str, **options: Any) -> Coroutine[Any, Any, Child]:
        (tmp_path / "brief_child.py").write_text(code)
        monkeypatch.setenv("PYTHONPATH", f"{tmp_path}:{Path(__file__).parents[2]}")
        return Child.start("brief_child", "midi", FromMidi, **options)

    return start


def test_what_comes_before_open_fails_with_a_line_and_harms_nothing() -> None:
    """The process says what it waits for, and goes on."""

    async def scenario(child: Child) -> None:
        for message in (Play([]), Panic()):
            child.send(message)
            answer = await child.receive()
            assert isinstance(answer, Failed)
            assert "send Open first" in answer.message

    with_child(scenario)


def test_what_is_put_back_comes_next_in_order() -> None:
    """Before what came meanwhile."""

    async def scenario(child: Child) -> None:
        child.send(Panic())
        child.put_back([Failed("first"), Failed("second")])
        came = [await child.receive() for _ in range(3)]
        assert came[:2] == [Failed("first"), Failed("second")]
        assert isinstance(came[2], Failed)
        assert "send Open first" in came[2].message

    with_child(scenario)


def test_what_is_played_while_the_ports_open_is_heard_afterwards(
    start_script: Callable[..., Coroutine[Any, Any, Child]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A key may be struck between the first port's opening and the word that all are open."""
    heard = Heard([(1.5, 0, b"\x92\x3c\x50")])
    says = f"s.sendall(b''.join(map(pack, [Hello(role='midi'), {heard!r}, {READY!r}])))"
    monkeypatch.setattr(
        port_plan,
        "Child",
        SimpleNamespace(
            start=lambda *_: start_script(
                f"{GREET}from copilot.midi.messages import *; {says}\ns.recv(9)\ns.recv(9)"
            )
        ),
    )

    async def scenario() -> None:
        with Ledger.create() as ledger:
            child, ready = await port_plan.open_ports(port_plan.PortPlan(("keys",), ()), ledger)
            assert ready == READY
            assert await child.receive() == heard
            await child.stop(timeout_s=5.0)

    asyncio.run(scenario())


def test_closing_the_socket_ends_the_child_by_itself() -> None:
    """No signal is needed: it ends with status 0, as it does when the daemon dies."""

    async def scenario(child: Child) -> None:
        await child.stop(timeout_s=PATIENCE_S)
        assert await child.wait() == 0

    with_child(scenario)


def test_a_killed_child_is_noticed_by_whoever_reads_or_writes() -> None:
    """The error says who died."""

    async def scenario(child: Child) -> None:
        child.process.send_signal(signal.SIGKILL)
        with pytest.raises(WorkerError, match="the midi process"):
            await child.receive()
        with pytest.raises(WorkerError, match="the midi process"):
            child.send(Panic())
        assert [message async for message in child] == []
        assert await child.wait() == -signal.SIGKILL

    with_child(scenario)


def test_a_child_that_does_not_read_is_refused_more_after_4_mib() -> None:
    """The daemon's memory stays bounded, and the caller hears of it."""

    async def scenario(child: Child) -> None:
        child.process.send_signal(signal.SIGSTOP)
        with pytest.raises(WorkerError, match="unread: restart it"):
            for _ in range(200):
                child.send(Open(["x" * 50_000], [], False, [], "", ""))
        child.process.send_signal(signal.SIGKILL)

    with_child(scenario)


def test_a_ledger_that_is_gone_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    """The process can't play without one, and ends."""

    async def scenario(child: Child) -> None:
        with Ledger.create() as ledger:
            path = ledger.path
        child.send(Open([], [], False, [], "copilot", path))
        answer = await child.receive()
        assert isinstance(answer, Failed)
        assert path in answer.message
        assert await child.wait() == 0

    monkeypatch.setenv(API_VARIABLE, "JACK")  # taken at its word, so that no server is needed here
    with_child(scenario)


def test_a_child_that_ends_before_it_greets_is_an_error(start_script: Callable[..., Any]) -> None:
    """Such as one whose import fails."""
    with pytest.raises(WorkerError, match="the midi process"):
        asyncio.run(start_script("raise SystemExit(3)"))


def test_a_child_that_never_greets_is_ended(start_script: Callable[..., Any]) -> None:
    """After the time that it was given."""
    with pytest.raises(WorkerError, match=r"did not greet within 0.05 s"):
        asyncio.run(start_script("import time; time.sleep(60)", greeting_timeout_s=0.05))


@pytest.mark.parametrize(
    ("greeting", "error"),
    [("Hello(version=99, role='midi')", ProtocolError), ("Hello(role='cuckoo')", WorkerError)],
)
def test_a_child_of_another_kind_is_refused(
    start_script: Callable[..., Any], greeting: str, error: type[Exception]
) -> None:
    """Another protocol version, or another role."""
    with pytest.raises(error):
        asyncio.run(start_script(f"{GREET} s.sendall(pack({greeting})); s.recv(9999); s.recv(9999)"))


@pytest.mark.skipif(sys.platform == "win32", reason="descriptors are handed over on POSIX only")
def test_extra_descriptors_and_arguments_reach_the_child(
    start_script: Callable[..., Any], tmp_path: Path
) -> None:
    """The child reads a file that only its parent had opened."""
    source = tmp_path / "text"
    source.write_text("midi")

    async def scenario() -> None:
        with source.open() as file:
            code = f"{GREET} import os; s.sendall(pack(Hello(role=os.read(int(sys.argv[2]), 9).decode()))); s.recv(9)"
            fd = file.fileno()
            child = await start_script(code, extra_fds=(fd,), arguments=(str(fd),))
            await child.stop(timeout_s=5.0)

    asyncio.run(scenario())
