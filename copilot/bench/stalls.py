"""What makes a warm, lone thread slow: sleep, the garbage collector, a neighbour in Python, a second decoder."""

import gc
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np

from copilot.bench.section import Row, Section
from copilot.decode.numba_decoder import NumbaDecoder
from copilot.engine.place import stand_back
from copilot.engine.warmth import EVERY_S, Warmth
from copilot.midi.messages import PlayNote
from copilot.midi.scheduler import Action, Schedule
from copilot.midi.scheduler_thread import SchedulerThread
from copilot.model.bundle import Bundle, default_bundle_path

CONTEXT_TOKENS = 512
_IDLE_S = 0.010
_NOTE_GAP_S = 0.005
_SWITCH_INTERVALS_S = (0.005, 0.0005)
"""Python's own, and the MIDI process's."""


def measure(budget_s: float) -> Section:
    """Each stall beside what is done about it, within `budget_s` seconds and the loading of two decoders.

    Leaves the process where the model worker stands: call it in one of its own.
    """
    decoder, second = one_decoder(), one_decoder()
    share_s = budget_s / 4
    rows = [
        *_two_decoders(decoder, second, share_s),
        *_python_neighbour(share_s),
        _collection(),
    ]
    stand_back("alone")
    rows += _cold(decoder, share_s)
    return Section("cold and stalled", tuple(rows))


def one_decoder() -> NumbaDecoder:
    """The shipped one, warm, with half a thousand tokens in its context."""
    bundle = Bundle.open(default_bundle_path())
    decoder = NumbaDecoder.load(bundle.path, bundle.window, weights="int8")
    decoder.warm_up()
    decoder.rebase([1 + token % 500 for token in range(CONTEXT_TOKENS)])
    return decoder


def step_ms(decoder: NumbaDecoder) -> float:
    """One step that is forgotten."""
    began_s = time.perf_counter()
    decoder.append([7])
    took_s = time.perf_counter() - began_s
    decoder.rewind(decoder.mark() - 1)
    return took_s * 1e3


def _cold(decoder: NumbaDecoder, seconds: float) -> Iterator[Row]:
    for _ in range(50):
        step_ms(decoder)
    warm = _median([step_ms(decoder) for _ in range(100)])
    asleep, kept = after_rest(decoder, _IDLE_S, seconds)
    yield Row(
        f"a token after {_IDLE_S * 1e3:g} ms of sleep",
        f"{asleep:.2f} ms",
        f"warm {warm:.2f} ms",
        f"{asleep / warm:.1f} ×",
    )
    yield Row(
        f"the same, a step each {EVERY_S * 1e3:g} ms meanwhile",
        f"{kept:.2f} ms",
        f"warm {warm:.2f} ms",
        f"{kept / warm:.1f} ×",
    )


def after_rest(decoder: NumbaDecoder, idle_s: float, seconds: float) -> tuple[float, float]:
    """Median ms of the first token after a rest: asleep, and kept warm as the worker keeps itself."""
    asleep, kept = [], []
    end_s = time.perf_counter() + seconds
    while time.perf_counter() < end_s:
        _roll_out(decoder)
        time.sleep(idle_s)
        asleep.append(step_ms(decoder))
        _roll_out(decoder)
        _rest_warm(decoder, idle_s)
        kept.append(step_ms(decoder))
    return _median(asleep), _median(kept)


def _roll_out(decoder: NumbaDecoder) -> None:
    """What a worker has done before it rests."""
    for _ in range(20):
        step_ms(decoder)


def _rest_warm(decoder: NumbaDecoder, seconds: float) -> None:
    end_s = time.monotonic() + seconds

    def readable(timeout_s: float) -> bool:
        time.sleep(max(0.0, min(timeout_s, end_s - time.monotonic())))
        return time.monotonic() >= end_s

    Warmth(readable, lambda: step_ms(decoder)).wait()


def _collection() -> Row:
    gc.collect()
    whole = _collect_ms()
    gc.freeze()
    frozen = _collect_ms()
    gc.unfreeze()
    return Row(
        "a full garbage collection",
        f"{frozen:.2f} ms once frozen",
        f"{whole:.1f} ms before",
        f"{whole / frozen:.0f} ×",
    )


def _collect_ms() -> float:
    began_s = time.perf_counter()
    gc.collect()
    return (time.perf_counter() - began_s) * 1e3


def _python_neighbour(seconds: float) -> Iterator[Row]:
    alone = late_ms(seconds / 3)
    before_s = sys.getswitchinterval()
    try:
        with _busy_python():
            for interval_s in _SWITCH_INTERVALS_S:
                sys.setswitchinterval(interval_s)
                late = late_ms(seconds / 3)
                yield Row(
                    f"a note beside a busy Python thread, switching each {interval_s * 1e3:g} ms, p50 / p99",
                    f"{_median(late):.2f} / {_p99(late):.2f} ms late",
                    f"alone {_median(alone):.2f} / {_p99(alone):.2f} ms",
                )
    finally:
        sys.setswitchinterval(before_s)


@contextmanager
def _busy_python() -> Iterator[None]:
    over = threading.Event()

    def count() -> None:
        number = 0
        while not over.is_set():
            for _ in range(1000):
                number += 1

    thread = threading.Thread(target=count, daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def late_ms(seconds: float) -> list[float]:
    """How late each of a row of notes leaves the scheduler's thread in this process."""
    late: list[float] = []
    first_s = time.monotonic() + 0.05
    notes = [
        PlayNote(
            number, first_s + number * _NOTE_GAP_S, first_s + number * _NOTE_GAP_S + 0.02, 0, number % 128, 90
        )
        for number in range(max(1, int(seconds / _NOTE_GAP_S)))
    ]
    over = threading.Event()

    def send(action: Action) -> bool:
        if len(late) < 2 * len(notes):
            late.append((time.monotonic() - action.due_s) * 1e3)
        if len(late) == 2 * len(notes):
            over.set()
        return True

    scheduler = SchedulerThread(Schedule(), send, lambda _: None)
    scheduler.start()
    scheduler.play(notes)
    over.wait(seconds + 2.0)
    scheduler.stop()
    return late


def _two_decoders(first: NumbaDecoder, second: NumbaDecoder, seconds: float) -> Iterator[Row]:
    alone = _steps(first, seconds / 2)
    beside: list[float] = []
    thread = threading.Thread(target=lambda: beside.extend(_steps(second, seconds / 2)))
    thread.start()
    together = _steps(first, seconds / 2)
    thread.join()
    together += beside
    yield Row(
        "a step beside a second decoding thread, p50 / p99 / worst",
        _spread(together),
        f"alone {_spread(alone)}",
        f"{_median(together) / _median(alone):.1f} × / {_p99(together) / _p99(alone):.1f} × / "
        f"{max(together) / max(alone):.1f} ×",
    )


def _steps(decoder: NumbaDecoder, seconds: float) -> list[float]:
    end_s = time.perf_counter() + seconds
    times = []
    while time.perf_counter() < end_s:
        times.append(step_ms(decoder))
    return times


def _spread(times_ms: list[float]) -> str:
    return f"{_median(times_ms):.2f} / {_p99(times_ms):.2f} / {max(times_ms):.1f} ms"


def _median(times_ms: list[float]) -> float:
    return float(np.median(times_ms))


def _p99(times_ms: list[float]) -> float:
    return float(np.quantile(times_ms, 0.99))
