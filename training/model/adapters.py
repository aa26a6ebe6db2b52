"""LoRA on a frozen base: low-rank adapters on the attention's matrices, the embedding and the head trained whole.

The base is held in float32 or bfloat16, or in 8 or 4 bits by bitsandbytes (QLoRA: Dettmers et al., 2023).
"""

import importlib.util
import logging
import warnings
from pathlib import Path
from typing import Literal, cast

import peft
import torch
from peft import PeftModel
from transformers import BitsAndBytesConfig, Olmo2ForCausalLM

from copilot.errors import ConfigError
from training.config import LoraConfig
from training.model.base import load_olmo2
from training.model.start import widen_trained

TARGETS = ("q_proj", "k_proj", "v_proj", "o_proj")
WHOLE = ("embed_tokens", "lm_head")
"""Trained whole: the vocabulary changed, so no low-rank correction of the old rows would do."""

Quantize = Literal["none", "8bit", "4bit"]


def check_can_quantize(quantize: Quantize) -> None:
    """Raises ConfigError, one line, where there is no GPU or no bitsandbytes to narrow a base with."""
    if quantize == "none":
        return
    if not torch.cuda.is_available():
        raise ConfigError(
            f'quantize = "{quantize}" needs an NVIDIA GPU and none is here: set quantize = "none" in [lora]'
        )
    if importlib.util.find_spec("bitsandbytes") is None:
        raise ConfigError(
            f'quantize = "{quantize}" needs bitsandbytes: run pip install "midi-copilot[qlora]", '
            'or set quantize = "none" in [lora]'
        )


def load_frozen(directory: Path, *, bf16: bool, quantize: Quantize) -> Olmo2ForCausalLM:
    """The base, every matrix as narrow as asked for. Raises ConfigError where `quantize` can't be had here."""
    check_can_quantize(quantize)
    if quantize == "none":
        return load_olmo2(directory, torch.bfloat16 if bf16 else torch.float32)
    # In 8 bits it says of every matrix and step that it casts what comes in.
    logging.getLogger("bitsandbytes.autograd._functions").setLevel(logging.ERROR)
    return load_olmo2(directory, torch.bfloat16, _quantization(quantize))


def inner(adapted: PeftModel) -> Olmo2ForCausalLM:
    """The model with the adapters in it, without peft's wrapping: what is trained and measured."""
    return cast("Olmo2ForCausalLM", adapted.get_base_model())


def add_adapters(model: Olmo2ForCausalLM, lora: LoraConfig, seed: int) -> PeftModel:
    """Put adapters into a base, in place; they change nothing yet. The same seed draws the same ones.

    Only adapters, embedding and head have gradients, and are float32 whatever the base is.
    """
    settings = peft.LoraConfig(
        task_type="CAUSAL_LM",
        r=lora.rank,
        lora_alpha=lora.alpha,  # type: ignore[arg-type]  # a float will do
        lora_dropout=lora.dropout,
        use_rslora=lora.rank_stabilized,
        target_modules=list(TARGETS),
        modules_to_save=list(WHOLE),
        ensure_weight_tying=bool(model.config.tie_word_embeddings),
    )
    with torch.random.fork_rng(), warnings.catch_warnings():
        # peft reads a property that transformers has renamed.
        warnings.filterwarnings("ignore", message="`is_gradient_checkpointing` is deprecated")
        torch.manual_seed(seed)
        adapted = peft.get_peft_model(model, settings)
    widen_trained(adapted)
    adapted.train()
    return adapted


def _quantization(quantize: Quantize) -> BitsAndBytesConfig:
    """The head stays as it is: it is trained."""
    if quantize == "8bit":
        return BitsAndBytesConfig(load_in_8bit=True, llm_int8_skip_modules=["lm_head"])  # type: ignore[no-untyped-call]
    return BitsAndBytesConfig(  # type: ignore[no-untyped-call]
        load_in_4bit=True,
        bnb_4bit_quant_type="nf4",
        bnb_4bit_use_double_quant=True,
        bnb_4bit_compute_dtype=torch.bfloat16,
        llm_int8_skip_modules=["lm_head"],
    )
