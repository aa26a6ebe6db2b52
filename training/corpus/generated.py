"""Sources that are made here instead of read: a name, and a function from a seed to a score and its genre word.

All are the project's own, under its licence, and marked synthetic in the manifest.
"""

from collections.abc import Callable

from copilot.music.score import Score

BLUES, STYLES, GUESTS = "styles.blues", "styles", "styles.guests"
SOURCES = (BLUES, STYLES, GUESTS)
"""`styles.blues`: twelve bars by drums, bass, keys, guitar, lead and pad. `styles`: the whole generator.

`styles.guests`: the same where one part, the copilot's, plays in another genre than the band: the one that the song's
word says.
"""

OWN_LICENSE = "Apache-2.0"
CITATION = "Synthetic, written by this project ({source})."


def generate(source: str, seed: int) -> tuple[Score, str]:
    """The score of a seed, the same for ever, and its genre word."""
    return _GENERATORS[source](seed)


def _blues(seed: int) -> tuple[Score, str]:
    from training.styles.blues import blues

    return blues(seed, choruses=2 + seed % 2), "BLUES"


def _style(seed: int) -> tuple[Score, str]:
    from training.styles.generate import draw_style, play_style

    tune = play_style(draw_style(seed))
    return tune.score, tune.style.genre


def _guests(seed: int) -> tuple[Score, str]:
    from training.styles.generate import draw_style, play_style, with_guest

    tune = play_style(with_guest(draw_style(seed)))
    return tune.score, tune.style.genre


_GENERATORS: dict[str, Callable[[int], tuple[Score, str]]] = {
    BLUES: _blues,
    STYLES: _style,
    GUESTS: _guests,
}
