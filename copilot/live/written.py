"""`python -m copilot.live.written JOURNAL`: a recording's music as a standard MIDI file beside it, at leisure."""

import os
import sys
from pathlib import Path

from copilot.errors import CopilotError
from copilot.live.journal import open_journal, to_score
from copilot.music.midifile import write_score

_NICENESS = 10


def main() -> int:
    """Write it, where anything sounds in it; status 2 and one line where that can't be."""
    if hasattr(os, "nice"):
        os.nice(_NICENESS)
    path = Path(sys.argv[1])
    try:
        music = to_score(open_journal(path))
        if music.note_count:
            write_score(music, path.with_suffix(".mid"))
    except CopilotError as error:
        print(error, file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
