"""One imagining: from the true past, all parts roll forward until a beat; channel 0's notes are the proposal."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np

from copilot.codec.grammar import NEVER, GridState, Limits, Mask, Stage
from copilot.codec.grid import GridCodec
from copilot.decode.decoder import Decoder, Logits, continue_from
from copilot.engine.brief import Brief
from copilot.engine.draw import Draw, IdMap
from copilot.engine.steering import Steering
from copilot.errors import GrammarError
from copilot.music.ear import Ear
from copilot.music.order import OFF, ON, Event
from copilot.music.pace import Pace
from copilot.music.pulse import Pulse
from copilot.music.score import COPILOT_CHANNEL, Note

_TRIES = 8
"""How often an event is drawn before what may not be is masked."""


@dataclass(slots=True)
class Rollout:
    """Runs once; afterwards `notes`, `reached_tick`, `step_s` and `reused` tell what came of it.

    `is_rated`: it has rivals, and `fit` is asked for.
    """

    codec: GridCodec
    decoder: Decoder
    state: GridState
    brief: Brief
    rng: np.random.Generator
    clock: Callable[[], float]
    ids: IdMap
    ear: Ear
    pulse: Pulse
    pace: Pace
    is_rated: bool = False
    notes: list[Note] = field(default_factory=list)
    reused: int = 0
    _fits: list[float] = field(default_factory=list)
    _open: dict[int, tuple[int, int]] = field(default_factory=dict)
    _most_tokens: int = 0
    _struck_tick: int = -1
    _limits: Limits = field(default_factory=Limits)
    _free_ons: Mask = field(init=False)
    _steering: Steering = field(init=False)
    _draw: Draw = field(init=False)

    def __post_init__(self) -> None:
        brief = self.brief
        self._steering = Steering(
            vocab=self.codec.vocab,
            ear=self.ear,
            pulse=self.pulse,
            pace=self.pace,
            harmony=brief.harmony,
            groove=brief.groove,
            density=brief.density,
            patience_ticks=brief.patience_ticks,
        )
        self._limits.floor_tick = brief.now_tick
        self._limits.offs[:128] = False  # what is committed ends when it was committed to end
        self._free_ons = brief.players | brief.own
        self._draw = Draw(
            codec=self.codec,
            decoder=self.decoder,
            rng=self.rng,
            clock=self.clock,
            temperature=brief.temperature,
            top_p=brief.top_p,
            top_k=brief.top_k,
            min_p=brief.min_p,
            lean=self._steering.leant,
            ids=self.ids,
        )

    @property
    def step_s(self) -> list[float]:
        """What each id that was drawn cost."""
        return self._draw.step_s

    @property
    def fit(self) -> float:
        """How well its notes belong to the chords that the players play, heard and imagined.

        Nats a note, 0 at best; silence is worst.
        """
        return sum(self._fits) / len(self._fits) if self._fits else -math.inf

    @property
    def reached_tick(self) -> int:
        """Up to here the rollout knows what it plays."""
        return min(self.state.tick, self.brief.until_tick)

    def run(self, truth: Sequence[int], standing: Sequence[int], *, rebase: bool) -> None:
        """Imagine on from `truth`; of the imagined ids `standing` after it, what fits is kept.

        `rebase`: the decoder's past has changed at its beginning. Ends early where `room_tokens` are used up.
        """
        kept = self._replay(standing[: self.brief.room_tokens])
        self.reused = len(kept)
        ids = [*truth, *kept]
        logits = self.decoder.rebase(ids) if rebase else continue_from(self.decoder, ids)
        self._most_tokens = len(truth) + self.brief.room_tokens
        while self.state.tick < self.brief.until_tick and self._has_room(self.codec.vocab.longest):
            words = self._forced()
            drawn = None if words else self._event(logits)
            if drawn is not None:
                logits = drawn
                continue
            words = words or self.state.waiting(self._certain_tick())
            ids = self.codec.vocab.encode(words)
            if not self._has_room(len(ids)):
                break
            for word in words:
                self._advance(word)
            logits = self.decoder.append(ids)
        for lane, (start, velocity) in self._open.items():
            self.notes.append(Note(start, max(self.reached_tick, start + 1), lane % 128, velocity))
        self.notes.sort()

    def _replay(self, standing: Sequence[int]) -> list[int]:
        """The longest part of the imagined ids that agrees with the brief; moves the state past it."""
        kept, word_ids, node = 0, 0, 0
        vocab = self.codec.vocab
        saved = self.state
        trial = saved.copy()
        for token in standing:
            word_ids += 1
            node, word = vocab.step(node, token)
            if word < 0:
                continue
            try:
                event = trial.advance(word)
            except GrammarError:  # the meter has changed since
                break
            if event is None:
                continue
            if not self._agrees(event):
                break
            kept, saved = word_ids, trial
            self.state = trial
            self._account(event)
            trial = trial.copy()
        self.state = saved
        return list(standing[:kept])

    def _agrees(self, event: Event) -> bool:
        brief = self.brief
        if not brief.now_tick <= event.tick < brief.until_tick:
            return False
        if brief.final and event[:4] >= brief.final[0][:4]:
            return event == brief.final[0]
        if event.channel != COPILOT_CHANNEL or event.kind not in (ON, OFF):
            return True
        if event.kind == OFF:
            return event.pitch in self._open
        return event.tick >= brief.free_tick and bool(brief.own[event.pitch])

    def _account(self, event: Event) -> None:
        """Keep the books of channel 0, and listen to the others."""
        self.ear.hear(event)
        final = self.brief.final
        is_final = bool(final) and event == final[0]
        if is_final:
            del final[0]
        if event.channel == COPILOT_CHANNEL and event.kind in (ON, OFF):
            self.brief.own_until_tick = event.tick
            if event.kind == ON:
                self._struck_tick = event.tick
                self.pace.count(event.tick)
        if is_final:
            return
        if event.channel == COPILOT_CHANNEL and event.kind == ON:
            if self.is_rated and not self.state.drum_lanes[event.pitch]:
                self._fits.append(float(self._steering.worth(event.tick)[event.pitch % 12]))
            if self.state.drum_lanes[event.pitch]:
                self.notes.append(Note(event.tick, event.tick + 1, event.pitch, event.velocity))
            else:
                self._open[event.pitch] = (event.tick, event.velocity)
                self._limits.offs[event.pitch] = True
        elif event.channel == COPILOT_CHANNEL and event.kind == OFF:
            start, velocity = self._open.pop(event.pitch)
            self._limits.offs[event.pitch] = False
            self.notes.append(Note(start, event.tick, event.pitch, velocity))

    @property
    def _final_tick(self) -> int:
        """When the next committed event is due."""
        return self.brief.final[0].tick if self.brief.final else NEVER

    def _certain_tick(self) -> int:
        """The next tick at which something is bound to happen."""
        return min(self.state.next_bar_tick, self._final_tick)

    def _forced(self) -> list[int]:
        """Words that leave no choice here: a committed event, the bar line before it, a wait for them."""
        table, state, final = self.codec.vocab.table, self.state, self.brief.final
        if state.stage is Stage.VELOCITY:
            return []
        if final and final[0].tick == state.tick:
            event = final[0]
            if event.kind == OFF:
                return [table.off_0 + event.pitch]
            if state.tick == state.next_bar_tick:
                return [table.bar]
            level = table.level(event.velocity)
            said = [] if level == state.levels[COPILOT_CHANNEL] else [table.velocity_0 + level]
            return [*said, table.on_0 + event.pitch]
        if state.stage <= Stage.EVENT and state.tick != state.next_bar_tick:
            limits = self._limits
            limits.ons = self._ons(self._is_free())
            if not limits.ons.any() and not (limits.offs & state.sounding).any():
                return state.waiting(self._certain_tick())
        return []

    def _ons(self, is_free: bool) -> Mask:
        """What may begin here."""
        has_hand = np.count_nonzero(self.state.sounding[:128]) < self.brief.polyphony
        return self._free_ons if is_free and has_hand else self.brief.players

    def _is_free(self) -> bool:
        return self.state.tick >= self.brief.free_tick

    def _event(self, logits: Logits) -> Logits | None:
        """Draw what happens next; returns the logits after it, or None where nothing does until what is certain."""
        held, before, limits = self.decoder.mark(), self.state, self._limits
        final_tick = self._final_tick
        stop_tick = min(final_tick, self.brief.until_tick)
        for tries in range(_TRIES):
            limits.ons = self._ons(self._is_free() or tries < _TRIES - 1)
            self.state = before.copy()
            event, after = self._draw.event(
                logits, self.state, limits, stop_tick, self._most_tokens, self._urged
            )
            if event is None:
                if stop_tick <= self.state.tick <= final_tick:
                    return after
                break
            if event.kind != ON or event.channel != COPILOT_CHANNEL or self._is_free():
                self._account(event)
                return after
            self.decoder.rewind(held)
        self.decoder.rewind(held)
        self.state = before
        return None

    def _urged(self, logits: Logits, words: Mask) -> Logits:
        if self.state.tick == self._struck_tick:  # the rest of a chord is where its first note is
            return logits
        rest_ticks = 0 if self._open else self.state.tick - self.brief.own_until_tick
        return self._steering.urged(logits, words, self.state.tick, rest_ticks)

    def _has_room(self, tokens: int) -> bool:
        return self.decoder.mark() + tokens <= self._most_tokens

    def _advance(self, word: int) -> None:
        event = self.state.advance(word)
        if event is not None:
            self._account(event)
