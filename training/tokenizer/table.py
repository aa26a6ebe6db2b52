"""The study's results as the table that tokenizer/README.md keeps."""

import math
from collections.abc import Sequence

import numpy as np

from training.config import StudyConfig
from training.tokenizer.study import StudyResult

_RESAMPLES, _SEED = 4000, 3


def difference(one: Sequence[StudyResult], other: Sequence[StudyResult]) -> tuple[float, tuple[float, float]]:
    """How many bits a note `one` costs more than `other`, and the 95% interval of that.

    Both have the same windows and the same seeds; windows and seeds are drawn again with replacement, in pairs.
    With two seeds that says little of the seeds' own spread, but it does not leave it out.
    """
    notes = np.asarray(one[0].notes, dtype=np.float64)
    nats = np.asarray([a.nats for a in one]) - np.asarray([b.nats for b in other])  # (seeds, windows)
    rng = np.random.default_rng(_SEED)
    windows = rng.integers(len(notes), size=(_RESAMPLES, len(notes)))
    seeds = rng.integers(len(nats), size=(_RESAMPLES, len(nats)))
    again = nats[seeds[:, :, None], windows[:, None, :]].mean(axis=1).sum(axis=1)
    low, high = np.quantile(again / notes[windows].sum(axis=1) / math.log(2), (0.025, 0.975))
    return float(nats.mean(axis=0).sum() / notes.sum() / math.log(2)), (float(low), float(high))


def by_variant(results: Sequence[StudyResult]) -> dict[str, list[StudyResult]]:
    """The seeds of each variant, in the order of the study."""
    groups: dict[str, list[StudyResult]] = {}
    for result in results:
        groups.setdefault(result.variant, []).append(result)
    return groups


def table(results: Sequence[StudyResult]) -> list[str]:
    """Lines of a Markdown table, differences told to the first variant."""
    groups = by_variant(results)
    first = next(iter(groups.values()))
    lines = [
        "| velocity | vocabulary | ids | weights | ids a word | ids a note | ids a second | 1,024 / 2,048 ids hear "
        "| bits a note (seeds) | more than the first |",
        "|---|---|---|---|---|---|---|---|---|---|",
    ]
    for name, group in groups.items():
        velocity, _, size = name.partition("-")
        figures, bits = group[0].figures, [result.bits_per_note for result in group]
        more, (low, high) = difference(group, first)
        apart = "–" if group is first else f"{more:+.3f} ({low:+.3f} to {high:+.3f})"
        lines.append(
            f"| {'before every note' if velocity == 'every' else 'when it changes'} "
            f"| {'word level' if size == 'words' else 'BPE'} | {figures.size:,} | {group[0].weights / 1e6:.2f} M "
            f"| {figures.ids_per_word:.4f} | {figures.ids_per_note:.3f} | {figures.ids_per_s:.1f} "
            f"| {' / '.join(f'{seconds:.1f} s' for seconds in figures.window_s.values())} "
            f"| **{np.mean(bits):.3f}** ({', '.join(f'{value:.3f}' for value in bits)}) | {apart} |"
        )
    return lines


def how(results: Sequence[StudyResult], study: StudyConfig) -> str:
    """What was held equal, and how large it was."""
    first = results[0]
    return (
        f"Held equal: the model ({study.layers} layers × {study.hidden}), the seeds "
        f"({', '.join(map(str, study.seeds))}), {study.steps:,} steps of {study.batch_windows} windows of "
        f"{study.window_words} words, which are the same music for every row (about {first.notes_seen:,} notes), and "
        f"{len(first.notes):,} windows of held-out songs with {sum(first.notes):,} notes. What differs with the "
        f"spelling: ids seen ({min(r.ids_seen for r in results):,} to {max(r.ids_seen for r in results):,}), and the "
        f"weights of embedding and output."
    )
