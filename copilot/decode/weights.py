"""A checkpoint → the arrays that the kernels read, in as many bits as are wanted."""

import logging
import os
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from copilot.decode.checkpoint import Shape, Source, Tensors, as_float32, read_checkpoint
from copilot.decode.kernels.lanes import DOT_LANES
from copilot.decode.kernels.matrix import Matrix, dense, pack
from copilot.decode.kernels.nibbles import empty_nibbles, pack_rows
from copilot.decode.kernels.olmo2 import Weights
from copilot.decode.kinds import Kind, WeightKind
from copilot.errors import BundleError

_log = logging.getLogger(__name__)

BYTES_UP_TO = 256_000_000
"""Weights that `auto` keeps as bytes. More than that would be read in over 8 ms a token at 30 GB/s, and a band makes
50 tokens a second; int4 halves it, for 4% of the shipped model's bits (the packaged blues) where bytes cost 0.4%."""

_PACKERS = min(4, os.cpu_count() or 1)
"""Threads that pack: nothing plays yet while a model is loaded."""

_NOTICE_S = 1.0


@dataclass(frozen=True, slots=True)
class Model:
    """Weights, what they are kept as, and the part of a config that their shapes don't tell."""

    weights: Weights
    kind: Kind
    kv_heads: int
    head_dim: int
    rope_theta: float


def choose(choice: WeightKind, multiplied: int, dot_lanes: int = DOT_LANES) -> Kind:
    """What weights are kept as. `multiplied`: how many there are; `dot_lanes`: see kernels/lanes.py.

    A processor that has no dot product of bytes takes floats where bytes are asked for: they are faster there, and
    exact. int4 it multiplies with AVX2, or in a plain loop.
    """
    kind: Kind = ("int8" if multiplied <= BYTES_UP_TO else "int4") if choice == "auto" else choice
    return "float" if kind == "int8" and not dot_lanes else kind


def read_model(source: Source, choice: WeightKind = "float", say: Callable[[str], None] = _log.info) -> Model:
    """An Olmo2ForCausalLM as transformers saves it, head tied or not. Raises BundleError for anything else.

    Norms and what is looked up (the embedding) stay floats; the head of int4 is int8, where the processor has a
    dot product of bytes. Packs one layer a thread at a time, and says so if it took longer than a second.
    """
    began = time.monotonic()
    try:
        shape, tensors = read_checkpoint(source)
        kind = choose(choice, shape.multiplied)
        weights = _assemble(shape, tensors, kind)
    except (OSError, KeyError, ValueError, TypeError) as error:
        raise BundleError(
            f"{source}: holds no OLMo-2 that can be read ({error!r}): export it again"
        ) from None
    spent = time.monotonic() - began
    if spent >= _NOTICE_S:
        say(f"read {shape.multiplied / 1e6:,.0f} million weights as {kind} in {spent:.1f} s")
    return Model(weights, kind, shape.kv_heads, shape.head_dim, shape.rope_theta)


def _assemble(shape: Shape, tensors: Tensors, kind: Kind) -> Weights:
    narrow = all(tensor.dtype == np.uint16 for tensor in tensors.values() if tensor.ndim == 2)

    def parts(*names: str) -> list[list[NDArray[Any]]]:
        return [[tensors[f"model.layers.{n}.{name}.weight"] for name in names] for n in range(shape.layers)]

    def norms(name: str) -> NDArray[np.float32]:  # (layers, width)
        return np.stack([as_float32(tensor) for (tensor,) in parts(name)])

    def matrices(*names: str) -> Matrix:
        return _matrix(parts(*names), kind, narrow)

    embedding = tensors["model.embed_tokens.weight"]
    head = tensors.get("lm_head.weight", embedding)
    head_kind: Kind = "int8" if kind == "int4" and DOT_LANES else kind
    return Weights(
        embedding=np.array(embedding) if narrow else as_float32(embedding),
        qkv=matrices("self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj"),
        q_norm=norms("self_attn.q_norm"),
        k_norm=norms("self_attn.k_norm"),
        mix=matrices("self_attn.o_proj"),
        mix_norm=norms("post_attention_layernorm"),
        gate_up=matrices("mlp.gate_proj", "mlp.up_proj"),
        down=matrices("mlp.down_proj"),
        down_norm=norms("post_feedforward_layernorm"),
        norm=as_float32(tensors["model.norm.weight"]),
        head=_matrix([[head]], head_kind, narrow),
        eps=shape.eps,
        wide=shape.wide,
    )


def _matrix(layers: Sequence[Sequence[NDArray[Any]]], kind: Kind, narrow: bool) -> Matrix:
    """One matrix of every layer; a layer's parts are its rows, one part after another."""
    if kind == "int8":
        return _in_bytes(layers)
    rows, cols = sum(len(part) for part in layers[0]), layers[0][0].shape[1]
    if kind == "int4":
        packed = empty_nibbles(len(layers), rows, cols)
        _in_threads(
            lambda layer, part, first: pack_rows(part if narrow else as_float32(part), first, packed[layer]),
            _placed(layers),
        )
        return dense(packed)
    values = np.empty((len(layers), rows, cols), np.uint16 if narrow else np.float32)
    for layer, part, first in _placed(layers):
        values[layer, first : first + len(part)] = part if narrow else as_float32(part)
    return dense(values)


def _in_bytes(layers: Sequence[Sequence[NDArray[Any]]]) -> Matrix:
    """Each layer as `pack` lays it, put where it belongs before the next one is read."""

    def packed(layer: int) -> Matrix:
        return pack(np.concatenate([as_float32(part) for part in layers[layer]])[None])

    first = packed(0)
    whole = Matrix(*(np.empty((len(layers), *array.shape[1:]), array.dtype) for array in first))

    def put(layer: int) -> None:
        for into, array in zip(whole, first if layer == 0 else packed(layer), strict=True):
            into[layer] = array[0]

    _in_threads(put, [(layer,) for layer in range(len(layers))])
    return whole


def _placed(layers: Sequence[Sequence[NDArray[Any]]]) -> Iterator[tuple[int, NDArray[Any], int]]:
    """Layer, part, and the part's first row."""
    for layer, parts in enumerate(layers):
        first = 0
        for part in parts:
            yield layer, part, first
            first += len(part)


def _in_threads(
    work: Callable[..., object], arguments: Sequence[tuple[Any, ...]] | Iterator[tuple[Any, ...]]
) -> None:
    """Do it for each; the first error is raised."""
    with ThreadPoolExecutor(_PACKERS) as pool:
        for done in [pool.submit(work, *each) for each in arguments]:
            done.result()
