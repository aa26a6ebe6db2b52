"""llama.cpp reads what write_gguf writes, and computes the same model."""

from pathlib import Path

import numpy as np
import pytest

from copilot.bench.peers.gguf_model import Kind, write_gguf
from copilot.decode.numba_decoder import NumbaDecoder

BUNDLE = Path(__file__).parents[2] / "copilot/bundles/default"


@pytest.mark.parametrize(("kind", "allowed"), [("F32", 2e-3), ("Q8_0", 0.05), ("Q4_0", 0.4)])
def test_llama_cpp_computes_the_same_logits(tmp_path: Path, kind: Kind, allowed: float) -> None:
    """Off by a share of the logits' scale: float32 by its 16-bit cache, the others by their bits."""
    pytest.importorskip("gguf")
    llama_cpp = pytest.importorskip("llama_cpp")
    write_gguf(BUNDLE, tmp_path / "model.gguf", kind)
    ours = NumbaDecoder.load(BUNDLE, 256)
    ids = np.random.default_rng(0).integers(0, 1500, 200).tolist()
    expected = ours.rebase(ids)

    theirs = llama_cpp.Llama(str(tmp_path / "model.gguf"), n_ctx=256, n_threads=1, verbose=False)
    theirs.eval(ids)
    got = np.ctypeslib.as_array(llama_cpp.llama_get_logits(theirs.ctx), (len(expected),))
    assert np.abs(got - expected).max() <= allowed * np.abs(expected).max()
    theirs.close()


def test_a_foreign_tensor_is_refused(tmp_path: Path) -> None:
    """What llama.cpp's OLMo-2 has no name for would be left out in silence."""
    pytest.importorskip("gguf")
    from safetensors.numpy import save_file

    save_file(
        {"model.layers.0.mlp.router.weight": np.zeros((2, 32), np.float32)}, tmp_path / "model.safetensors"
    )
    (tmp_path / "config.json").write_text("{}")
    with pytest.raises(ValueError, match="router"):
        write_gguf(tmp_path, tmp_path / "model.gguf", "F32")
