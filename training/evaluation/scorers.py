"""Predictors, and what each id of a song costs by them."""

import math
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Protocol

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812
from numpy.typing import NDArray

from copilot.codec.grammar import GridState, Limits
from copilot.codec.passages import Passage, Stream
from copilot.codec.vocabulary import Vocabulary
from copilot.model.bundle import Bundle
from copilot.ppm import Ppm
from training.corpus.workers import available_cores
from training.evaluation.stream import Streamer

Nats = NDArray[np.float64]


class Scorer(Protocol):
    """One predictor."""

    name: str

    def nats(self, streams: Sequence[Stream]) -> list[Nats]:
        """What each id costs: float64 (ids,) for every stream, 0 for its given ids."""


class ModelScorer:
    """A bundle's model, teacher-forced, through windows as long as it hears on stage.

    In bf16 where torch multiplies so, as it was trained: on 16 windows of the shipped model the mean is 1.29151 nats
    against 1.29145 in float32, at 4,100 against 2,600 ids a second and thread (EPYC with AVX-512 BF16). One window
    and one thread a worker: an operation split over cores waits for its slower half. `threads` 0 is all cores.
    """

    name = "model"

    def __init__(self, bundle: Bundle, streamer: Streamer, threads: int) -> None:
        torch.set_num_threads(1)
        self._device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        model: Any = bundle.load_model()
        self._model = model.to(self._device)
        self._streamer = streamer
        self._pool = ThreadPoolExecutor(
            threads or available_cores(), initializer=torch.set_num_threads, initargs=(1,)
        )

    def nats(self, streams: Sequence[Stream]) -> list[Nats]:
        """See Scorer."""
        out = [np.zeros(len(stream.ids)) for stream in streams]
        passages = [(n, p) for n, stream in enumerate(streams) for p in self._streamer.passages(stream)]
        for (number, passage), nats in zip(
            passages, self._pool.map(self._passage, [p for _, p in passages]), strict=True
        ):
            out[number][passage.at : passage.at + passage.new] = nats
        return out

    @torch.inference_mode()
    def _passage(self, passage: Passage) -> Nats:
        ids = torch.from_numpy(passage.ids).to(self._device)
        with torch.autocast(self._device.type, dtype=torch.bfloat16):
            hidden = self._model.model(input_ids=ids[None, :-1], use_cache=False).last_hidden_state
            logits = self._model.lm_head(hidden[0, -passage.new :])  # (new, vocabulary)
        nats = F.cross_entropy(logits.float(), ids[-passage.new :], reduction="none")
        return nats.double().cpu().numpy()


class PpmScorer:
    """PPM-C over the same ids, which learns each song as it goes and forgets it before the next.

    Without that it is hardly a PPM: about 4.2 nats an id against 2.4, on every sixth held-out song of
    configs/train-default.toml. Unlike the model it remembers a song from its start, and not a window of it alone.
    """

    def __init__(self, name: str, ppm: Ppm) -> None:
        self.name = name
        self._ppm = ppm

    def nats(self, streams: Sequence[Stream]) -> list[Nats]:
        """See Scorer."""
        return [self._ppm.nats(stream.ids, stream.given) for stream in streams]


class UniformAllowed:
    """Every id that the grammar allows is alike: ln of their number.

    The grammar is the codec's with bar lines free, as a reader has it: what sounds may end, what does not may begin,
    and an id goes on with a word that may stand there. It is what a sampler draws from without a model.
    """

    name = "uniform over allowed ids"

    def __init__(self, vocab: Vocabulary) -> None:
        self._vocab = vocab

    def nats(self, streams: Sequence[Stream]) -> list[Nats]:
        """See Scorer."""
        return [self._stream(stream) for stream in streams]

    def _stream(self, stream: Stream) -> Nats:
        vocab, state, limits = self._vocab, GridState(self._vocab.table), Limits()
        nats = np.zeros(len(stream.ids))
        at = 0
        for word in stream.words.tolist():
            allowed, node = state.mask(limits), 0
            for token in vocab.ids[word]:
                if at >= stream.given:
                    nats[at] = math.log(np.count_nonzero(vocab.allowed(node, allowed)))
                node, _ = vocab.step(node, token)
                at += 1
            state.advance(word)
        return nats


class UniformIds:
    """Every id of the vocabulary is alike, whatever the grammar says: ln(vocabulary) an id."""

    name = "uniform"

    def __init__(self, vocab: Vocabulary) -> None:
        self._nats = math.log(vocab.size)

    def nats(self, streams: Sequence[Stream]) -> list[Nats]:
        """See Scorer."""
        return [np.where(np.arange(len(s.ids)) < s.given, 0.0, self._nats) for s in streams]
