"""Which bundle a command plays from, and with what."""

from pathlib import Path

from copilot.decode.devices import Device
from copilot.decode.kinds import WeightKind
from copilot.live.records import Player
from copilot.model.bundle import Bundle, default_bundle_path
from copilot.model.manifest import WEIGHTS


def open_bundle(given: Path | str | None) -> Bundle:
    """The bundle in a folder, or the one that ships. Raises BundleError."""
    return Bundle.open(Path(given) if given else default_bundle_path())


def player_of(bundle: Bundle, window_tokens: int, device: Device, weights: WeightKind) -> Player:
    """What a bundle is played with, as a recording notes it."""
    return Player(bundle.manifest.name, bundle.manifest.sha256[WEIGHTS], window_tokens, device, weights)


def played_on(bundle: Bundle) -> str:
    """What this machine plays a bundle with, and why, as far as that is known without measuring."""
    from copilot.decode.choose import Choice, foresee  # numba with it, which the daemon can do without

    found = foresee(bundle.window, model_hash=bundle.manifest.sha256[WEIGHTS])
    if isinstance(found, Choice):
        return f"{found.device}: {found.reason}"
    return f"not measured yet: {found.seen} is there; the first start measures, or `copilot doctor`"
