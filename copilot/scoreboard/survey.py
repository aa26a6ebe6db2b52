"""Which songs can be judged for which part, and why the others can't."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from copilot.errors import InputError, MidiFileError
from copilot.music.midifile import read_score
from copilot.music.roles import Role
from copilot.scoreboard.hold_out import SkippedError, hold_out_role
from copilot.scoreboard.songs import Song


@dataclass(slots=True)
class Survey:
    """`cases`: song by song. `skipped`: by reason, how many song-and-part pairs."""

    cases: list[tuple[Song, Role]] = field(default_factory=list)
    skipped: Counter[str] = field(default_factory=Counter)
    looked_at: int = 0


def survey(
    songs: Sequence[Song],
    parts: Sequence[Role],
    *,
    bars: int,
    limit: int,
    progress: Callable[[int], None] = lambda _looked_at: None,
) -> Survey:
    """Look at songs in their order until each part has `limit` of them (0: at all).

    Raises InputError, with the reasons, where there is none for any part.
    """
    found, left = Survey(), dict.fromkeys(parts, limit or len(songs))
    for song in songs:
        wanted = [part for part in left if left[part]]
        if not wanted:
            break
        found.looked_at += 1
        for part in _usable(song, wanted, bars, found.skipped):
            found.cases.append((song, part))
            left[part] -= 1
        progress(found.looked_at)
    if not found.cases:
        reasons = ", ".join(f"{count} × {reason}" for reason, count in found.skipped.most_common(4))
        raise InputError(
            f"none of {len(songs)} files can be judged with: {reasons}; give others, or another --part"
        )
    return found


def _usable(song: Song, parts: Sequence[Role], bars: int, skipped: Counter[str]) -> list[Role]:
    try:
        score = read_score(song.path)
    except MidiFileError:
        skipped["can't be read"] += 1
        return []
    usable = []
    for part in parts:
        try:
            hold_out_role(score, part, bars)
        except SkippedError as reason:
            skipped[str(reason)] += 1
        else:
            usable.append(part)
    return usable
