"""Notochord (Intelligent Instruments Lab) with random weights: a recurrent model that answers a whole MIDI event.

Its package asks for an older torch than ours; `pip install --no-deps notochord` runs with ours, beside appdirs,
joblib and pandas, which it imports.
"""

import importlib.util
from collections.abc import Callable


def is_installed() -> bool:
    """Whether it and what it imports are here."""
    names = ("notochord", "appdirs", "joblib", "pandas")
    return all(importlib.util.find_spec(name) is not None for name in names)


def event() -> Callable[[], object]:
    """A call that samples an event (instrument, pitch, time and velocity) and takes it in, in torch's threads."""
    from notochord import Notochord

    model = Notochord().eval()
    model.reset()

    def one() -> None:
        found = model.query()
        model.feed(found["inst"], found["pitch"], found["time"], found["vel"])

    return one
