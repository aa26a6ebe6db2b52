"""Who pays for which word, and the figures that this gives. Training's quick figures and `evaluate` share it.

Pinned words and held note-ons at a window's head are given: nobody chose them, and they are not counted. From the
first bar line or delay on, every id costs −ln of the probability that the model gave it, in nats:

    note-on, note-off       the channel that plays the note
    velocity                the note-on that follows it
    delay (P_… words)       the event that it leads to: a note's channel, or the bar line
    bar line                nobody: it stands in the joint figures alone

Events of one tick share one delay, and the first of them in canonical order (note-offs, bar line, note-ons; low
channels first) pays for it. A drum hit has no note-off and so costs none.

"The part given the others" follows the chain rule: each word of the copilot's part, channel 0, is predicted from
all that stands before it, the players' words included, so its nats summed are the cost of the part given what the
others played up to then. Between two of its notes the part also chooses to wait: what that costs is in the words
of the others, which the model did not replace by a note of channel 0, and is in the joint figures alone.
"""

import math
from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from copilot.codec.bulk import ticks_after
from copilot.codec.words import WordTable

Words = NDArray[np.int64]
NOBODY = -1
_BITS = 1 / math.log(2)


@dataclass(frozen=True, slots=True)
class Tally:
    """Sums over some ids. `part` is channel 0; beats are quarter notes."""

    nats: float = 0.0
    part_nats: float = 0.0
    tokens: float = 0.0
    notes: float = 0.0
    part_notes: float = 0.0
    beats: float = 0.0

    def row(self) -> NDArray[np.float64]:
        """The sums in order: float64 (6,)."""
        return np.asarray([getattr(self, name) for name in COLUMNS], dtype=np.float64)


COLUMNS = tuple(field.name for field in fields(Tally))

FIGURES: dict[str, tuple[str, str, float]] = {
    "nats_per_token": ("nats", "tokens", 1.0),
    "bits_per_note": ("nats", "notes", _BITS),
    "bits_per_beat": ("nats", "beats", _BITS),
    "part_bits_per_note": ("part_nats", "part_notes", _BITS),
    "part_bits_per_beat": ("part_nats", "beats", _BITS),
}
"""Each figure as a ratio of sums: what is divided by what, times what. `part_bits_per_note` is what the part's own
words cost over its own note-ons, `part_bits_per_beat` the same over all beats, its rests included."""


def ratios(sums: NDArray[np.float64]) -> NDArray[np.float64]:
    """Every figure of FIGURES: (…, 6) sums to (…, 5) ratios, NaN where there is nothing to divide by."""
    above = sums[..., [COLUMNS.index(numerator) for numerator, _, _ in FIGURES.values()]]
    below = sums[..., [COLUMNS.index(denominator) for _, denominator, _ in FIGURES.values()]]
    scales = np.asarray([scale for _, _, scale in FIGURES.values()])
    found = np.full(above.shape, np.nan)
    np.divide(above * scales, below, out=found, where=below > 0)
    return found


def music_begins(words: Words, table: WordTable) -> int:
    """The index of a window's first bar line or delay: before it stand pinned and held words."""
    is_music = ((words >= table.anchor_0) & (words < table.velocity_0)) | (words == table.bar)
    return int(is_music.argmax()) if is_music.any() else len(words)


def charged(words: Words, table: WordTable) -> NDArray[np.int64]:
    """The channel that pays for each word: int64 (words,), NOBODY for bar lines and what leads to them.

    A delay or velocity that the words break off after, and a pinned word, is NOBODY's too.
    """
    is_off = (words >= table.off_0) & (words < table.bar)
    is_on = words >= table.on_0
    is_event = words >= table.off_0
    payer = np.full(len(words), NOBODY, dtype=np.int64)
    payer[is_off] = (words[is_off] - table.off_0) // 128
    payer[is_on] = (words[is_on] - table.on_0) // 128
    # The next event at or after each word; past the last one, the entry that is nobody's.
    at = np.where(is_event, np.arange(len(words)), len(words))
    following = np.minimum.accumulate(at[::-1])[::-1]
    paid = np.append(payer, NOBODY)[following]
    return np.where(words < table.meta_end, NOBODY, paid)


def tally(nats: NDArray[np.float64], owners: NDArray[np.int64], words: Words, table: WordTable) -> Tally:
    """Sum up some ids of one window.

    nats: float64 (ids,), what each cost; owners: int64 (ids,), the index in `words` of the word that each is part
    of, negative for padding. A word counts once one of its ids is there.
    """
    counted = owners >= music_begins(words, table)
    is_part = np.append(
        charged(words, table) == 0, False
    )  # padding's owner −1 finds the last, which is nobody's
    at = np.unique(owners[counted])  # all words from one on
    reached, ticks = words[at], np.append(ticks_after(words, table), 0)
    beats = float(ticks[at[-1]] - ticks[at[0] - 1]) / table.params.ticks_per_beat if len(at) else 0.0
    return Tally(
        nats=float(nats[counted].sum()),
        part_nats=float(nats[counted & is_part[owners]].sum()),
        tokens=float(counted.sum()),
        notes=float((reached >= table.on_0).sum()),
        part_notes=float(((reached >= table.on_0) & (reached < table.on_0 + 128)).sum()),
        beats=beats,
    )
