"""The sources that the corpus makes instead of reads: by name, a seed → a song and its genre word.

All are the project's own, under its licence, and synthetic.
"""

from collections.abc import Callable

from copilot.music.score import Score
from training.styles.blues import blues
from training.styles.generate import draw_style, play_style

BLUES, STYLES = "styles.blues", "styles"


def _blues(seed: int) -> tuple[Score, str]:
    return blues(seed, choruses=2 + seed % 2), "BLUES"


def _style(seed: int) -> tuple[Score, str]:
    tune = play_style(draw_style(seed))
    return tune.score, tune.style.genre


GENERATED: dict[str, Callable[[int], tuple[Score, str]]] = {BLUES: _blues, STYLES: _style}
"""`styles.blues`: twelve bars by drums, bass, keys, guitar, lead and pad. `styles`: the whole generator."""
