"""A session in figures: for a status line, a remote, a closing table. Pure."""

from collections.abc import Sequence
from typing import Any

from copilot.live.figures import quantile
from copilot.live.session import Session

Status = dict[str, Any]
"""Numbers, words, switches and None by name; under `ports` a list of each port's name, direction and state."""


def status_of(session: Session, now_s: float) -> Status:
    """By name, units included; None where nothing was measured yet."""
    figures, panel, reaction = session.planner.figures, session.panel, session.reaction
    journal = session.scribe.journal
    return _of_pair(session) | {
        "beat": round(session.clock.beats(now_s), 3),
        "tempo_bpm": round(session.clock.tempo_bpm, 2),
        "tempo_source": session.clock.source,
        "running": session.clock.running,
        "stopped": session.is_stopped,
        "part": panel.text("part"),
        "notes_heard": session.heard_notes,
        "notes_played": figures.played,
        "due": figures.due,
        "played_over_due": round(figures.played / figures.due, 4) if figures.due else 1.0,
        "late": figures.late,
        "dropped": figures.dropped,
        "replaced": figures.replaced,
        "schedule_full": session.flight.refused_notes,
        "news_forgotten": session.forgotten_news + session.questions.forgotten,
        "planned": len(session.planner.plan),
        "commit_ms": round(1000 * session.planner.commit_s(panel.number("commit_ms")), 1),
        "foresight_p50_beats": round(figures.foresight_beats.quantile(0.5), 3)
        if figures.foresight_beats
        else None,
        "chord_changes": reaction.changes,
        "answered_by_next_note": round(reaction.answered_at_once / len(reaction.note_beats), 3)
        if reaction.note_beats
        else None,
        "reaction_p50_beats": _rounded(reaction.note_beats, 0.5),
        "reaction_p95_beats": _rounded(reaction.note_beats, 0.95),
        "plan_reaction_p50_beats": _rounded(reaction.plan_beats, 0.5),
        "plan_reaction_p95_beats": _rounded(reaction.plan_beats, 0.95),
        "next_note_p50_beats": _rounded(reaction.next_note_beats, 0.5),
        "next_note_p95_beats": _rounded(reaction.next_note_beats, 0.95),
        "engine_calls": figures.proposals,
        "engine_call_p50_ms": round(1000 * figures.took_s.quantile(0.5), 2),
        "engine_call_p99_ms": round(1000 * figures.took_s.quantile(0.99), 2),
        "engine_step_p50_ms": round(1000 * figures.step_s.quantile(0.5), 3),
        "engine_step_p99_ms": round(1000 * figures.step_s.quantile(0.99), 3),
        "tokens_generated": figures.steps,
        "tokens_reused": figures.reused,
        "reused_over_generated": round(figures.reused / figures.steps, 3) if figures.steps else None,
        "flushes": figures.flushes,
        "context_tokens": figures.context_tokens,
        "journal_dropped": journal.dropped if journal is not None else 0,
        "journal_pending_bytes": journal.pending_bytes if journal is not None else 0,
        "journal_error": session.scribe.error,
    }


def _of_pair(session: Session) -> Status:
    """Of a model and its cover: whose plan the last note came from, and how often the model was in time."""
    if not session.is_covered:
        return {}
    figures = session.planner.figures
    return {
        "plays": figures.plays,
        "model_in_time": figures.model_in_time,
        "model_missed": figures.model_missed,
        "cover_notes": figures.cover_notes,
        "switches": figures.switches,
        "cover_call_p50_ms": round(1000 * figures.cover_took_s.quantile(0.5), 2),
        "cover_call_p99_ms": round(1000 * figures.cover_took_s.quantile(0.99), 2),
    }


def _rounded(values: Sequence[float], share: float) -> float | None:
    return round(quantile(values, share), 3) if values else None
