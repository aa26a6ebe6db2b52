"""Generated songs a second, and what writing them costs: symusic beside mido, in one run. Prints, never fails.

    python tests/bench/bench_styles.py

One process; time is the processor's, so that a busy machine moves it little.
"""

import tempfile
import time
from pathlib import Path

from copilot.music.midifile import write_score
from training.styles.blues import blues
from training.styles.files import midi_bytes
from training.styles.generate import draw_style, play_style

SONGS = 300


def main() -> None:
    began = time.process_time()
    tunes = [play_style(draw_style(seed)) for seed in range(SONGS)]
    played_s = time.process_time() - began
    began = time.process_time()
    sizes = [len(midi_bytes(tune)) for tune in tunes]
    written_s = time.process_time() - began
    began = time.process_time()
    with tempfile.TemporaryDirectory() as folder:
        for tune in tunes[: SONGS // 10]:
            write_score(tune.score, Path(folder) / "song.mid", markers=tune.markers)
    peer_s = (time.process_time() - began) * 10
    began = time.process_time()
    for seed in range(SONGS // 3):
        blues(seed)
    blues_s = (time.process_time() - began) * 3
    notes = sum(tune.score.note_count for tune in tunes)
    print(f"{SONGS} songs, {notes / SONGS:,.0f} notes and {sum(sizes) / SONGS / 1000:.1f} kB each")
    for what, spent_s in (
        ("play a style", played_s),
        ("write it by symusic", written_s),
        ("write it by mido (write_score)", peer_s),
        ("play and write, as `styles` does", played_s + written_s),
        ("play a blues of styles.blues", blues_s),
    ):
        print(f"{what:34} {spent_s / SONGS * 1e3:6.2f} ms   {SONGS / spent_s:7.0f} a second")


if __name__ == "__main__":
    main()
