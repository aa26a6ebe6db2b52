"""A page shown in the browser of whoever sits here."""

import os
import sys
import threading
import webbrowser


def show(address: str) -> None:
    """Open an address in a browser, without waiting for it; where there is no screen, nothing is opened."""
    is_unix = sys.platform not in ("win32", "darwin")
    if is_unix and not any(os.environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY", "BROWSER")):
        return  # it would take a text browser, and the terminal with it
    # A browser that is not yet running may hold the caller up until it is closed again.
    threading.Thread(target=webbrowser.open, args=(address,), daemon=True, name="browser").start()
