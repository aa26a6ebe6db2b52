"""Where a model may begin: an OLMo-2 in a local directory, a bundle, or a model's name on the hub.

All three end as a directory that transformers loads itself. Weights are read from safetensors alone, and code that
comes with a model is never run.
"""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import msgspec
import torch
from huggingface_hub import snapshot_download
from huggingface_hub.errors import HfHubHTTPError
from safetensors import SafetensorError
from transformers import Olmo2ForCausalLM
from transformers.utils.logging import disable_progress_bar

from copilot.codec.vocabulary import Vocabulary
from copilot.errors import ConfigError
from copilot.model.bundle import Bundle
from copilot.model.manifest import MANIFEST

_NetworkError: type[Exception] = HfHubHTTPError.__bases__[0]
"""The root of the hub's HTTP client, whichever it is: what a cut connection raises."""

UNKNOWN_LICENSE = "unknown: see the base's model card"

_HUB_NAME = re.compile(r"[\w-][\w.-]*/[\w-][\w.-]*")
_HUB_FILES = ("*.json", "*.safetensors", "README.md")
_CARD_LICENSE = re.compile(r"^license:\s*['\"]?([\w.+-]+)", re.MULTILINE)
_PICKLES = (".bin", ".pt", ".pth", ".ckpt", ".pkl")
_PLAIN = {"hidden_act": "silu", "attention_bias": False}
"""What the copilot's decoder can run, where OLMo-2's configuration leaves a choice."""


@dataclass(frozen=True, slots=True)
class Base:
    """A checked OLMo-2 on disk. `revision` is the hub's commit, empty for what lay here already.

    `bundle` is set for a bundle, whose words are ours already.
    """

    directory: Path
    name: str
    license: str
    revision: str = ""
    bundle: Bundle | None = None


def find_base(spec: str, license_: str = "") -> Base:
    """The OLMo-2 that `spec` names, downloaded where it is a name on the hub that isn't here yet.

    `license_` wins over what the model card says. Raises ConfigError, one line, for what is no OLMo-2 in
    safetensors or can't be had, BundleError for a bundle that does not open.
    """
    directory, name, revision = Path(spec).expanduser(), spec, ""
    if not directory.exists():
        if not _HUB_NAME.fullmatch(spec):
            raise ConfigError(
                f"base {spec}: there is no such folder, and a model on the hub is named OWNER/NAME: "
                "give a folder with config.json and model.safetensors"
            )
        directory = _fetch(spec)
        revision = directory.name
    elif directory.is_dir():
        name = directory.resolve().name
    if (directory / MANIFEST).is_file():
        bundle = Bundle.open(directory)
        theirs = str(bundle.manifest.training.get("license", UNKNOWN_LICENSE))
        return Base(directory, bundle.manifest.name, license_ or theirs, bundle=bundle)
    _check_config(directory)
    _check_weights(directory)
    return Base(directory, name, license_ or _card_license(directory), revision)


def load_olmo2(directory: Path, dtype: torch.dtype, quantization: Any = None) -> Olmo2ForCausalLM:
    """The model of a checked directory, in training mode, on the CPU unless quantised (then on this process' GPU).

    Raises ConfigError where its files don't fit each other.
    """
    disable_progress_bar()  # type: ignore[no-untyped-call]  # it would write into the progress line
    where = (
        {"quantization_config": quantization, "device_map": {"": torch.cuda.current_device()}}
        if quantization is not None
        else {}
    )
    try:
        loaded: Any = Olmo2ForCausalLM.from_pretrained(
            directory,
            dtype=dtype,
            local_files_only=True,
            use_safetensors=True,
            trust_remote_code=False,
            output_loading_info=True,
            **where,
        )
    except (OSError, ValueError, RuntimeError, SafetensorError) as error:
        reason = str(error).splitlines()[0]
        raise ConfigError(f"base {directory}: can't be loaded ({reason}): download it again") from None
    model, found = loaded
    wrong = sorted({*found["missing_keys"], *found["unexpected_keys"]})
    if wrong:  # transformers would draw what is missing at random
        raise ConfigError(
            f"base {directory}: its weights and its config.json disagree on {wrong[0]}: download it again"
        )
    return cast("Olmo2ForCausalLM", model.train())


def check_words(base: Base, vocab: Vocabulary, tokenizer: Path) -> None:
    """A bundle's words must be those of the run, which lie in `tokenizer`. Raises ConfigError where they aren't."""
    if base.bundle is not None and base.bundle.codec.vocab.sha256 != vocab.sha256:
        theirs = base.bundle.codec.vocab
        raise ConfigError(
            f"base {base.directory}: has a vocabulary of {theirs.size:,} ids (sha256 {theirs.sha256[:12]}), this run "
            f"{vocab.size:,} ({vocab.sha256[:12]}): copy the bundle's tokenizer.json to {tokenizer}"
        )


def _fetch(name: str) -> Path:
    try:
        return Path(snapshot_download(name, allow_patterns=list(_HUB_FILES)))
    except (OSError, ValueError, _NetworkError) as error:
        reason = str(error).splitlines()[0].removeprefix("Got: ")
        raise ConfigError(
            f"base {name}: is no folder here and can't be had from the hub ({reason}): "
            "download its config.json and *.safetensors elsewhere and give the folder"
        ) from None


def _check_config(directory: Path) -> None:
    file = directory / "config.json"
    try:
        config = msgspec.json.decode(file.read_bytes(), type=dict[str, Any])
    except OSError as error:
        raise ConfigError(
            f"base {directory}: has no readable config.json ({error.strerror}): give the folder of an OLMo-2"
        ) from None
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"base {directory}: config.json is no JSON ({error}): download it again") from None
    if config.get("model_type") != "olmo2":
        raise ConfigError(
            f"base {directory}: is a {config.get('model_type')!r} model, only 'olmo2' can be played: "
            "give an OLMo-2, such as allenai/OLMo-2-0425-1B"
        )
    if config.get("auto_map"):
        raise ConfigError(
            f"base {directory}: its config.json asks for code of its own (auto_map), which is never run: remove it"
        )
    rope = config.get("rope_parameters") or config.get("rope_scaling") or {}
    kind = rope.get("rope_type", rope.get("type", "default"))
    odd = {key: config[key] for key, value in _PLAIN.items() if config.get(key, value) != value}
    if kind != "default" or odd:
        found = odd or {"rope_type": kind}
        raise ConfigError(f"base {directory}: {found} can't be played: give an OLMo-2 as it was published")


def _check_weights(directory: Path) -> None:
    """Safetensors, whole or in shards, must be there; a pickle is not looked into."""
    if (directory / "model.safetensors").is_file() or (directory / "model.safetensors.index.json").is_file():
        return
    pickles = sorted(path.name for path in directory.iterdir() if path.suffix in _PICKLES)
    if pickles:
        raise ConfigError(
            f"base {directory}: has only {pickles[0]}, a pickle, which may run code: "
            "convert it to model.safetensors"
        )
    raise ConfigError(f"base {directory}: has no model.safetensors: download the weights too")


def _card_license(directory: Path) -> str:
    try:
        found = _CARD_LICENSE.search((directory / "README.md").read_text("utf-8"))
    except (OSError, UnicodeDecodeError):
        found = None
    return found[1] if found else UNKNOWN_LICENSE
