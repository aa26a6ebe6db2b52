"""Which bundle a command plays from, and with what."""

from pathlib import Path

from copilot.decode.devices import Device
from copilot.decode.kinds import WeightKind
from copilot.live.records import Player
from copilot.model.bundle import SHIPPED, Bundle, default_bundle_path, shipped_bundle_path
from copilot.model.manifest import WEIGHTS


def open_bundle(given: Path | str | None) -> Bundle:
    """The bundle in a folder, or one that ships by its name; of nothing, the default. Raises BundleError.

    A folder that is called like one that ships comes first: who gives a path means the path.
    """
    if not given:
        return Bundle.open(default_bundle_path())
    is_name = str(given) in SHIPPED and not Path(given).exists()
    return Bundle.open(shipped_bundle_path(str(given)) if is_name else Path(given))


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
