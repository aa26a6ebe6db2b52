"""A bundle's folder → an engine that plays."""

import logging

from copilot.decode.choose import Chosen, load_decoder
from copilot.decode.devices import Device
from copilot.decode.kinds import WeightKind
from copilot.engine.token import TokenEngine
from copilot.errors import BundleError
from copilot.model.bundle import Bundle
from copilot.model.manifest import WEIGHTS

log = logging.getLogger(__name__)

MIN_WINDOW_TOKENS = 128


def load_engine(
    bundle: Bundle,
    *,
    seed: int,
    window_tokens: int = 0,
    device: Device = "auto",
    weights: WeightKind = "auto",
) -> TokenEngine:
    """The engine of a bundle; `window_tokens` 0 takes the bundle's own window.

    Raises BundleError for a window that its model was not made for, ParameterError for a device that can't be used.
    """
    window_tokens = window_tokens or bundle.window
    chosen = open_decoder(bundle, window_tokens, device, weights)
    engine = TokenEngine(bundle.codec, chosen.decoder, window_tokens=window_tokens, seed=seed)
    engine.warm_up()
    return engine


def open_decoder(
    bundle: Bundle,
    window_tokens: int = 0,
    device: Device = "auto",
    weights: WeightKind = "auto",
    *,
    again: bool = False,
) -> Chosen:
    """What this machine plays a bundle with, warmed up, and why. Raises as `load_engine` does.

    `again` measures where it has been measured before.
    """
    window_tokens = window_tokens or bundle.window
    if not MIN_WINDOW_TOKENS <= window_tokens <= bundle.window:
        raise BundleError(
            f"a window of {window_tokens} tokens is outside {MIN_WINDOW_TOKENS}–{bundle.window}, "
            f"what {bundle.manifest.name} was made for"
        )
    chosen = load_decoder(
        bundle.checkpoint,
        window_tokens,
        device=device,
        weights=weights,
        model_hash=bundle.manifest.sha256[WEIGHTS],
        again=again,
        say=log.warning,  # a person should know why the first start takes longer
    )
    log.info("playing on %s: %s", chosen.choice.device, chosen.choice.reason)
    return chosen
