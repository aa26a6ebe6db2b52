"""How long a token takes in one thread: ours beside transformers, llama.cpp and the memory, in turns."""

import tempfile
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from copilot.bench.imagining import imagine, tokens_per_event
from copilot.bench.peers import llamacpp, notochord
from copilot.bench.section import Row, Section
from copilot.bench.shapes import MIDDLE, read_by_a_step, write_random
from copilot.bench.timing import Steps, in_turns, reader
from copilot.decode.decoder import Decoder, TransformersDecoder
from copilot.decode.numba_decoder import NumbaDecoder
from copilot.model.bundle import Bundle, default_bundle_path

CONTEXTS = (256, 1024, 2048)
PREFILL, BRANCHES, IMAGINED = 512, 8, 16
ROOM = 64
"""Tokens beyond the longest context."""

_PEERS = {"transformers": "transformers eager", "llamacpp": "llama.cpp q8_0"}


def measure(budget_s: float) -> Section:
    """The embedded default at three contexts, its prefill and its branches; then 36 million random weights."""
    import torch

    torch.set_num_threads(1)
    rows: list[Row] = []
    keys: dict[str, float | None] = {}
    with tempfile.TemporaryDirectory(prefix="copilot-bench-") as name:
        scratch = Path(name)
        default = default_bundle_path()
        bundle = Bundle.open(default)
        decoders = load_all(default, scratch)
        limit = reader(read_by_a_step(default))
        ids = np.random.default_rng(0).integers(0, bundle.codec.vocab.size, max(CONTEXTS)).tolist()
        for context in CONTEXTS:
            times_s = step_times(decoders, limit, ids[:context], budget_s * 0.12)
            suffix = "" if context == CONTEXTS[0] else f"_{context}"
            rows += _step_rows(f"5 M, step at {context:,}", times_s)
            keys |= _step_keys("decoder.", suffix, times_s)
            keys[f"decoder.step_ms_{context}"] = times_s["numba"] * 1e3
        ours = decoders["numba"]
        assert isinstance(ours, NumbaDecoder)  # peers can't fork
        _prefill(ours, ids, keys["decoder.step_ms_256"] or 0.0, budget_s * 0.06, rows, keys)
        _branches(ours, ids[:256], budget_s * 0.06, rows, keys)
        _events(bundle, budget_s * 0.12, rows, keys)

        middle = scratch / "middle"
        write_random(middle, MIDDLE)
        size = read_by_a_step(middle)
        times_s = step_times(load_all(middle, scratch), reader(size), ids[:256], budget_s * 0.16)
        rows += _step_rows("36 M, step at 256", times_s)
        keys |= _step_keys("decoder.36m_", "", times_s)
        keys |= {
            "decoder.36m_step_ms": times_s["numba"] * 1e3,
            "decoder.36m_read_gb_s": size / times_s["limit"] / 1e9,
        }
    return Section("Decoder, one thread", tuple(rows), keys, _remarks())


def load_all(model: Path, scratch: Path) -> dict[str, Steps]:
    """Ours and the peers that are installed, by name, all from the same folder."""
    import torch
    from transformers import Olmo2ForCausalLM

    window = max(CONTEXTS) + ROOM
    ours = NumbaDecoder.load(model, window, weights="int8")
    ours.warm_up()
    eager = Olmo2ForCausalLM.from_pretrained(model, dtype=torch.float32)
    decoders: dict[str, Steps] = {"numba": ours, "transformers": TransformersDecoder(eager)}
    if llamacpp.is_installed():
        for flash in (False, True):
            decoders[f"llamacpp {flash=}"] = llamacpp.LlamaCpp.load(model, scratch, window, flash=flash)
    return decoders


def step_times(
    decoders: dict[str, Steps], limit: Callable[[], object], ids: Sequence[int], budget_s: float
) -> dict[str, float]:
    """Seconds of a step of each after `ids`, and of `limit`, by name; of llama.cpp's two ways the better one."""
    for decoder in decoders.values():
        decoder.rebase(ids)
    runs: dict[str, Callable[[], object]] = {
        name: partial(step, decoder) for name, decoder in decoders.items()
    }
    times_s = in_turns(runs | {"limit": limit}, budget_s)
    of_llama = [times_s.pop(name) for name in decoders if name.startswith("llamacpp")]
    return times_s | ({"llamacpp": min(of_llama)} if of_llama else {})


def step(decoder: Steps) -> None:
    """Take a token in, and forget it."""
    decoder.append([7])
    decoder.rewind(decoder.mark() - 1)


def _step_rows(what: str, times_s: dict[str, float]) -> list[Row]:
    ours_s, limit_s = times_s["numba"], times_s["limit"]
    beside_limit = f"read int8 weights once {limit_s * 1e3:.3f} ms"
    rows = [Row(what, f"{ours_s * 1e3:.3f} ms", beside_limit, f"{ours_s / limit_s:.1f} × the limit")]
    for name, title in _PEERS.items():
        if name in times_s:
            beside = f"{title} {times_s[name] * 1e3:.2f} ms"
            rows.append(Row("", "", beside, f"{times_s[name] / ours_s:.1f} × faster"))
    return rows


def _step_keys(prefix: str, suffix: str, times_s: dict[str, float]) -> dict[str, float | None]:
    ours_s = times_s["numba"]
    found: dict[str, float | None] = {
        f"{prefix}x_{name}{suffix}": times_s[name] / ours_s if name in times_s else None for name in _PEERS
    }
    return found | {f"{prefix}x_limit{suffix}": ours_s / times_s["limit"]}


def _prefill(
    decoder: Steps,
    ids: Sequence[int],
    step_ms: float,
    budget_s: float,
    rows: list[Row],
    keys: dict[str, Any],
) -> None:
    run = {"prefill": partial(decoder.rebase, ids[:PREFILL])}
    prefill_ms = in_turns(run, budget_s, burst=1)["prefill"] * 1e3
    ratio = PREFILL * step_ms / prefill_ms
    keys |= {"decoder.prefill_512_ms": prefill_ms, "decoder.x_prefill_512": ratio}
    beside = f"{PREFILL} steps {PREFILL * step_ms:.0f} ms"
    rows.append(Row(f"5 M, prefill of {PREFILL}", f"{prefill_ms:.1f} ms", beside, f"{ratio:.1f} × the rate"))


def branch_times(
    decoder: Decoder, ids: Sequence[int], counts: Sequence[int], budget_s: float
) -> dict[int, float]:
    """Seconds a token after `ids`, of IMAGINED in a row: of the decoder alone (0), and of so many branches."""
    decoder.rebase(ids)

    def alone() -> None:
        for _ in range(IMAGINED):
            decoder.append([7])
        decoder.rewind(len(ids))

    def together(count: int) -> None:
        branches = decoder.fork(count)
        for _ in range(IMAGINED):
            branches.append([7] * count)

    runs = {"0": alone} | {str(count): partial(together, count) for count in counts}
    times_s = in_turns(runs, budget_s, burst=2)
    return {int(name): spent_s / IMAGINED for name, spent_s in times_s.items()}


def _branches(
    decoder: Decoder, ids: Sequence[int], budget_s: float, rows: list[Row], keys: dict[str, Any]
) -> None:
    one_ms, eight_ms = (
        spent_s * 1e3 for spent_s in branch_times(decoder, ids, (BRANCHES,), budget_s).values()
    )
    keys["decoder.branches_8_over_1"] = eight_ms / one_ms
    rows.append(
        Row(
            f"5 M, a token of {BRANCHES} branches",
            f"{eight_ms:.3f} ms",
            f"of one {one_ms:.3f} ms",
            f"{eight_ms / one_ms:.2f} × one",
        )
    )


def _events(bundle: Bundle, budget_s: float, rows: list[Row], keys: dict[str, Any]) -> None:
    """An imagined token with all that surrounds its step, and a whole event beside Notochord's."""
    keys |= dict.fromkeys(("decoder.imagined_token_ms", "decoder.around_step_ms", "decoder.x_notochord"))
    imagined = imagine(bundle, budget_s)
    if imagined is None:
        return
    keys["decoder.imagined_token_ms"] = imagined.token_ms
    keys["decoder.around_step_ms"] = imagined.token_ms - imagined.step_ms
    beside = f"its step {imagined.step_ms:.3f} ms"
    rows.append(
        Row(
            "5 M, an imagined token, all in all",
            f"{imagined.token_ms:.3f} ms",
            beside,
            f"{imagined.token_ms / imagined.step_ms:.1f} × the step",
        )
    )
    tokens = tokens_per_event(bundle)
    event_ms = tokens * imagined.token_ms
    row = Row(f"5 M, an imagined event: {tokens:.1f} tokens", f"{event_ms:.2f} ms")
    if notochord.is_installed():
        theirs_ms = in_turns({"event": notochord.event()}, budget_s / 2, burst=5)["event"] * 1e3
        keys["decoder.x_notochord"] = theirs_ms / event_ms
        beside = f"Notochord, random weights {theirs_ms:.1f} ms"
        row = replace(row, beside=beside, ratio=f"{theirs_ms / event_ms:.1f} × faster")
    rows.append(row)


def _remarks() -> tuple[str, ...]:
    if llamacpp.is_installed():
        return ()
    return ("llama.cpp: not installed (pip install llama-cpp-python gguf)",)
