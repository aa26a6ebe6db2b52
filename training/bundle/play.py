"""The proof that a bundle plays: the copilot itself, in a process of its own, jams two bars with it."""

import json
import subprocess
import sys
import tempfile
from pathlib import Path

from copilot.errors import BundleError
from copilot.music.midifile import write_score
from copilot.music.score import DRUM_CHANNEL, Note, Part, Score, TempoChange

_TICKS_PER_BEAT, _BEATS = 24, 8
_LATENCY_MS = 50
_CHORDS = ((60, 64, 67, 70), (65, 69, 72, 75))
"""C7 and F7, a bar each."""


def notes_played(bundle: Path) -> int:
    """How many notes the copilot plays with this bundle in two bars of piano and hi-hat, all of them in time.

    Takes 3 s for a small model and minutes for one of 1B weights on a CPU: every note imagined on the way is
    sampled. Raises BundleError, one line, where the copilot can't play it.
    """
    with tempfile.TemporaryDirectory(prefix="copilot-train-") as folder:
        band, out = Path(folder) / "band.mid", Path(folder) / "out.mid"
        write_score(_band(), band)
        done = subprocess.run(
            [
                sys.executable, "-m", "copilot", "jam", str(band), "-o", str(out), "--model", str(bundle),
                "--part", "bass", "--lookahead", "1", "--latency", str(_LATENCY_MS), "--json",
            ],
            capture_output=True,
            text=True,
            check=False,
        )  # fmt: skip
    if done.returncode:
        said = (done.stderr.strip().splitlines() or [f"exit status {done.returncode}"])[-1]
        raise BundleError(f"{bundle}: the copilot does not play it ({said}): merge again")
    return int(json.loads(done.stdout)["notes_played"])


def _band() -> Score:
    beat = _TICKS_PER_BEAT
    piano = tuple(
        Note(bar * 4 * beat + at * beat, bar * 4 * beat + (at + 2) * beat, pitch, 80)
        for bar, chord in enumerate(_CHORDS)
        for at in (0, 2)
        for pitch in chord
    )
    hat = tuple(Note(at * beat, at * beat + beat // 2, 42, 70) for at in range(_BEATS))
    return Score(
        ticks_per_beat=beat,
        parts=(Part(1, "keys", piano, "piano"), Part(DRUM_CHANNEL, "drums", hat, "hi-hat")),
        tempi=(TempoChange(0, 120.0),),
        title="two bars",
    )
