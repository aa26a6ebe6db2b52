"""/metrics, as Prometheus reads it: each line made from the desk's status, and from the remotes' counters."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, InfoMetricFamily, Metric
from prometheus_client.registry import Collector

CONTENT_TYPE = "text/plain; version=1.0.0; charset=utf-8"
_FROM_MS = 0.001

COUNTED = {
    "notes_heard": "Notes that players struck.",
    "notes_played": "The copilot's notes that came to be played.",
    "due": "The copilot's notes whose moment has come.",
    "late": "Notes that were played late.",
    "dropped": "Notes that were too late to be played.",
    "replaced": "Notes that came too late to replace what was planned before.",
    "engine_calls": "Answers of the model.",
    "tokens_generated": "Words that the model has drawn.",
    "tokens_reused": "Words imagined that came to be.",
    "flushes": "Times that the model's window was cut.",
    "journal_dropped": "Records that the journal could not take.",
    "model_in_time": "Rounds in which the model replaced its cover's plan.",
    "model_missed": "Rounds in which it did not: it was late, at work or gone.",
    "cover_notes": "The copilot's notes that came from the cover's plan.",
    "switches": "Notes that came from another plan than the note before: the model's or its cover's.",
    "cover_deaths": "Workers of the cover that died, or hung and were ended.",
    "worker_deaths": "Model workers that died, or hung and were ended.",
    "midi_deaths": "MIDI processes that died, or hung and were ended.",
    "midi_queue_drops": "MIDI messages that were lost in a full queue.",
    "schedule_full": "The copilot's notes that found the scheduler full.",
    "news_forgotten": "Notes that the model was never told of: too many waited for it.",
    "midi_xruns": "Cycles of JACK's that were late: what is sent or comes in then may be lost.",
    "midi_echoes": "MIDI messages that were our own, heard at once, and dropped.",
    "midi_feedback": "MIDI messages that were our own, heard again by a longer way, and cut.",
    "midi_long_sysex": "SysEx messages that were too long to pass.",
    "midi_send_failures": "MIDI messages that a port did not take.",
}
MEASURED = {
    "tempo_bpm": ("tempo_bpm", "The tempo in quarter notes a minute.", 1.0),
    "running": ("running", "1 while time goes on.", 1.0),
    "stopped": ("stopped", "1 from stop until start.", 1.0),
    "listening_only": ("listening_only", "1 once the model died too often, until one is loaded again.", 1.0),
    "planned": ("planned_notes", "Notes of the plan that may still change.", 1.0),
    "played_over_due": ("played_over_due_ratio", "Notes played of those whose moment has come.", 1.0),
    "commit_ms": ("commit_seconds", "How far ahead notes are final.", _FROM_MS),
    "foresight_p50_beats": ("foresight_p50_beats", "How far ahead plans reach.", 1.0),
    "engine_call_p50_ms": ("engine_call_p50_seconds", "What an answer of the model takes, median.", _FROM_MS),
    "engine_call_p99_ms": ("engine_call_p99_seconds", "What an answer of the model takes, p99.", _FROM_MS),
    "cover_call_p50_ms": ("cover_call_p50_seconds", "What an answer of the cover takes, median.", _FROM_MS),
    "cover_call_p99_ms": ("cover_call_p99_seconds", "What an answer of the cover takes, p99.", _FROM_MS),
    "engine_step_p50_ms": ("engine_step_p50_seconds", "What a word takes, median.", _FROM_MS),
    "engine_step_p99_ms": ("engine_step_p99_seconds", "What a word takes, p99.", _FROM_MS),
    "context_tokens": ("context_tokens", "Words that the model has before it.", 1.0),
    "journal_pending_bytes": ("journal_pending_bytes", "What of the recording waits for the disk.", 1.0),
    "late_p99_ms": ("midi_late_p99_seconds", "How late notes leave, p99.", _FROM_MS),
}
"""The desk's status by name: the metric's name, what it says, and what turns the figure into its unit."""


@dataclass(frozen=True, slots=True)
class Counters:
    """A remote's counts and gauges, by name and with a sentence each: `counted` only ever grows."""

    prefix: str
    counted: Mapping[str, tuple[str, int]]
    measured: Mapping[str, tuple[str, float]]


@dataclass(frozen=True, slots=True)
class Metrics(Collector):
    """Asks for everything anew each time it is read."""

    status: Callable[[], Mapping[str, Any]]
    remotes: Callable[[], Iterable[Counters]]
    labels: Callable[[], Mapping[str, str]]

    def text(self) -> bytes:
        """All metrics."""
        registry = CollectorRegistry()
        registry.register(self)
        return generate_latest(registry)

    def describe(self) -> Iterable[Metric]:
        """Nothing beforehand: a status is made when it is asked for."""
        return ()

    def collect(self) -> Iterator[Metric]:
        """See Collector."""
        yield InfoMetricFamily("copilot", "What runs.", dict(self.labels()))
        status = self.status()
        for name, says in COUNTED.items():
            if name in status:
                yield CounterMetricFamily(f"copilot_{name}", says, value=status[name])
        for name, (called, says, factor) in MEASURED.items():
            if status.get(name) is not None:
                yield GaugeMetricFamily(f"copilot_{called}", says, value=factor * float(status[name]))
        ports = GaugeMetricFamily(
            "copilot_port_connected",
            "0 for a port that is gone, or not there yet.",
            labels=("name", "direction"),
        )
        for port in status.get("ports", ()):
            ports.add_metric([port["name"], port["direction"]], port["state"] in ("connected", "open"))
        yield ports
        for remote in self.remotes():
            for name, (says, count) in remote.counted.items():
                yield CounterMetricFamily(f"copilot_{remote.prefix}_{name}", says, value=count)
            for name, (says, value) in remote.measured.items():
                yield GaugeMetricFamily(f"copilot_{remote.prefix}_{name}", says, value=value)
