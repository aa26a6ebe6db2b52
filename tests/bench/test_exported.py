"""The step that other libraries are given is the model's own."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from copilot.bench.peers import exported
from copilot.bench.shapes import Shape, read_by_a_step, write_random

SHAPE = Shape(layers=2, hidden=128, wide=192, heads=2, kv_heads=1, vocab=96)
IDS = [5, 9, 2, 40, 77, 3, 8]


def test_the_step_computes_what_transformers_does(tmp_path: Path) -> None:
    """Fed with the cache of transformers at the right position, it gives its logits within 1e-4 of their scale."""
    import torch
    from transformers import DynamicCache, Olmo2ForCausalLM

    write_random(tmp_path, SHAPE)
    model = Olmo2ForCausalLM.from_pretrained(tmp_path, dtype=torch.float32).eval()
    cache: Any = DynamicCache(config=model.config)
    with torch.inference_mode():
        model(input_ids=torch.tensor([IDS[:-1]]), cache=cache, use_cache=True)
        past = [
            tensor
            for layer in cache.layers
            for tensor in (layer.keys[0].transpose(1, 2).clone(), layer.values[0].clone())
        ]
        expected = model(input_ids=torch.tensor([IDS])).logits[0, -1]
        cos, sin = model.model.rotary_emb(torch.zeros(1), torch.tensor([[len(IDS) - 1]]))
        found = exported.step_module(model)(torch.tensor(IDS[-1:]), cos[0, 0], sin[0, 0], *past)[0][0]
    assert float((found - expected).abs().max()) <= 1e-4 * float(expected.abs().max())


def test_onnxruntime_and_openvino_give_the_exported_logits(tmp_path: Path) -> None:
    """In int8 too, within what eight bits allow: what is timed is the model."""
    pytest.importorskip("onnx")
    onnxruntime = pytest.importorskip("onnxruntime")
    openvino = pytest.importorskip("openvino")
    write_random(tmp_path, SHAPE)
    plain, dynamic, weights = (tmp_path / f"{name}.onnx" for name in ("plain", "dynamic", "weights"))
    feed = exported.export_step(tmp_path, 16, plain)
    exported.quantise_onnx(plain, dynamic)
    exported.compressed_onnx(plain, weights)

    def run(path: Path) -> np.ndarray:
        session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
        return session.run(["logits"], feed)[0][0]

    expected = run(plain)
    vino = openvino.Core().compile_model(str(weights), "CPU", {"INFERENCE_PRECISION_HINT": "f32"})
    of_vino = vino(feed)[vino.output("logits")][0]
    scale = float(np.abs(expected).max())
    for name, found in (("dynamic", run(dynamic)), ("weights", run(weights)), ("OpenVINO", of_vino)):
        assert float(np.abs(found - expected).max()) < 0.05 * scale, name


def test_what_a_step_reads_leaves_an_embedding_out_that_is_no_head(tmp_path: Path) -> None:
    """All matrices and the head: 2 layers and 96 rows of 128."""
    write_random(tmp_path, SHAPE)
    layer = 128 * 128 * 2 + 2 * 64 * 128 + 3 * 128 * 192
    assert read_by_a_step(tmp_path) == 2 * layer + 96 * 128
