"""Which bundle a command plays from, and with what."""

from pathlib import Path
from typing import Final

from copilot.decode.devices import Device
from copilot.decode.kinds import WeightKind
from copilot.files import user_data_folder
from copilot.live.engine_client import EngineClient
from copilot.live.models import Models
from copilot.live.records import Player
from copilot.model.bundle import Bundle, default_bundle_path
from copilot.model.manifest import WEIGHTS

COVER_DEVICE: Final[Device] = "cpu"


def open_bundle(given: Path | str | None) -> Bundle:
    """The bundle in a folder or of a name, or the one that ships. Raises BundleError.

    A folder that is called like a bundle comes first: who gives a path means the path.
    """
    return Bundle.open(_path_of(Path(given)) if given else default_bundle_path())


def _path_of(given: Path) -> Path:
    """A name means a folder here before one among the user's bundles."""
    models = Models(user_data_folder() / "bundles")
    is_name = len(given.parts) == 1 and not given.exists()
    return models.path(given.name) if is_name and given.name in models.names() else given


def engine_of(
    bundle: Bundle, seed: int, window_tokens: int, device: Device, weights: WeightKind, *, is_covered: bool
) -> EngineClient:
    """The engine that a command asks for."""
    return EngineClient(
        bundle.path,
        seed=seed,
        window_tokens=window_tokens,
        device=device,
        weights=weights,
        place="covered" if is_covered else "alone",
    )


def cover_engine_of(bundle: Bundle, seed: int) -> EngineClient:
    """The engine that covers for another: on the processor, so that what holds a GPU up never holds it up."""
    return EngineClient(bundle.path, seed=seed, device=COVER_DEVICE, place="cover")


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
