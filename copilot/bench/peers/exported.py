"""One decode step of an OLMo-2 as ONNX, run by onnxruntime and by OpenVINO, for these packages and onnx.

It is the least that a library's decoder has to do, and a little less than ours does: the past is exactly the context
(no mask), its keys and values are read where they lie and those of the new token handed out, not written back.
"""

import importlib.util
import logging
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

Step = Callable[[], object]


def is_installed(*packages: str) -> bool:
    """Whether they can be imported."""
    return all(importlib.util.find_spec(name) is not None for name in packages)


def export_step(model: Path, context: int, target: Path) -> dict[str, Any]:
    """Write a folder's model as a float32 step after `context` tokens; returns inputs to feed it with, by name.

    Inputs: id int64 (1,); cos, sin float32 (head_dim,); of each layer keys float32 (kv_heads, head_dim, context) and
    values (kv_heads, context, head_dim): as one array of all layers, or keys the other way round, they were copied.
    """
    import torch
    from transformers import Olmo2ForCausalLM

    loaded = Olmo2ForCausalLM.from_pretrained(model, dtype=torch.float32)
    feed = _inputs(loaded.config, context)
    with torch.inference_mode(), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it is the old exporter, and it says so
        torch.onnx.export(
            step_module(loaded),
            tuple(feed.values()),
            str(target),
            input_names=list(feed),
            output_names=["logits", "new_keys", "new_values"],
            dynamo=False,  # the newer exporter wants onnxscript
        )
    return {name: tensor.numpy() for name, tensor in feed.items()}


def _inputs(config: Any, context: int) -> dict[str, Any]:
    """Tensors of the right shapes: what a step costs does not depend on what is in them."""
    import torch

    dim = config.hidden_size // config.num_attention_heads
    inputs = {"id": torch.tensor([7]), "cos": torch.ones(dim), "sin": torch.zeros(dim)}
    for layer in range(config.num_hidden_layers):
        inputs[f"keys_{layer}"] = torch.randn(config.num_key_value_heads, dim, context)
        inputs[f"values_{layer}"] = torch.randn(config.num_key_value_heads, context, dim)
    return inputs


def in_torch_compile(model: Path, context: int) -> Step:
    """The step as torch.compile makes it, weights frozen into the graph; half a minute. Wants a C++ compiler."""
    import torch
    import torch._inductor.config
    from transformers import Olmo2ForCausalLM

    loaded = Olmo2ForCausalLM.from_pretrained(model, dtype=torch.float32)
    inputs = tuple(_inputs(loaded.config, context).values())
    torch._inductor.config.freezing = True
    compiled = torch.compile(step_module(loaded))

    def step() -> None:
        with torch.inference_mode():
            compiled(*inputs)  # type: ignore[no-untyped-call]

    step()
    return step


def step_module(loaded: Any) -> Any:
    """The step in plain torch, with the weights of transformers' model."""
    import torch
    import torch.nn.functional as F  # noqa: N812

    config = loaded.config
    heads, kv_heads = config.num_attention_heads, config.num_key_value_heads
    dim, group = config.hidden_size // heads, heads // kv_heads

    def rotate(x: Any, cos: Any, sin: Any) -> Any:
        half = dim // 2
        return x * cos + torch.cat((-x[..., half:], x[..., :half]), -1) * sin

    class Step(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.inner = loaded.model
            self.head = loaded.lm_head

        def forward(self, ids: Any, cos: Any, sin: Any, *past: Any) -> Any:
            x = self.inner.embed_tokens(ids)  # (1, hidden)
            new_keys, new_values = [], []
            for number, layer in enumerate(self.inner.layers):
                own = layer.self_attn
                q = own.q_norm(own.q_proj(x)).view(kv_heads, group, dim)
                k = own.k_norm(own.k_proj(x)).view(kv_heads, 1, dim)
                v = own.v_proj(x).view(kv_heads, 1, dim)
                q, k = rotate(q, cos, sin) * dim**-0.5, rotate(k, cos, sin)
                keys, values = past[2 * number], past[2 * number + 1]
                scores = torch.cat((q @ keys, q @ k.transpose(1, 2)), -1)
                share = scores.softmax(-1)  # (kv_heads, group, context + 1)
                mixed = share[..., :-1] @ values + share[..., -1:] * v
                x = x + layer.post_attention_layernorm(own.o_proj(mixed.reshape(1, heads * dim)))
                mlp = layer.mlp
                made = mlp.down_proj(F.silu(mlp.gate_proj(x)) * mlp.up_proj(x))
                x = x + layer.post_feedforward_layernorm(made)
                new_keys.append(k)
                new_values.append(v)
            return self.head(self.inner.norm(x)), torch.stack(new_keys), torch.stack(new_values)

    return Step().eval()


def quantise_onnx(source: Path, target: Path) -> None:
    """onnxruntime's own dynamic quantisation: int8 weights with a scale a row, bytes for activations."""
    from onnxruntime.quantization import QuantType, quantize_dynamic

    root = logging.getLogger()
    level = root.level
    root.setLevel(logging.ERROR)  # it would like the graph to be simplified first: that changed nothing
    try:
        quantize_dynamic(source, target, weight_type=QuantType.QInt8, per_channel=True)
    finally:
        root.setLevel(level)


def in_onnxruntime(path: Path, feed: dict[str, Any]) -> Step:
    """A call that runs the step in one thread."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    session = onnxruntime.InferenceSession(str(path), options, ["CPUExecutionProvider"])
    binding = session.io_binding()  # inputs are handed over once: no copy a step
    for name, array in feed.items():
        binding.bind_ortvalue_input(name, onnxruntime.OrtValue.ortvalue_from_numpy(array))
    for output in session.get_outputs():
        binding.bind_output(output.name)
    return lambda: session.run_with_iobinding(binding)


def compressed_onnx(source: Path, target: Path) -> None:
    """int8 weights that are turned into floats where they are used: what OpenVINO reads as compressed weights."""
    import onnx
    from onnx import helper, numpy_helper

    model = onnx.load(str(source))
    graph = model.graph
    weights = {tensor.name: tensor for tensor in graph.initializer}
    multiplied = {
        node.input[1] for node in graph.node if node.op_type == "MatMul" and node.input[1] in weights
    }
    added = []
    for name in sorted(multiplied):
        floats = numpy_helper.to_array(weights[name])  # (in, out)
        scales = np.maximum(np.abs(floats).max(axis=0), 1e-30) / 127
        whole = np.rint(floats / scales).astype(np.int8)
        graph.initializer.remove(weights[name])
        graph.initializer.extend(
            [
                numpy_helper.from_array(whole, f"{name}_int8"),
                numpy_helper.from_array(scales.astype(np.float32), f"{name}_scales"),
            ]
        )
        inputs = [f"{name}_int8", f"{name}_scales"]
        added.append(helper.make_node("DequantizeLinear", inputs, [name], axis=1))
    nodes = [*added, *graph.node]
    del graph.node[:]
    graph.node.extend(nodes)
    onnx.save(model, str(target))


def in_openvino(path: Path, feed: dict[str, Any], **settings: Any) -> Step:
    """A call that runs the step in one thread, for latency."""
    import openvino

    core = openvino.Core()
    compiled = core.compile_model(
        str(path),
        "CPU",
        {"INFERENCE_NUM_THREADS": 1, "NUM_STREAMS": 1, "PERFORMANCE_HINT": "LATENCY", **settings},
    )
    request = compiled.create_infer_request()
    for name, array in feed.items():
        request.set_tensor(name, openvino.Tensor(array, shared_memory=True))
    return request.infer  # type: ignore[no-any-return]
