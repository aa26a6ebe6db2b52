"""A panel that samples as a bundle asks."""

from copilot.model.bundle import Bundle
from copilot.panel import Panel


def panel_for(bundle: Bundle) -> Panel:
    """A panel at its defaults, sampling as the bundle asks."""
    panel = Panel()
    panel.set("temperature", bundle.manifest.sampling.temperature)
    panel.set("top_p", bundle.manifest.sampling.top_p)
    return panel
