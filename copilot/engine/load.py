"""A bundle's folder → an engine that plays."""

import logging

from copilot.decode.numba_decoder import NumbaDecoder
from copilot.engine.token import TokenEngine
from copilot.errors import BundleError
from copilot.model.bundle import Bundle

log = logging.getLogger(__name__)

MIN_WINDOW_TOKENS = 128


def load_engine(bundle: Bundle, *, seed: int, window_tokens: int = 0) -> TokenEngine:
    """The engine of a bundle; `window_tokens` 0 takes the bundle's own window.

    Raises BundleError for a window that its model was not made for.
    """
    window_tokens = window_tokens or bundle.window
    if not MIN_WINDOW_TOKENS <= window_tokens <= bundle.window:
        raise BundleError(
            f"a window of {window_tokens} tokens is outside {MIN_WINDOW_TOKENS}–{bundle.window}, "
            f"what {bundle.manifest.name} was made for"
        )
    decoder = NumbaDecoder.load(bundle.path, window_tokens, weights="int8")
    decoder.warm_up(say=log.warning)  # a person should know why the first start takes longer
    return TokenEngine(bundle.codec, decoder, window_tokens=window_tokens, seed=seed)
