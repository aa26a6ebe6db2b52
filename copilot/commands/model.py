"""Which bundle a command plays from."""

from pathlib import Path

from copilot.model.bundle import Bundle, default_bundle_path


def open_bundle(given: Path | str | None) -> Bundle:
    """The bundle in a folder, or the one that ships. Raises BundleError."""
    return Bundle.open(Path(given) if given else default_bundle_path())
