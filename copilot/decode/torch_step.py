"""OLMo-2 in plain torch over a static cache: one token of a few rows, or a slice of one row.

Every shape of a step is fixed and every number that changes (token, position) lies in a tensor, so that a CUDA graph
can hold the whole of it; the very same functions run as they are on a CPU. Batch-1 decoding is bound by reading the
weights, and inside a graph by the number of kernels: hence the fused projections, and one rotary for all heads.
"""

# Half of torch is not typed.
# mypy: disable-error-code="no-untyped-call"

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional as F  # noqa: N812  as everybody calls it

from copilot.decode.checkpoint import Source
from copilot.decode.weights import read_model


@dataclass(frozen=True, slots=True)
class Layer:
    """One layer's weights; matrices are (out, in)."""

    qkv: Tensor  # ((heads + 2 kv_heads) * head_dim, hidden)
    q_norm: Tensor
    k_norm: Tensor
    mix: Tensor  # (hidden, heads * head_dim)
    mix_norm: Tensor
    gate_up: Tensor  # (2 * wide, hidden)
    down: Tensor  # (hidden, wide)
    down_norm: Tensor


@dataclass(frozen=True, slots=True)
class Network:
    """A model on a device. `cos`, `sin`: (positions, 1, head_dim); the first half of `sin` is negative."""

    embedding: Tensor  # (vocab, hidden)
    layers: tuple[Layer, ...]
    norm: Tensor
    head: Tensor  # (vocab, hidden)
    cos: Tensor
    sin: Tensor
    kv_heads: int
    head_dim: int
    eps: float

    @property
    def q_width(self) -> int:
        """Queries' numbers of one token."""
        return len(self.layers[0].q_norm)

    @property
    def kv_width(self) -> int:
        """Keys' numbers of one token, and values'."""
        return self.kv_heads * self.head_dim

    def new_cache(self, rows: int) -> Tensor:
        """Keys and values: (layers, 2, rows, kv_heads, positions, head_dim).

        Zeros: what lies past a row's position is multiplied by 0, and so must be finite.
        """
        shape = (len(self.layers), 2, rows, self.kv_heads, len(self.cos), self.head_dim)
        return torch.zeros(shape, dtype=self.head.dtype, device=self.head.device)

    @property
    def step_bytes(self) -> int:
        """Bytes of weights that one step reads: all but the embedding's other rows."""
        tensors = [self.norm, self.head]
        for layer in self.layers:
            tensors += [getattr(layer, name) for name in Layer.__slots__]
        return sum(tensor.nbytes for tensor in tensors)


def read_network(source: Source, positions: int, device: torch.device, dtype: torch.dtype) -> Network:
    """config.json and model.safetensors on a device. Raises BundleError for what is no plain OLMo-2."""
    model = read_model(source)
    weights = model.weights

    def put(array: NDArray[Any]) -> Tensor:
        if array.dtype == np.uint16:  # bfloat16, which numpy lacks
            return torch.from_numpy(array.view(np.int16)).view(torch.bfloat16).to(device, dtype)
        return torch.from_numpy(array).to(device, dtype)

    parts = {
        name: put(getattr(weights, name).values) for name in ("qkv", "mix", "gate_up", "down", "head")
    } | {name: put(getattr(weights, name)) for name in ("q_norm", "k_norm", "mix_norm", "down_norm")}
    layers = tuple(
        Layer(**{name: parts[name][index] for name in Layer.__slots__})
        for index in range(len(weights.q_norm))
    )
    cos, sin = _rotary_tables(positions, model.head_dim, model.rope_theta)
    return Network(
        embedding=put(weights.embedding),
        layers=layers,
        norm=put(weights.norm),
        head=parts["head"][0],
        cos=put(cos),
        sin=put(sin),
        kv_heads=model.kv_heads,
        head_dim=model.head_dim,
        eps=weights.eps,
    )


def step_rows(net: Network, cache: Tensor, tokens: Tensor, positions: Tensor, bucket: int) -> Tensor:
    """One token for each row, in one pass over the weights.

    cache: (layers, 2, rows, kv_heads, max_tokens, head_dim); tokens, positions: int64 (rows,), positions below
    `bucket`, the number of cached places that attention looks at. Returns float32 logits (rows, vocab).
    """
    rows = torch.arange(len(tokens), device=tokens.device)
    places = torch.arange(bucket, device=tokens.device)
    unseen = torch.zeros((len(tokens), bucket), dtype=cache.dtype, device=tokens.device)
    unseen = unseen.masked_fill(places > positions[:, None], float("-inf"))[:, None, None, :]
    cos, sin = net.cos[positions], net.sin[positions]  # (rows, 1, head_dim)
    x = F.embedding(tokens, net.embedding)  # (rows, hidden)
    for layer, (keys, values) in zip(net.layers, cache, strict=True):
        q, k, v = _queries_keys_values(net, layer, x, cos, sin)
        keys[rows, :, positions] = k  # (rows, kv_heads, head_dim)
        values[rows, :, positions] = v
        mixed = _attend(q, keys[:, :, :bucket], values[:, :, :bucket], unseen)
        x = _leave(net, layer, x, mixed)
    return _logits(net, x)


def step_slice(net: Network, row: Tensor, tokens: Tensor, start: int) -> Tensor:
    """Tokens (time,) of one row from position `start` on: a prefill, or a slice after what is cached.

    row: (layers, 2, kv_heads, max_tokens, head_dim). Returns the last one's float32 logits (1, vocab).
    """
    count, end = len(tokens), start + len(tokens)
    cos, sin = net.cos[start:end], net.sin[start:end]
    seen = None  # a prefill from 0 needs no mask tensor, and takes SDPA's fastest kernel
    if start and count > 1:
        seen = torch.ones((count, end), dtype=torch.bool, device=tokens.device).tril(start)
    is_causal = start == 0
    is_grouped = net.q_width != net.kv_width
    x = F.embedding(tokens, net.embedding)  # (time, hidden)
    for layer, (keys, values) in zip(net.layers, row, strict=True):
        q, k, v = _queries_keys_values(net, layer, x, cos, sin)  # (time, heads, head_dim)
        keys[:, start:end] = k.transpose(0, 1)
        values[:, start:end] = v.transpose(0, 1)
        mixed = F.scaled_dot_product_attention(
            q.transpose(0, 1)[None],  # (1, heads, time, head_dim)
            keys[None, :, :end],
            values[None, :, :end],
            attn_mask=seen,
            is_causal=is_causal,
            enable_gqa=is_grouped,
        )
        x = _leave(net, layer, x, mixed[0].transpose(0, 1).flatten(1))
    return _logits(net, x[-1:])


def _queries_keys_values(
    net: Network, layer: Layer, x: Tensor, cos: Tensor, sin: Tensor
) -> tuple[Tensor, Tensor, Tensor]:
    """x (n, hidden) → q (n, heads, head_dim), k and v (n, kv_heads, head_dim), q and k normed and rotated."""
    q, k, v = F.linear(x, layer.qkv).split((net.q_width, net.kv_width, net.kv_width), dim=-1)
    q = F.rms_norm(q, q.shape[-1:], layer.q_norm, net.eps)
    k = F.rms_norm(k, k.shape[-1:], layer.k_norm, net.eps)
    both = torch.cat((q, k), dim=-1).unflatten(-1, (-1, net.head_dim))  # (n, heads + kv_heads, head_dim)
    # Halves swapped, and the sign of the first in `sin`: rotate_half in one kernel instead of three.
    both = torch.addcmul(both * cos, both.roll(net.head_dim // 2, -1), sin)
    q, k = both.split((both.shape[1] - net.kv_heads, net.kv_heads), dim=1)
    return q, k, v.unflatten(-1, (-1, net.head_dim))


def _attend(q: Tensor, keys: Tensor, values: Tensor, unseen: Tensor) -> Tensor:
    """q (rows, heads, head_dim) over (rows, kv_heads, places, head_dim): (rows, heads * head_dim).

    As plain products: SDPA gives a query of one token one block a head, which leaves most of a large GPU idle.
    """
    rows, kv_heads, _, dim = keys.shape
    scores = q.reshape(rows, kv_heads, -1, dim) @ keys.transpose(-1, -2)  # (rows, kv_heads, group, places)
    weights = torch.add(unseen, scores, alpha=dim**-0.5).softmax(-1)
    return (weights @ values).reshape(rows, -1)


def _leave(net: Network, layer: Layer, x: Tensor, mixed: Tensor) -> Tensor:
    """The rest of a layer: attention's projection and the MLP, each normed and added."""
    hidden = x.shape[-1:]
    x = x + F.rms_norm(F.linear(mixed, layer.mix), hidden, layer.mix_norm, net.eps)
    gate, up = F.linear(x, layer.gate_up).chunk(2, dim=-1)
    return x + F.rms_norm(F.linear(F.silu(gate) * up, layer.down), hidden, layer.down_norm, net.eps)


def _logits(net: Network, x: Tensor) -> Tensor:
    return F.linear(F.rms_norm(x, x.shape[-1:], net.norm, net.eps), net.head).float()


def _rotary_tables(positions: int, dim: int, theta: float) -> Sequence[NDArray[np.float32]]:
    """Cosines and sines, float32 (positions, 1, dim), rounded where transformers rounds them."""
    frequencies = (1 / theta ** (np.arange(0, dim, 2, dtype=np.float32) / np.float32(dim))).astype(np.float32)
    angles = np.arange(positions, dtype=np.float32)[:, None, None] * frequencies
    cos, sin = np.cos(angles), np.sin(angles)
    return np.concatenate((cos, cos), axis=-1), np.concatenate((-sin, sin), axis=-1)
