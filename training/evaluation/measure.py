"""Every held-out song by every predictor, as sums; and the sums as figures."""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
import transformers
from numpy.typing import NDArray

from copilot import __version__
from copilot.codec.bulk import Speller
from copilot.codec.charge import COLUMNS, FIGURES, ratios, tally
from copilot.errors import ConfigError
from copilot.model.bundle import Bundle
from copilot.model.evaluation import Evaluation, Figure
from copilot.ppm import Ppm
from copilot.resampling import intervals
from training.config import TrainingConfig
from training.corpus import Corpus
from training.corpus.song import GRID, Song
from training.evaluation.scorers import ModelScorer, PpmScorer, Scorer, UniformAllowed, UniformIds
from training.evaluation.stream import Streamer
from training.windows.sampler import Sampler

SPLITS: dict[str, Callable[[Corpus], Sequence[Song]]] = {
    "validation": Corpus.validation,
    "test": Corpus.test,
    "held-out": lambda corpus: [*corpus.validation(), *corpus.test()],
}
PPM_ORDER, PPM_IDS = 4, 2_000_000
"""More ids teach PPM-C no more: after 1, 2, 4, 8 M it costs 2.555, 2.551, 2.552, 2.553 nats an id. 2 M take 4 s and
190 MB. One that knows the song alone costs 2.232: what other songs taught drowns what the song itself repeats.
"""

_PPM_SEED = 4
_SONGS_AT_ONCE = 8

Report = Callable[[float, int], None]
"""Told the share of the work that is done, and the ids that were predicted so far."""


@dataclass(frozen=True, slots=True)
class Measured:
    """sums: by predictor, float64 (songs, columns of a Tally)."""

    songs: tuple[Song, ...]
    sums: dict[str, NDArray[np.float64]]

    def of_source(self, source: str) -> "Measured":
        """One source's songs alone."""
        which = [number for number, song in enumerate(self.songs) if song.source == source]
        return Measured(
            tuple(self.songs[number] for number in which),
            {name: sums[which] for name, sums in self.sums.items()},
        )

    def figures(self) -> dict[str, dict[str, Figure]]:
        """Every predictor's figures; one that has nothing to divide by is left out."""
        pieces = [song.group for song in self.songs]
        found: dict[str, dict[str, Figure]] = {}
        for name, sums in self.sums.items():
            values = ratios(sums.sum(axis=0))
            low, high = intervals(sums, pieces, ratios)
            rounded = np.round([values, low, high], 4).T.tolist()
            found[name] = {
                figure: Figure(*row) for figure, row in zip(FIGURES, rounded, strict=True) if row[0] == row[0]
            }
        return found

    def evaluation(self, command: str, split: str, config: str = "", corpus_sha256: str = "") -> Evaluation:
        """What a bundle carries; `config` is the configuration's path as it was given."""
        totals = next(iter(self.sums.values())).sum(axis=0)
        counts = dict(zip(COLUMNS, totals.tolist(), strict=True))
        return Evaluation(
            command=command,
            split=split,
            songs=len(self.songs),
            tokens=round(counts["tokens"]),
            notes=round(counts["notes"]),
            part_notes=round(counts["part_notes"]),
            beats=round(counts["beats"], 2),
            figures=self.figures(),
            config=config,
            corpus_sha256=corpus_sha256,
            versions=versions(),
        )


def versions() -> dict[str, str]:
    """What measures."""
    return {
        "copilot": __version__,
        "torch": str(torch.__version__),
        "transformers": transformers.__version__,
    }


def held_out(corpus_dir: Path, corpus: Corpus, split: str, limit: int | None) -> Sequence[Song]:
    """The songs of a split, or `limit` of them by a hash of their names, so that fewer are some of the more.

    Raises ConfigError where there are none.
    """
    songs = SPLITS[split](corpus)
    if not songs:
        raise ConfigError(
            f"{corpus_dir}: the corpus has no {split} songs: make it from more songs, of which 1 in 20 is held out"
        )
    if limit is None or limit >= len(songs):
        return songs
    return sorted(songs, key=lambda song: hashlib.sha256(f"{song.source}/{song.name}".encode()).digest())[
        :limit
    ]


def check_grid(bundle: Bundle) -> None:
    """The bundle's words must count time as the corpus' notes do. Raises ConfigError."""
    theirs = bundle.codec.params.ticks_per_beat
    if theirs != GRID.ticks_per_beat:
        raise ConfigError(
            f"{bundle.path}: counts {theirs} ticks a beat, the corpus {GRID.ticks_per_beat}: "
            "give a bundle that was trained on such a corpus"
        )


def measure_bundle(
    bundle: Bundle,
    songs: Sequence[Song],
    corpus: Corpus,
    config: TrainingConfig,
    ppm_ids: int,
    report: Report,
) -> Measured:
    """A bundle's model; PPM-C, trained on `ppm_ids` ids of windows and untrained; and two uniform predictors."""
    check_grid(bundle)
    vocab = bundle.codec.vocab
    streamer = Streamer(vocab, bundle.window)
    ppm = Ppm(vocab.size, PPM_ORDER)
    learn_windows(ppm, Sampler(corpus.training(), config.corpus.weights, vocab.table), bundle, ppm_ids)
    scorers: list[Scorer] = [
        ModelScorer(bundle, streamer, config.pretrain.threads),
        PpmScorer(f"order-{PPM_ORDER} PPM-C", ppm),
        PpmScorer("untrained PPM-C", Ppm(vocab.size, PPM_ORDER)),
        UniformAllowed(vocab),
        UniformIds(vocab),
    ]
    return measure(songs, scorers, streamer, report)


def learn_windows(ppm: Ppm, sampler: Sampler, bundle: Bundle, budget_ids: int) -> None:
    """Count windows as the training draws them, in the bundle's own vocabulary, until `budget_ids` are spent."""
    rng, speller = np.random.default_rng(_PPM_SEED), Speller(bundle.codec.vocab)
    while budget_ids > 0:
        ids = speller.ids(sampler.draw(rng, bundle.window))
        ppm.learn(ids)
        budget_ids -= max(1, len(ids))


def measure(songs: Sequence[Song], scorers: Sequence[Scorer], streamer: Streamer, report: Report) -> Measured:
    """Sum up every song by every predictor."""
    rows: dict[str, list[NDArray[np.float64]]] = {scorer.name: [] for scorer in scorers}
    notes, done, ids = sum(len(song.notes) for song in songs), 0, 0
    for begin in range(0, len(songs), _SONGS_AT_ONCE):
        some = songs[begin : begin + _SONGS_AT_ONCE]
        streams = [streamer.stream(song) for song in some]
        for scorer in scorers:
            for stream, nats in zip(streams, scorer.nats(streams), strict=True):
                rows[scorer.name].append(tally(nats, stream.owners, stream.words, streamer.table).row())
        done += sum(len(song.notes) for song in some)
        ids += sum(len(stream.ids) for stream in streams)
        report(done / notes, ids)
    return Measured(tuple(songs), {name: np.asarray(sums) for name, sums in rows.items()})
