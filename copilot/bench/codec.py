"""Notes ↔ ids beside miditok, on the same files in the same run.

Both sides are timed from a score that symusic has parsed to ids in memory, as each gives them, in one thread: miditok
with its default settings, a list for each track; ours with seating, grid, one press a key and bar lines, one array
for all. "The package's own records" is a Score of Notes to a list of ids.
"""

import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import symusic
from numpy.typing import NDArray

import copilot
from copilot.bench.section import Row, Section
from copilot.codec.grid import GridCodec
from copilot.engine.seating import seat_players
from copilot.model.bundle import Bundle, default_bundle_path
from copilot.music.casting import program_role
from copilot.music.midifile import meter_changes, read_score
from copilot.music.order import score_events
from copilot.music.rows import rows_of_tracks
from copilot.music.score import Score

EXAMPLE = Path(copilot.__file__).parent / "examples" / "blues.mid"
LIVE_LIMIT_US = 20.0
TURN_S = 0.02
_ROUNDS = 5


def measure(budget_s: float, files: Sequence[Path] = ()) -> Section:
    """Encode, decode, the live writer, and parsing as what reading a file costs anyhow.

    files: standard MIDI files; none takes the packaged blues in twelve keys, each a little louder. `budget_s`
    bounds the rounds, of which the fastest pass over all files counts; at least one is made. A turn is one pass or,
    where that is short, as many as fill TURN_S: the first one pays for the caches that the peers have emptied.
    """
    until_s = time.perf_counter() + budget_s
    contents = [path.read_bytes() for path in files] or _variations(EXAMPLE)
    codec = Bundle.open(default_bundle_path()).codec
    parsed: list[Any] = [symusic.Score.from_midi(content) for content in contents]
    records = [read_score(content) for content in contents]
    notes, own_notes = sum(score.note_num() for score in parsed), sum(score.note_count for score in records)
    ids = [codec.encode(score) for score in records]  # also compiles, or loads what was compiled
    runs: dict[str, Callable[[], object]] = {
        "parse": lambda: [symusic.Score.from_midi(content) for content in contents],
        "encode": lambda: [encode_parsed(codec, score) for score in parsed],
        "records": lambda: [codec.encode(score) for score in records],
        "decode": lambda: [codec.decode(each) for each in ids],
        **{name: _miditok(name, parsed) for name in ("TSD", "REMI") if _has_miditok()},
    }
    live_us = np.concatenate([live_event_us(codec, score) for score in records[:10]])
    spent = dict.fromkeys(runs, np.inf)
    for _ in range(_ROUNDS):
        for name, run in runs.items():
            turn_s = 0.0
            while turn_s < TURN_S:
                began = time.perf_counter()
                run()
                took_s = time.perf_counter() - began
                spent[name], turn_s = min(spent[name], took_s), turn_s + took_s
        if time.perf_counter() > until_s:
            break
    rate = {
        name: (own_notes if name in ("records", "decode") else notes) / spent_s
        for name, spent_s in spent.items()
    }
    peers = {name: rate[name] for name in ("TSD", "REMI") if name in rate}
    fastest = max(peers.values(), default=None)
    beside = ", ".join(f"miditok {name} {figure:,.0f}" for name, figure in peers.items())
    ratios = {name: f"{rate[name] / fastest:.0f} × miditok" if fastest else "" for name in rate}
    median_us, p99_us = np.percentile(live_us, [50, 99])
    return Section(
        "Codec: notes ↔ ids",
        (
            Row("encode, parsed score to ids", _figure(rate["encode"]), beside, ratios["encode"]),
            Row("encode, the package's own records", _figure(rate["records"]), beside, ratios["records"]),
            Row("decode", _figure(rate["decode"])),
            Row("parse a file (symusic)", _figure(rate["parse"]), "the limit of what reads files"),
            Row(
                "live writer, an event",
                f"{median_us:.1f} µs, p99 {p99_us:.1f} µs",
                f"{LIVE_LIMIT_US:.0f} µs asked",
                f"{median_us / LIVE_LIMIT_US:.2f} × the limit",
            ),
        ),
        {
            "codec.x_miditok": rate["encode"] / fastest if fastest else None,
            "codec.encode_notes_per_s": rate["encode"],
            "codec.live_event_median_us": float(median_us),
            "codec.live_event_p99_us": float(p99_us),
        },
        (
            f"{len(contents)} files, {notes:,} notes; fastest of up to {_ROUNDS} rounds, in turn; "
            "one thread; miditok counts at the faster of its two",
        ),
    )


def encode_parsed(codec: GridCodec, parsed: Any) -> NDArray[np.int64]:
    """A symusic score as one window: each track on the seat of its program's role."""
    tracks = [track for track in parsed.tracks if track.note_num()]
    roles = {
        index: "drums" if track.is_drum else program_role(track.program) for index, track in enumerate(tracks)
    }
    seats = seat_players(roles)
    meters = meter_changes(((m.time, m.numerator, m.denominator) for m in parsed.time_signatures), "")
    return codec.encode_rows(
        rows_of_tracks(tracks),
        [seats[index] for index in range(len(tracks))],
        [track.is_drum for track in tracks],
        Score(parsed.ticks_per_quarter, (), meters=meters),
    )


def live_event_us(codec: GridCodec, score: Score) -> np.ndarray:
    """What each event costs a live writer, in µs: time told, event fed, tail and the state after it asked for."""
    seats = seat_players({part.channel: part.role for part in score.parts})
    writer, spent_us = codec.writer(), []
    for event in score_events(score.resampled(codec.params.ticks_per_beat)):
        seated = event._replace(channel=seats.get(event.channel, 0))
        began = time.perf_counter()
        writer.advance(seated.tick)
        writer.feed(seated)
        writer.tail()
        writer.state_after_tail()
        spent_us.append((time.perf_counter() - began) * 1e6)
    return np.asarray(spent_us)


def _variations(path: Path) -> list[bytes]:
    """The file in twelve keys, drums as they are, twice: the second time louder."""
    contents = []
    for louder in (0, 9):
        for step in range(-6, 6):
            score: Any = symusic.Score.from_midi(path.read_bytes())
            for track in score.tracks:
                track.shift_velocity(louder, inplace=True)
                if not track.is_drum:
                    track.shift_pitch(step, inplace=True)
            contents.append(score.dumps_midi())
    return contents


def _has_miditok() -> bool:
    try:
        import miditok  # noqa: F401
    except ImportError:
        return False
    return True


def _miditok(name: str, parsed: Sequence[Any]) -> Callable[[], object]:
    import miditok

    tokenizer = getattr(miditok, name)(miditok.TokenizerConfig())
    return lambda: [[sequence.ids for sequence in tokenizer.encode(score)] for score in parsed]


def _figure(notes_per_s: float) -> str:
    return f"{notes_per_s:,.0f} notes/s"
