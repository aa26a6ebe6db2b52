"""What happens next, drawn from a model so that what can't be changes no odds of what can.

To forbid by a mask alone gives the odds of what is forbidden to its neighbours. Where nothing may pass a tick, the
chance that nothing happens until then becomes a crowd of events before it; where a note may not begin yet, it begins
a tick too late; and of a sixteenth that is nearly over, its last ticks get the chance of all of it. So what is drawn
first and found impossible is drawn again.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from copilot.codec.grammar import GridState, Limits, Mask
from copilot.codec.grid import GridCodec
from copilot.codec.vocabulary import Vocabulary
from copilot.decode.decoder import Decoder, Logits
from copilot.decode.sampling import Kinds, likely, of_one_kind, sample
from copilot.music.order import Event

KIND_TEMPERATURE = 1.0
"""Of whether time passes, the copilot acts or a player: the model's own odds."""

OTHERS, TIME, VELOCITY, OWN_OFF, OWN_ON = range(5)


@dataclass(frozen=True, slots=True)
class IdMap:
    """What each id of a vocabulary begins.

    kinds: uint8 (vocab,): a word of time, a velocity, an end or a beginning of channel 0's, or something else.
    pitches: int64 (vocab,), the pitch whose note-on of channel 0 alone an id begins, 128 for all others.
    """

    kinds: Kinds
    pitches: NDArray[np.int64]

    @classmethod
    def of(cls, vocab: Vocabulary) -> "IdMap":
        """The map of a vocabulary; an id that begins words of several kinds is of none."""
        table = vocab.table
        kinds = np.full(vocab.size, OTHERS, np.uint8)
        for kind, begin, end in (
            (TIME, table.anchor_0, table.velocity_0),
            (VELOCITY, table.velocity_0, table.off_0),
            (OWN_OFF, table.off_0, table.off_0 + 128),
            (OWN_ON, table.on_0, table.on_0 + 128),
        ):
            words = np.zeros(len(table), np.bool_)
            words[begin:end] = True
            kinds[np.setdiff1d(vocab.leading(0, words), vocab.leading(0, ~words))] = kind
        pitches = np.full(vocab.size, 128, np.int64)
        firsts = np.asarray([ids[0] for ids in vocab.ids])
        counts = np.bincount(firsts, minlength=vocab.size)
        own = firsts[table.on_0 : table.on_0 + 128]
        pitches[own[counts[own] == 1]] = np.flatnonzero(counts[own] == 1)
        return cls(kinds, pitches)


Urge = Callable[[Logits, Mask], Logits]
"""Changes the odds of what is done at all, given the words that may follow."""

Lean = Callable[[int], NDArray[np.float32] | None]
"""By how much each pitch of the copilot's is raised at a tick, once it is to play one: float32 (128,), nats."""


@dataclass(slots=True)
class Draw:
    """Draws words and events. `step_s` collects what each id cost.

    Whether time passes, the copilot does something or a player does is drawn by the model's own odds, and only then
    which delay or which note: `temperature` and `top_p` are of that. Were they of all at once, the likelier of
    playing and resting would hardly ever not happen, and a part would rest, or chatter, for ever. `top_k` and `min_p`
    are of it as well.
    """

    codec: GridCodec
    decoder: Decoder
    rng: np.random.Generator
    clock: Callable[[], float]
    temperature: float
    top_p: float
    lean: Lean
    ids: IdMap
    top_k: int = 0
    min_p: float = 0.0
    step_s: list[float] = field(default_factory=list)

    def event(
        self, logits: Logits, state: GridState, limits: Limits, stop_tick: int, most_ids: int, urge: Urge
    ) -> tuple[Event | None, Logits]:
        """Draw words until they make an event, and take them into the state; returns the logits after it.

        `urge` is not kept: whose method it is keeps this, and a worker never looks for such rings.
        None where time comes to `stop_tick` first, where no word may follow, or where `most_ids` would be held: then
        state and decoder stand amid what was drawn.
        """
        while self.decoder.mark() + self.codec.vocab.longest <= most_ids:
            word, logits = self._word(logits, state, limits, urge)
            if word < 0:
                break
            event = state.advance(word)
            if event is not None or state.tick >= stop_tick:
                return event, logits
        return None, logits

    def _word(self, logits: Logits, state: GridState, limits: Limits, urge: Urge) -> tuple[int, Logits]:
        """Draw one word; −1 where none may follow."""
        words = state.mask(limits)
        word, after = self._spelt(logits, words, state.tick, urge)
        if word < 0 or not self._is_nearly_over(word, state, limits):
            return word, after
        held = self.decoder.mark()
        if self.rng.random() < self._odds_to_stay(word, words, logits, after, state, limits):
            return word, after
        self.decoder.rewind(held - len(self.codec.vocab.ids[word]))
        words[word] = False
        return self._spelt(logits, words, state.tick, urge)

    def _is_nearly_over(self, word: int, state: GridState, limits: Limits) -> bool:
        """Whether a word is an anchor before the least tick: something may still happen, but only late in it."""
        table = self.codec.vocab.table
        if not table.anchor_0 <= word < table.offset_0 - 1:
            return False
        return table.tick_after(word, state.tick, state.origin_tick) < limits.floor_tick

    def _odds_to_stay(
        self, word: int, words: Mask, before: Logits, after: Logits, state: GridState, limits: Limits
    ) -> float:
        """How likely such an anchor stands, given that nothing happened in what is over of it.

        Its share of the odds shrinks to what comes late in it, beside the other words' undiminished ones.
        """
        vocab, trial = self.codec.vocab, state.copy()
        trial.advance(word)
        share = _mass(before, vocab.leading(0, words), np.asarray(vocab.ids[word][:1]))
        every = vocab.leading(0, trial.mask(Limits(limits.ons, limits.offs)))
        late = _mass(after, every, vocab.leading(0, trial.mask(limits)))
        left = share * late + 1.0 - share
        return late / left if left > 0.0 else 1.0

    def _leant(self, logits: Logits, choices: NDArray[np.int64], tick: int) -> Logits:
        """Logits of the copilot's note-ons, with its pitches raised as they are to be."""
        if self.ids.kinds[choices[0]] != OWN_ON or (raised := self.lean(tick)) is None:
            return logits
        leant = logits.copy()
        leant[choices] += np.append(raised, np.float32(0))[self.ids.pitches[choices]]
        return leant

    def _spelt(self, logits: Logits, words: Mask, tick: int, urge: Urge) -> tuple[int, Logits]:
        """Draw the ids of one of some words; returns it, and the logits after it."""
        vocab = self.codec.vocab
        node, word = 0, -1
        while word < 0:
            choices = vocab.leading(node, words)
            if not len(choices):
                return -1, logits
            if node == 0:
                choices = of_one_kind(
                    urge(logits, words),
                    choices,
                    self.ids.kinds,
                    temperature=KIND_TEMPERATURE,
                    rng=self.rng,
                )
                logits = self._leant(logits, choices, tick)
                choices = likely(
                    logits, choices, temperature=self.temperature, top_k=self.top_k, min_p=self.min_p
                )
            token = sample(
                logits,
                choices,
                temperature=self.temperature,
                top_p=self.top_p,
                rng=self.rng,
            )
            began = self.clock()
            logits = self.decoder.append([token])
            self.step_s.append(self.clock() - began)
            node, word = vocab.step(node, token)
        return word, logits


def _mass(logits: Logits, every: np.ndarray, some: np.ndarray) -> float:
    """The share of `some` ids in the odds of `every` one."""
    weights = np.exp(logits[every] - logits[every].max())
    return float(weights[np.isin(every, some)].sum() / weights.sum())
