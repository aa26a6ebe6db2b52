"""A thread that is not Python's own keeps its Python state from one call to the next.

Without it CPython makes a state for each message that RtMidi's thread hands over, and gives it back afterwards, with
an mmap and a munmap of 16 KB. A process that got no memory any more lost every message by that, players' note-offs
too: the state is made before any code of ours could notice.
"""

import ctypes
import threading

_here = threading.local()


def keep_state() -> None:
    """Once in each thread, cheap after that: the state of the calling thread lasts as long as the process."""
    if not hasattr(_here, "is_kept"):
        _here.is_kept = True
        ctypes.pythonapi.PyGILState_Ensure()  # never released: the count of who needs the state stays above 0
