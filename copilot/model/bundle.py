"""A bundle on disk ↔ its codec and model in memory. Everything is checked before anything is believed.

    config.json  model.safetensors   the model, as transformers writes it (Olmo2ForCausalLM)
    tokenizer.json  codec.json       the words: the codec's name and parameters, its vocabulary's size and hash
    bundle.json                      what it is, how it was trained, under which licences; every other file's hash

Opening reads JSON and hashes only and needs no torch; nothing is ever unpickled. Each file is opened once: what was
hashed is what is decoded and played (see weights.py).
"""

import hashlib
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from copilot.codec.grid import GridCodec
from copilot.errors import BundleError
from copilot.model.check import (
    REMADE,
    check_config,
    check_directory,
    check_hashes,
    check_manifest,
    check_shapes,
    decode,
    open_codec,
    read_file,
)
from copilot.model.manifest import CODEC, CONFIG, MANIFEST, TOKENIZER, WEIGHTS, Manifest
from copilot.model.weights import Checkpoint, WeightsFile

if TYPE_CHECKING:
    import torch
    from transformers import Olmo2ForCausalLM


SHIPPED = ("default", "large")
"""The bundles that ship in the package, by name: a small one, and one three times as large that takes three times as
long."""


def shipped_bundle_path(name: str) -> Path:
    """Where a bundle lies that ships in the package."""
    return Path(__file__).resolve().parent.parent / "bundles" / name


def default_bundle_path() -> Path:
    """The bundle that ships and plays unless another is asked for."""
    return shipped_bundle_path(SHIPPED[0])


@dataclass(frozen=True, slots=True)
class Bundle:
    """An opened bundle, all of it checked; of the weights' numbers only that they are the ones that were hashed."""

    path: Path
    manifest: Manifest
    codec: GridCodec
    config: Mapping[str, Any]
    weights: WeightsFile = field(repr=False, compare=False)

    @classmethod
    def open(cls, path: Path | str) -> "Bundle":
        """Check a bundle's files, hashes and vocabulary, without torch. Raises BundleError, one line."""
        path = Path(path)
        check_directory(path)
        manifest = decode(path, MANIFEST, read_file(path, MANIFEST), Manifest)
        check_manifest(path, manifest)
        texts = {name: read_file(path, name) for name in (CONFIG, TOKENIZER, CODEC)}
        found = {name: hashlib.sha256(text).hexdigest() for name, text in texts.items()}
        check_hashes(path, manifest, found)
        weights = WeightsFile.open(path / WEIGHTS, manifest.sha256[WEIGHTS])
        codec = open_codec(path, texts[CODEC], texts[TOKENIZER])
        config = decode(path, CONFIG, texts[CONFIG], dict[str, Any])
        check_config(path, config, codec.vocab, manifest.window)
        check_shapes(path, weights.shapes, config)
        return cls(path, manifest, codec, config, weights)

    @property
    def parameters(self) -> int:
        """How many weights the model has."""
        return sum(map(math.prod, self.weights.shapes.values()))

    @property
    def checkpoint(self) -> Checkpoint:
        """What a decoder is made from."""
        return Checkpoint(self.path, self.config, self.weights)

    @property
    def window(self) -> int:
        """Tokens that the model hears at once."""
        return self.manifest.window

    def load_model(self, dtype: "torch.dtype | None" = None) -> "Olmo2ForCausalLM":
        """The model in evaluation mode, float32 unless told otherwise. Imports torch; raises BundleError."""
        import torch
        from safetensors import SafetensorError
        from transformers import Olmo2ForCausalLM
        from transformers.utils.logging import disable_progress_bar

        disable_progress_bar()  # type: ignore[no-untyped-call]  # it would write into the status line
        try:
            loaded: Any = Olmo2ForCausalLM.from_pretrained(
                self.path,
                dtype=dtype or torch.float32,
                local_files_only=True,
                use_safetensors=True,
                output_loading_info=True,
            )
        except (OSError, ValueError, RuntimeError, SafetensorError) as error:
            reason = str(error).splitlines()[0]
            raise BundleError(f"{self.path}: the model can't be built ({reason}): {REMADE}") from None
        model, found = loaded
        wrong = sorted({*found["missing_keys"], *found["unexpected_keys"]})
        if wrong:  # transformers would draw what is missing at random
            raise BundleError(f"{self.path}: {WEIGHTS} and {CONFIG} disagree on {wrong[0]}: {REMADE}")
        return cast("Olmo2ForCausalLM", model.eval())

    def describe(self) -> list[tuple[str, str]]:
        """Label and text of each thing worth knowing, for people."""
        manifest, config, params = self.manifest, self.config, self.codec.params
        bars, seconds = manifest.window / manifest.tokens_per_bar, manifest.window / manifest.tokens_per_s
        rows = [
            ("bundle", f"{manifest.name} ({self.path})"),
            (
                "model",
                f"OLMo-2, {self.parameters / 1e6:.2f} M weights: {config['num_hidden_layers']} layers of "
                f"{config['hidden_size']}, {config['num_attention_heads']} heads, "
                f"{config['num_key_value_heads']} key-value heads",
            ),
            (
                "codec",
                f"{self.codec.name}, {params.ticks_per_beat} ticks a beat, anchors of {params.anchor_ticks}, "
                f"{params.velocity_levels} velocity levels",
            ),
            ("vocabulary", f"{self.codec.vocab.size:,} ids, sha256 {self.codec.vocab.sha256[:16]}"),
            (
                "window",
                f"{manifest.window:,} tokens: about {bars:.0f} bars or {seconds:.0f} s of a band",
            ),
            ("sampling", f"temperature {manifest.sampling.temperature:g}, top-p {manifest.sampling.top_p:g}"),
        ]
        rows += [
            (
                f"trained on {s.name}",
                f"{s.songs:,} {'synthetic ' * s.synthetic}songs, "
                f"{f'{s.share:.0%}' if s.share else 'by its base'}: {s.license}",
            )
            for s in manifest.sources
        ]
        plain = {key: value for key, value in manifest.training.items() if not isinstance(value, dict)}
        rows += [(f"training {key}", str(value)) for key, value in plain.items()]
        rows += [(key, f"{value:g}") for key, value in manifest.metrics.items()]
        rows += [("measured by", manifest.metrics_command)] if manifest.metrics_command else []
        rows += manifest.evaluation.describe() if manifest.evaluation else []
        return [*rows, *((f"sha256 {name}", digest) for name, digest in sorted(manifest.sha256.items()))]
