"""From milliseconds a token to what may be played: which model sizes, how far ahead, up to which tempo."""

from collections.abc import Mapping
from dataclasses import dataclass

from copilot.bench.section import Row, Section

TOKENS_PER_BEAT = 25.0
"""All parts of a band: 50 tokens a second at 120 bpm."""
LOOKAHEADS_BEATS = (1, 2, 4)
MOST_BPM = 300.0
"""Nothing is played faster: a higher tempo is said as "any"."""

_BILLION = 1.24e9
"""Weights that a step of OLMo-2 1B reads with a vocabulary of 2,048: 16 layers of 2048, intermediate 8192."""


@dataclass(frozen=True, slots=True)
class Size:
    """A model and what one token costs it on this machine. `is_computed`: the least that bandwidth allows."""

    name: str
    token_ms: float
    is_computed: bool = False


def highest_bpm(token_ms: float, lookahead_beats: float, within_beats: float) -> float:
    """The highest tempo at which a lookahead can be imagined within a part of a beat.

    The rule: `lookahead_beats` × TOKENS_PER_BEAT tokens are imagined anew, one after another and nothing of the
    last rollout reused, while `within_beats` pass: a quarter where every sixteenth is to be answered by a new plan,
    1 where a plan a beat does. What players did and the flush come on top, a few tokens a round.
    """
    imagine_s = lookahead_beats * TOKENS_PER_BEAT * token_ms / 1e3
    return 60.0 * within_beats / imagine_s


def sizes(keys: Mapping[str, float | None]) -> list[Size]:
    """The models that the figures of --json say something about.

    1 B is computed, at best: the time to read its weights once from memory, in bytes or in groups of 32 with 4 bits
    each and a scale of 16. An imagined token costs more than a step by what grammar and sampling take: that is
    measured once, and added to each.
    """
    found = []
    around_ms = keys.get("decoder.around_step_ms") or 0.0
    for name, key in (("5 M, the default", "decoder.step_ms_1024"), ("36 M", "decoder.36m_step_ms")):
        if (step_ms := keys.get(key)) is not None:
            found.append(Size(name, step_ms + around_ms))
    if found and (rate := keys.get("limits.memory_gb_s")):
        for name, bytes_each in (("1 B int8", 1.0), ("1 B 4-bit", 4.5 / 8)):
            read_ms = _BILLION * bytes_each / (rate * 1e9) * 1e3
            found.append(Size(name, read_ms + around_ms, is_computed=True))
    return found


def verdict(keys: Mapping[str, float | None]) -> Section | None:
    """What this machine can carry, as a section; None where no decoder was measured."""
    found = sizes(keys)
    if not found:
        return None
    rows, told = [], {}
    for size in found:
        rows.append(
            Row(
                size.name + (", at best" if size.is_computed else ""),
                f"{size.token_ms:.2f} ms a token",
                "each sixteenth: " + _tempi(size.token_ms, 0.25),
                "each beat: " + _tempi(size.token_ms, 1.0),
            )
        )
        key = size.name.split(",")[0].lower().replace(" ", "_")
        told[f"verdict.{key}_bpm_2_beats_each_sixteenth"] = highest_bpm(size.token_ms, 2, 0.25)
        told[f"verdict.{key}_bpm_2_beats_each_beat"] = highest_bpm(size.token_ms, 2, 1.0)
    ahead = ", ".join(map(str, LOOKAHEADS_BEATS))
    remark = (
        f"highest tempo in bpm for a lookahead of {ahead} beats, planned anew each sixteenth or each beat, of a band "
        f"that makes {TOKENS_PER_BEAT:.0f} tokens a beat and surprises every time"
    )
    return Section("What this machine can carry", tuple(rows), told, (remark,))


def _tempi(token_ms: float, within_beats: float) -> str:
    return " / ".join(_tempo(highest_bpm(token_ms, ahead, within_beats)) for ahead in LOOKAHEADS_BEATS)


def _tempo(bpm: float) -> str:
    return "any" if bpm >= MOST_BPM else f"{bpm:.0f}" if bpm >= 20 else "–"
