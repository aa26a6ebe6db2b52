"""How fast files become songs, beside miditok, in one run; and what opening two million songs costs. Never fails.

    python tests/bench/bench_corpus.py [FOLDER]

FOLDER defaults to ../shared/data/shippable: some files of each .tar.gz in it. Both read the same bytes through
symusic, alone in one process, each in turn; times are of the processor. miditok (extra `bench`) makes TSD tokens; the
corpus reads, puts on the grid, tells roles, families, key and pulse, and takes the fingerprint and the SHA-256. The
whole step is `copilot-train corpus` with one worker: processes, isolation and disk included.
"""

import json
import logging
import resource
import subprocess
import sys
import tarfile
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

FOLDER = Path(__file__).resolve().parents[3] / "shared" / "data" / "shippable"
FILES_A_SOURCE, ROUNDS = 40, 3
SONGS = 2_000_000
OPEN = """
import sys, time
from pathlib import Path
import numpy as np

def resident():
    lines = Path("/proc/self/status").read_text().splitlines()
    fields = dict(line.split(":") for line in lines if line.startswith("Rss"))
    return np.asarray([int(fields[name].split()[0]) / 1024 for name in ("RssAnon", "RssFile")])

from copilot.codec.words import GridParams, WordTable
from training.corpus import Corpus
from training.windows.sampler import Sampler
before, began = resident(), time.perf_counter()

def tell(what):
    own, mapped = resident() - before
    spent_ms = (time.perf_counter() - began) * 1e3
    print(f"{what:<34}{spent_ms:>10.1f} ms{own:>10.1f} MB{mapped:>10.1f} MB", flush=True)

corpus = Corpus.open(Path(sys.argv[1]))
training = corpus.training()
tell(f"open, {len(corpus):,} songs")
training[len(training) // 2]
tell("one song")
sampler = Sampler(training, {}, WordTable(GridParams()))
tell("a sampler over all lengths")
for seed in range(200):
    sampler.draw(np.random.default_rng(seed), 512)
tell("200 windows")
"""


def sample(folder: Path) -> list[tuple[str, bytes]]:
    """Files of each archive, spread over it."""
    found: list[tuple[str, bytes]] = []
    for archive in sorted(folder.glob("*.tar.gz")):
        with tarfile.open(archive) as tar:
            members = [member for member in tar.getmembers() if member.name.endswith(".mid")]
            for member in members[:: max(1, len(members) // FILES_A_SOURCE)][:FILES_A_SOURCE]:
                file = tar.extractfile(member)
                assert file is not None
                found.append((member.name, file.read()))
    return found


def notes_in(files: list[tuple[str, bytes]]) -> int:
    import symusic

    read: Callable[[bytes], Any] = symusic.Score.from_midi
    return sum(read(data).note_num() for _, data in files)


def by_miditok(files: list[tuple[str, bytes]]) -> None:
    import miditok
    import symusic

    tokenizer = miditok.TSD(miditok.TokenizerConfig())
    for _, data in files:
        tokenizer(symusic.Score.from_midi(data))


def by_corpus(files: list[tuple[str, bytes]]) -> None:
    from copilot.codec.words import GridParams
    from training.corpus.make import song_of
    from training.corpus.raw import from_midi
    from training.corpus.records import Item, Traits
    from training.corpus.unusable import Unusable

    traits, grid = Traits(None, False, True, True, False, False, 1.0, 0.0), GridParams()
    for name, data in files:
        try:
            song_of(from_midi(data), Item(0, name, name), traits, grid, content=data, beats=None)
        except Unusable:
            continue


def whole_step(files: list[tuple[str, bytes]]) -> float:
    """Processor seconds of the step with one worker, all processes together, and nothing reused."""
    from copilot.codec.words import GridParams
    from training.config import CorpusConfig
    from training.corpus.build import build
    from training.corpus.report import CorpusProgress
    from training.corpus.workers import LocalWorkers

    with tempfile.TemporaryDirectory() as name:
        data_dir = Path(name) / "data"
        for file, data in files:
            path = data_dir / file
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
        began_s = processor_s()
        config = CorpusConfig(min_pulse=0.0)
        directory = Path(name) / "corpus"
        build(config, data_dir, directory, GridParams(), LocalWorkers(1), CorpusProgress(lambda _: None))
        return processor_s() - began_s


def processor_s() -> float:
    """Of this process and of all that it has seen end."""
    of = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(usage.ru_utime + usage.ru_stime for usage in of)


def timed(run: Callable[[], object]) -> float:
    began_s = time.process_time()
    run()
    return time.process_time() - began_s


def speed(folder: Path) -> None:
    """Print notes a second of each, and how they compare."""
    logging.getLogger("copilot").setLevel(logging.ERROR)
    files = sample(folder)
    notes = notes_in(files)
    print(f"{len(files):,} files, {notes:,} notes, one core\n{'':<34}{'notes a second':>16}{'ratio':>8}")
    theirs = min(timed(lambda: by_miditok(files)) for _ in range(ROUNDS))
    ours = min(timed(lambda: by_corpus(files)) for _ in range(ROUNDS))
    step = whole_step(files)
    rows = (("miditok, TSD", theirs), ("corpus, files to songs", ours), ("corpus, the whole step", step))
    for label, spent_s in rows:
        print(f"{label:<34}{notes / spent_s:>16,.0f}{theirs / spent_s:>7.1f}×")


def opening() -> None:
    """Print what opening the tables of two million songs costs. Their notes are those of one song."""
    from copilot.codec.words import GridParams
    from training.config import CorpusConfig
    from training.corpus.build import build
    from training.corpus.records import SONG
    from training.corpus.report import CorpusProgress
    from training.corpus.workers import LocalWorkers

    with tempfile.TemporaryDirectory() as name:
        directory = Path(name) / "corpus"
        config = CorpusConfig(weights={"styles.blues": 1.0}, blues_songs=3)
        progress = CorpusProgress(lambda _: None)
        corpus = build(config, Path(name), directory, GridParams(), LocalWorkers(1), progress)
        rows, counts = corpus.table[:1].copy(), corpus.note_counts[:1].copy()
        del corpus
        for file, one, dtype in (("songs.npy", rows, SONG), ("note_counts.npy", counts, np.dtype("<u4"))):
            with (directory / file).open("wb") as out:
                header = {
                    "descr": np.lib.format.dtype_to_descr(dtype),
                    "fortran_order": False,
                    "shape": (SONGS,),
                }
                np.lib.format.write_array_header_1_0(out, header)
                for _ in range(20):
                    out.write(one.tobytes() * (SONGS // 20))
        manifest = json.loads((directory / "corpus.json").read_bytes())
        manifest["songs"] = SONGS
        manifest["splits"] = {"train": [SONGS - 100_000], "validation": [50_000], "test": [50_000]}
        (directory / "corpus.json").write_text(json.dumps(manifest))
        size = sum(path.stat().st_size for path in directory.rglob("*.npy")) / 2**20
        print(
            f"\ntables of {size:,.0f} MB{'':<14}{'from the start':>13}{'own':>13}{'mapped':>13}", flush=True
        )
        subprocess.run([sys.executable, "-c", OPEN, str(directory)], check=True)


if __name__ == "__main__":
    speed(Path(sys.argv[1]) if len(sys.argv) > 1 else FOLDER)
    opening()
