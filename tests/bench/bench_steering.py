"""Do the part and the genre that are asked for sound? Jams over one band, as two tables.

    python tests/bench/bench_steering.py [FILE] [--model BUNDLE] [--seeds 3] [--bars 16]

FILE (default: the packaged blues) plays without the part that is asked for. *Parts*: how the copilot plays each role:
notes a beat, register, keys held at once, length; with `real` beside it where the file has such a part.
*Genres*: drums and keys under each genre word. Each jam is a row of figures (density, register, lengths, where in
the beat notes begin, which pieces of the kit); a jam is heard right where the nearest of all other jams, of another
seed, has its genre. By chance that is one in as many as there are genres.
"""

import argparse
from collections import Counter
from pathlib import Path

import numpy as np

from copilot.commands.evaluate import EXAMPLE
from copilot.commands.model import open_bundle
from copilot.engine.load import load_engine
from copilot.errors import CopilotError
from copilot.model.bundle import Bundle
from copilot.model.panel import panel_for
from copilot.music.casting import polyphony
from copilot.music.midifile import read_score
from copilot.music.roles import ROLES, Role
from copilot.music.score import Note, Part, Score
from copilot.scoreboard.excerpt import excerpt
from copilot.scoreboard.hold_out import Case
from copilot.scoreboard.jams import jam
from copilot.scoreboard.kit import GROUP_COUNT, kit_group

GENRES = ("blues", "funk", "jazz", "latin", "pop", "rock")
LATENCY_S = 0.05


def case_of(score: Score, role: Role) -> Case:
    """The band without its part of a role, if it has one."""
    held = next((part for part in score.parts if part.role == role), Part(0, role, ()))
    band = tuple(part for part in score.parts if part is not held)
    return Case(Score(score.ticks_per_beat, band, score.tempi, score.meters), held)


def played(bundle: Bundle, case: Case, seed: int, genre: str = "none") -> tuple[Note, ...]:
    panel = panel_for(bundle)
    panel.set("genre", genre)
    return jam(case, load_engine(bundle, seed=seed, device="cpu"), panel, LATENCY_S).played


def figures(notes: tuple[Note, ...], beats: float, ticks_per_beat: int, role: Role) -> np.ndarray:
    """What a jam sounds like, each column about 0 to 1: float64 (n,)."""
    if not notes:
        return np.zeros(6 + 12 + GROUP_COUNT)
    starts = np.asarray([note.start_ticks for note in notes])
    pitches = np.asarray([note.pitch for note in notes])
    lengths = np.asarray([note.end_ticks - note.start_ticks for note in notes]) / ticks_per_beat
    phase = np.bincount((starts * 12 // ticks_per_beat) % 12, minlength=12) / len(notes)
    is_drums = role == "drums"
    kit = np.bincount(kit_group(pitches), minlength=GROUP_COUNT) / len(notes)
    velocity = np.mean([note.velocity for note in notes]) / 127
    plain = [len(notes) / beats / 4, pitches.mean() / 127, pitches.std() / 24, np.median(lengths), velocity]
    return np.asarray([*plain, len(np.unique(starts)) / len(notes), *phase, *(kit * is_drums)])


def parts_table(bundle: Bundle, score: Score, seeds: int) -> None:
    beats = score.end_ticks / score.ticks_per_beat
    head = ("notes a beat", "lowest", "mean", "highest", "held at once", "beats long")
    print(f"{'part':8}{'who':8}" + "".join(f"{name:>14}" for name in head))
    for role in ROLES:
        case = case_of(score, role)
        jams = {"copilot": [played(bundle, case, seed) for seed in range(seeds)], "real": [case.held.notes]}
        for who, takes in jams.items():
            notes = tuple(note for take in takes for note in take)
            if not notes:
                continue
            pitches = [note.pitch for note in notes]
            lengths = [(note.end_ticks - note.start_ticks) / score.ticks_per_beat for note in notes]
            voices = np.mean([polyphony(take) for take in takes if take])
            cells = (
                f"{len(notes) / len(takes) / beats:.2f}",
                min(pitches),
                f"{np.mean(pitches):.1f}",
                max(pitches),
                f"{voices:.2f}",
                f"{np.median(lengths):.2f}",
            )
            print(f"{role:8}{who:8}" + "".join(f"{cell:>14}" for cell in cells))


def genres_table(bundle: Bundle, score: Score, seeds: int) -> None:
    beats = score.end_ticks / score.ticks_per_beat
    for role in ("drums", "keys"):
        case = case_of(score, role)
        rows = [
            (genre, seed, figures(played(bundle, case, seed, genre), beats, score.ticks_per_beat, role))
            for genre in GENRES
            for seed in range(seeds)
        ]
        table = np.stack([row for *_, row in rows])
        table = (table - table.mean(axis=0)) / np.maximum(table.std(axis=0), 1e-6)
        right: Counter[str] = Counter()
        for at, (genre, seed, _) in enumerate(rows):
            others = [n for n, row in enumerate(rows) if row[1] != seed]
            nearest = min(others, key=lambda n: float(np.linalg.norm(table[n] - table[at])))
            right[genre] += rows[nearest][0] == genre
        chance = len(rows) / len(GENRES)
        print(f"\n{role}: {sum(right.values())} of {len(rows)} jams are heard right, by chance {chance:g}")
        for genre in GENRES:
            mine = np.stack([row for name, _, row in rows if name == genre])
            density, velocity = 4 * mine[:, 0].mean(), 127 * mine[:, 4].mean()
            heard = f"{right[genre]} of {seeds}"
            print(f"  {genre:8}{heard:>8}   notes a beat {density:.2f}   velocity {velocity:.0f}")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("file", type=Path, nargs="?", default=EXAMPLE)
    parser.add_argument("--model", type=Path)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--bars", type=int, default=16)
    options = parser.parse_args()
    score, bundle = read_score(options.file), open_bundle(options.model)
    lines = score.bar_lines(score.end_ticks)
    if len(lines) > options.bars:
        score = excerpt(score, lines[0], lines[options.bars])
    parts_table(bundle, score, options.seeds)
    genres_table(bundle, score, options.seeds)


if __name__ == "__main__":
    try:
        main()
    except CopilotError as error:
        raise SystemExit(f"bench_steering: {error}") from None
