"""What a model makes of a song's first bars: a MIDI file to listen to while it is still learning."""

from dataclasses import replace
from pathlib import Path
from typing import cast

import numpy as np
import torch
from transformers import DynamicCache, Olmo2ForCausalLM

from copilot.codec.grammar import GridState, Limits
from copilot.codec.grid import GridCodec
from copilot.codec.vocabulary import Vocabulary
from copilot.codec.words import SEATS, Header
from copilot.music.midifile import Marker, write_score
from copilot.music.order import BAR
from copilot.music.roles import Role
from copilot.music.score import Score, TempoChange
from training.windows.sampler import Sampler
from training.windows.words import Words

PROMPT_BARS, BARS = 4, 12
"""Bars that are given, and bars until it ends: a chorus of blues."""

_PROGRAMS: dict[Role, int] = {"bass": 33, "keys": 0, "guitar": 25, "drums": 0, "lead": 65, "pad": 48}
"""General MIDI's fingered bass, grand piano, steel guitar, standard kit, alto sax, strings."""


class Continuation:
    """A prompt from a held-out song, and how it goes on. Samples the same way each time.

    window: the most ids that the model takes.
    """

    def __init__(
        self, sampler: Sampler, vocab: Vocabulary, window: int, seed: int, temperature: float, top_p: float
    ) -> None:
        self._codec, self._window, self._seed = GridCodec(vocab), window, seed
        self._temperature, self._top_p = temperature, top_p
        words = sampler.draw(np.random.default_rng(seed), window // 2)
        lines = np.flatnonzero(words == vocab.table.bar)
        self._prompt: Words = words[: lines[min(PROMPT_BARS, len(lines) - 1)] + 1]

    def __call__(self, model: torch.nn.Module, path: Path) -> None:
        """Have the model go on to bar BARS, or until its window is full, and write all of it to `path`."""
        ids, given_ticks = self._extended(model)
        path.parent.mkdir(parents=True, exist_ok=True)
        write_score(self._score(ids), path, markers=[Marker(given_ticks, "the model goes on")])

    def _extended(self, model: torch.nn.Module) -> tuple[list[int], int]:
        """The prompt's ids and those that the model adds, whole words all; and the tick where these begin."""
        vocab = self._codec.vocab
        state, bars = self._state()
        given_ticks = state.tick
        limits = Limits(ons=self._lanes())
        rng = np.random.default_rng(self._seed)
        ids, node = vocab.encode(self._prompt.tolist()), 0
        cache = DynamicCache(config=cast("Olmo2ForCausalLM", model).config)
        whole, logits = len(ids), _append(model, cache, ids)
        while bars <= BARS and len(ids) < self._window:
            allowed = vocab.allowed(node, state.mask(limits))
            token = _draw(logits, allowed, self._temperature, self._top_p, rng)
            ids.append(token)
            node, word = vocab.step(node, token)
            if word >= 0:
                event = state.advance(word)
                bars += event is not None and event.kind == BAR
                whole = len(ids)
            logits = _append(model, cache, [token])
        return ids[:whole], given_ticks

    def _state(self) -> tuple[GridState, int]:
        """Where the prompt ends, told how long a bar is; and the bar lines so far."""
        state, lines = GridState(self._codec.vocab.table), []
        for word in self._prompt.tolist():
            event = state.advance(word)
            if event is not None and event.kind == BAR:
                lines.append(state.tick)
        state.bar_ticks = lines[-1] - lines[-2] if len(lines) > 1 else 4 * self._codec.params.ticks_per_beat
        state.next_bar_tick = state.tick + state.bar_ticks
        return state, len(lines)

    def _lanes(self) -> np.ndarray:
        """Notes of the channels that play in the prompt, and of the copilot's: bool (LANES,)."""
        table = self._codec.vocab.table
        said = self._prompt[self._prompt >= table.on_0] - table.on_0
        channels = np.isin(np.arange(16), [0, *self._header().seats, *(said // 128)])
        return np.repeat(channels, 128)

    def _header(self) -> Header:
        table = self._codec.vocab.table
        return table.header_of(self._prompt[self._prompt < table.meta_end].tolist())

    def _score(self, ids: list[int]) -> Score:
        header = self._header()
        score = self._codec.decode(ids)
        roles = {**SEATS, 0: header.part or "lead"}
        parts = tuple(replace(part, program=_PROGRAMS[roles[part.channel]]) for part in score.parts)
        return replace(score, parts=parts, tempi=(TempoChange(0, header.tempo_bpm or 120.0),))


@torch.inference_mode()
def _append(model: torch.nn.Module, cache: DynamicCache, ids: list[int]) -> np.ndarray:
    """Take in ids; returns the last one's logits, float64 (vocabulary,)."""
    device = next(model.parameters()).device
    output = model(
        input_ids=torch.tensor([ids], device=device), cache=cache, use_cache=True, logits_to_keep=1
    )
    logits: np.ndarray = output.logits[0, -1].double().cpu().numpy()
    return logits


def _draw(
    logits: np.ndarray, allowed: np.ndarray, temperature: float, top_p: float, rng: np.random.Generator
) -> int:
    """An allowed id, from the likeliest ones that make up `top_p` at that temperature."""
    scores = np.where(allowed, logits, -np.inf)
    weights = np.exp((scores - scores.max()) / max(temperature, 1e-6))
    order = np.argsort(-weights, kind="stable")
    shares = np.cumsum(weights[order] / weights.sum())
    kept = order[: 1 + int(np.searchsorted(shares, top_p))]
    return int(rng.choice(kept, p=weights[kept] / weights[kept].sum()))
