"""How long one frame takes to another process and back: a Unix socket and msgpack as the daemon's children use them,
beside multiprocessing's Pipe and Queue. Both ends sleep until something comes, as they do between two notes."""

import asyncio
import contextlib
import multiprocessing
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping

import numpy as np

from copilot.bench.ipc_ends import answer_pipe, answer_queue
from copilot.bench.section import Row, Section
from copilot.errors import WorkerError
from copilot.live.supervise import Child
from copilot.midi.messages import Heard
from copilot.wire import FrameReader, Hello, pack

FRAME = Heard([(1234.5678, 0, b"\x91\x3c\x40")])
"""A note that was just heard: what most frames are."""

_PAUSE_S = 0.001
"""Long enough for both ends to fall asleep, as they are whenever a note comes."""

_WARM_UP = 20
_ENDS = "copilot.bench.ipc_ends"
_OURS, _DAEMON, _PIPE, _QUEUE = "socket, msgpack", "the same into asyncio", "Pipe of bytes", "mp.Queue"


def measure(budget_s: float) -> Section:
    """Round trips until `budget_s` seconds are spent, a quarter for each way."""
    times = round_trips(budget_s)
    p50_us, p99_us = _quantiles_us(times[_OURS])
    rows = [Row(f"{_OURS}, p50 / p99", f"{p50_us:.0f} / {p99_us:.0f} µs", "the goal at p99: 100 µs")]
    for name in (_DAEMON, _PIPE, _QUEUE):
        peer_p50_us, peer_p99_us = _quantiles_us(times[name])
        ratio = f"{peer_p50_us / p50_us:.1f} × our median"
        rows.append(Row(f"{name}, p50 / p99", f"{peer_p50_us:.0f} / {peer_p99_us:.0f} µs", "", ratio))
    count = min(len(spent) for spent in times.values())
    remarks = (
        f"{count} or more round trips of a frame of {len(pack(FRAME))} bytes each way, "
        f"{_PAUSE_S * 1e3:g} ms of sleep before each",
    )
    return Section("from process to process and back", tuple(rows), {"ipc.rtt_p99_us": p99_us}, remarks)


def round_trips(budget_s: float) -> Mapping[str, list[float]]:
    """Seconds of each round trip, by way."""
    share_s = budget_s / 4
    times = {}
    for name, opened in ((_OURS, _socket), (_PIPE, _pipe), (_QUEUE, _queue)):
        with opened() as go_round:
            times[name] = _time(go_round, share_s)
    times[_DAEMON] = asyncio.run(_time_child(share_s))
    return times


def _quantiles_us(times_s: list[float]) -> tuple[float, float]:
    p50, p99 = np.quantile(np.array(times_s) * 1e6, (0.5, 0.99))
    return float(p50), float(p99)


def _time(go_round: Callable[[], object], seconds: float) -> list[float]:
    for _ in range(_WARM_UP):
        go_round()
    times: list[float] = []
    end_s = time.perf_counter() + seconds
    while time.perf_counter() < end_s:
        time.sleep(_PAUSE_S)
        began_s = time.perf_counter()
        go_round()
        times.append(time.perf_counter() - began_s)
    return times


@contextlib.contextmanager
def _socket() -> Iterator[Callable[[], object]]:
    """What a blocking end pays. Windows has no Unix sockets: there it is what socket.socketpair gives."""
    ours, theirs = socket.socketpair()
    with ours, theirs:
        child = subprocess.Popen(
            [sys.executable, "-m", _ENDS, str(theirs.fileno())], pass_fds=(theirs.fileno(),)
        )
        theirs.close()
        reader = FrameReader(Hello | Heard)

        def receive() -> object:
            while data := ours.recv(65536):
                for message in reader.feed(data):
                    return message
            raise WorkerError("the process at the far end is gone")

        def go_round() -> object:
            ours.sendall(pack(FRAME))
            return receive()

        receive()  # its greeting
        yield go_round
    child.wait()


async def _time_child(seconds: float) -> list[float]:
    """What the daemon pays, whose end is an event loop."""
    child = await Child.start(_ENDS, "echo", Hello | Heard)
    times: list[float] = []
    end_s = time.perf_counter() + seconds
    while time.perf_counter() < end_s:
        await asyncio.sleep(_PAUSE_S)
        began_s = time.perf_counter()
        child.send(FRAME)
        await child.receive()
        times.append(time.perf_counter() - began_s)
    await child.stop(timeout_s=1.0)
    return times[_WARM_UP:]


@contextlib.contextmanager
def _pipe() -> Iterator[Callable[[], object]]:
    spawn = multiprocessing.get_context("spawn")
    ours, theirs = spawn.Pipe()
    process = spawn.Process(target=answer_pipe, args=(theirs,), daemon=True)
    process.start()
    data = pack(FRAME)

    def go_round() -> object:
        ours.send_bytes(data)
        return ours.recv_bytes()

    yield go_round
    ours.send_bytes(b"")
    process.join()


@contextlib.contextmanager
def _queue() -> Iterator[Callable[[], object]]:
    spawn = multiprocessing.get_context("spawn")
    asked, answered = spawn.Queue(), spawn.Queue()
    process = spawn.Process(target=answer_queue, args=(asked, answered), daemon=True)
    process.start()

    def go_round() -> object:
        asked.put(FRAME.events)
        return answered.get()

    yield go_round
    asked.put(None)
    process.join()
