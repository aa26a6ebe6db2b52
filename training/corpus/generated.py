"""Sources that are made here instead of read: a name, and a function from a seed to a score."""

from collections.abc import Callable
from importlib import import_module

from copilot.music.score import Score

BLUES = "styles.blues"
GENRE = {BLUES: "BLUES"}
"""The generated sources, and the genre word of each. Marked synthetic in the manifest."""

OWN_LICENSE = "Apache-2.0"
CITATION = "Written by this project ({source})."


def generate(source: str, seed: int) -> Score:
    """The score of a seed: the same for ever."""
    return _generators()[source](seed)


def _generators() -> dict[str, Callable[[int], Score]]:
    blues = import_module("training.styles.blues").blues
    return {BLUES: lambda seed: blues(seed, choruses=2 + seed % 2)}
