"""Which bundle a command plays from, and how its model likes to be sampled."""

from pathlib import Path

from copilot.model.bundle import Bundle, default_bundle_path
from copilot.panel import Panel


def open_bundle(given: Path | str | None) -> Bundle:
    """The bundle in a folder, or the one that ships. Raises BundleError."""
    return Bundle.open(Path(given) if given else default_bundle_path())


def panel_for(bundle: Bundle) -> Panel:
    """A panel at its defaults, sampling as the bundle asks."""
    panel = Panel()
    panel.set("temperature", bundle.manifest.sampling.temperature)
    panel.set("top_p", bundle.manifest.sampling.top_p)
    return panel
