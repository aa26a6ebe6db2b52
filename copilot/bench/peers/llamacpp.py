"""llama.cpp as a Decoder, from the very weights that ours has, for llama-cpp-python and gguf of the `bench` extra."""

import importlib.util
from collections.abc import Sequence
from pathlib import Path
from typing import Self

import numpy as np

from copilot.bench.peers.gguf_model import Kind, write_gguf
from copilot.decode.decoder import Logits


def is_installed() -> bool:
    """Whether both packages that it needs are here."""
    return all(importlib.util.find_spec(name) is not None for name in ("llama_cpp", "gguf"))


class LlamaCpp:
    """See Decoder. `flash`: by flash attention, faster at 256 tokens on a CPU and slower at 1,024."""

    def __init__(self, path: Path, window_tokens: int, *, flash: bool = False, threads: int = 1) -> None:
        from llama_cpp import Llama

        self._llama = Llama(
            str(path),
            n_ctx=window_tokens,
            n_threads=threads,
            n_threads_batch=threads,
            flash_attn=flash,
            verbose=False,
        )
        self._vocab = self._llama.n_vocab()

    @classmethod
    def load(
        cls,
        model: Path,
        scratch: Path,
        window_tokens: int,
        *,
        kind: Kind = "Q8_0",
        flash: bool = False,
        threads: int = 1,
    ) -> Self:
        """A folder as transformers saves it, written as GGUF into `scratch` first."""
        target = scratch / f"{model.name}-{kind}.gguf"
        if not target.exists():
            write_gguf(model, target, kind)
        return cls(target, window_tokens, flash=flash, threads=threads)

    @property
    def ids(self) -> list[int]:
        """See Decoder."""
        return self._llama.input_ids[: self._llama.n_tokens].tolist()  # type: ignore[no-any-return]

    @ids.setter
    def ids(self, _ids: list[int]) -> None:
        raise AttributeError("only append, rewind and rebase change what is held")

    def append(self, ids: Sequence[int]) -> Logits:
        """See Decoder."""
        self._llama.eval(ids)
        held = np.ctypeslib.as_array(self._llama._ctx.get_logits_ith(-1), shape=(self._vocab,))
        return np.array(held, np.float32)

    def mark(self) -> int:
        """See Decoder."""
        return int(self._llama.n_tokens)

    def rewind(self, mark: int) -> None:
        """See Decoder. The next `eval` removes what the cache holds beyond."""
        self._llama.n_tokens = min(mark, self._llama.n_tokens)

    def rebase(self, ids: Sequence[int]) -> Logits:
        """See Decoder."""
        self._llama.n_tokens = 0
        return self.append(ids)
