"""The engine over tokens: writes what was heard, imagines all parts onward, keeps channel 0.

A proposal rewinds the decoder to the true past, appends what has really happened, and rolls all parts forward
(see rollout.py). As long as the players do what was imagined, the imagined tokens stand and cost nothing.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from copilot.codec.grammar import GridState, Limits
from copilot.codec.grid import GridCodec
from copilot.codec.words import Header
from copilot.decode.decoder import Decoder, continue_from
from copilot.decode.sampling import of_one_kind, sample
from copilot.engine.agenda import Agenda
from copilot.engine.bars import BarLines
from copilot.engine.base import Controls, Heard, Horizon, PlannedNote, Proposal
from copilot.engine.brief import Brief, brief_of, role_named
from copilot.engine.draw import IdMap
from copilot.engine.guidance import GuidedDecoder, genre_ids
from copilot.engine.past import Past
from copilot.engine.rollout import Rollout
from copilot.engine.snapshot import SCHEMA, Chance, EarState, PulseState, Snapshot, WriterState, read_snapshot
from copilot.errors import GrammarError, ParameterError, ProtocolError, VocabularyError
from copilot.music.ear import Ear
from copilot.music.order import BAR, ON, Event
from copilot.music.pace import Pace
from copilot.music.pulse import Pulse
from copilot.music.score import COPILOT_CHANNEL
from copilot.music.symbols import chord

_LONG_REST_BARS = 64
"""After so many bars of which nothing is known, the window begins anew."""


class TokenEngine:
    """Engine over a grid codec and a decoder.

    `window_tokens`: the longest context, pinned words included. `seed` makes it repeatable: the same calls give
    the same notes. `clock`: seconds, for the cost of each step.
    """

    def __init__(
        self,
        codec: GridCodec,
        decoder: Decoder,
        *,
        window_tokens: int,
        seed: int = 0,
        clock: Callable[[], float] = time.perf_counter,
    ) -> None:
        self._codec = codec
        self._decoder = GuidedDecoder(decoder, genre_ids(codec.vocab))
        self._window_tokens = window_tokens
        # Room that a flush leaves for imagining, and the most that one proposal may imagine: 320 tokens are four
        # beats of a dense band, and a model that babbles must not hold up the next round.
        self._reserve_tokens = min(320, window_tokens // 4)
        self._clock = clock
        self._rng = np.random.default_rng(seed)
        self._ids = IdMap.of(codec.vocab)
        grid = codec.params.ticks_per_beat
        self._ear, self._pulse, self._pace = Ear(grid), Pulse(grid), Pace(grid)
        self._agenda = Agenda(codec.vocab.table)
        self._header = Header()  # what tempo and meter would be said as, were the window pinned now
        self._bars: BarLines | None = None
        self._wishes: Controls | None = None
        self._writer = self._codec.writer(self._header)
        self._past = Past(codec, window_tokens - self._reserve_tokens, list(self._writer.head), self._header)
        self._imagined_from = 0  # the decoder holds the past up to here, and then what was imagined
        self._must_rebase = False  # a flush has changed the past's beginning, and the decoder does not know

    def warm_up(self) -> None:
        """Draw once and forget it: what draws is compiled by then, 3 s on a machine's first start, else 50 ms."""
        vocab = self._codec.vocab
        choices = vocab.leading(0, self._codec.grammar().mask(Limits()))
        choices = np.append(choices, choices)  # a single one would not be drawn
        logits = np.zeros(vocab.size, np.float32)
        rng = np.random.default_rng(0)
        of_one_kind(logits, choices, self._ids.kinds, temperature=1.0, rng=rng)
        sample(logits, choices, temperature=1.0, top_p=0.9, rng=rng)

    def observe(self, events: Sequence[Heard]) -> None:
        """See Engine."""
        self._agenda.heard.extend(events)

    def commit(self, notes: Sequence[PlannedNote]) -> None:
        """See Engine."""
        self._agenda.commit(notes, are_drums=self._past.header.part == "drums")

    def propose(self, horizon: Horizon, controls: Controls) -> Proposal:
        """See Engine."""
        now_tick = self._agenda.tick(horizon.now_beats)
        self._follow(controls)
        bars = self._write(now_tick, controls)
        self._make_room(self._past.threshold)
        if not self._must_rebase:  # what was prepared for this flush is still to be taken
            self._decoder.prepare(self._past.foresee(self._header))
        state = self._writer.state_after_tail()
        state.bar_ticks, state.next_bar_tick = bars.bar_ticks, bars.next_tick
        final = self._agenda.final(state)
        tail = self._writer.tail()
        context = self._past.ids + tail
        # A burst of notes may fill the window within its tick: then there is no room until it is past.
        room_tokens = min(self._reserve_tokens, self._window_tokens - len(context))
        brief = brief_of(self._agenda, final, horizon, controls, bars.bar_ticks, room_tokens)
        rollout, steps_s = self._imagine(brief, state, context, self._standing(tail), controls.candidates)
        grid = self._codec.params.ticks_per_beat
        return Proposal(
            notes=[
                PlannedNote(note.start_ticks / grid, note.end_ticks / grid, note.pitch, note.velocity)
                for note in rollout.notes
            ],
            until_beats=rollout.reached_tick / grid,
            steps=len(steps_s),
            step_s=steps_s,
            reused=rollout.reused,
            flushes=self._past.flushes,
            context=len(self._past.ids),
        )

    def snapshot(self) -> bytes:
        """See Engine."""
        return Snapshot(
            SCHEMA,
            self._codec.vocab.sha256,
            self._window_tokens,
            self._past.state(),
            WriterState(*self._writer.waiting()),
            self._decoder.ids,
            self._imagined_from,
            self._must_rebase,
            self._header,
            self._bars,
            self._agenda.heard,
            self._agenda.ahead,
            self._agenda.seats,
            [(channel, pitch, seat) for (channel, pitch), seat in self._agenda.sounding.items()],
            self._agenda.own_until_tick,
            self._agenda.heard_tick,
            Chance.of(self._rng),
            EarState.of(self._ear),
            PulseState.of(self._pulse),
            (self._pace.tick, self._pace.notes),
        ).to_bytes()

    def restore(self, state: bytes) -> None:
        """See Engine. Takes a prefill of the whole window."""
        told = read_snapshot(state, self._codec.vocab, self._window_tokens)
        at = told.writer
        pulse = told.pulse.pulse(self._codec.params.ticks_per_beat)
        try:
            writer = self._codec.resumed(told.past.ids, at.tick, at.written_tick, at.group, at.postponed)
            self._decoder.prepare([])
            if told.decoder:
                self._decoder.rebase(told.decoder)
        except (GrammarError, VocabularyError, ParameterError) as error:
            raise ProtocolError(f"a snapshot holds no window of ours ({error}): begin without it") from error
        self._writer = writer
        self._past.restore(told.past)
        self._imagined_from, self._must_rebase = told.imagined_from, told.must_rebase
        self._header, self._bars = told.header, told.bars
        self._agenda.heard, self._agenda.ahead, self._agenda.seats = told.heard, told.ahead, told.seats
        self._agenda.sounding = {(channel, pitch): seat for channel, pitch, seat in told.sounding}
        self._agenda.own_until_tick, self._agenda.heard_tick = told.own_until_tick, told.heard_tick
        told.chance.set(self._rng)
        self._ear = told.ear.ear(self._codec.params.ticks_per_beat)
        self._pulse = pulse
        self._pace = Pace(self._codec.params.ticks_per_beat, *told.pace)

    def _imagine(
        self, brief: Brief, state: GridState, context: list[int], standing: list[int], candidates: int
    ) -> tuple[Rollout, list[float]]:
        """Of some rollouts, of which the first takes up what stands, the best; and what each step of all cost."""

        def rollout() -> Rollout:
            return Rollout(
                self._codec,
                self._decoder,
                state.copy(),
                replace(brief, final=list(brief.final)),
                self._rng,
                self._clock,
                self._ids,
                self._ear.copy(),
                self._pulse,
                self._pace.copy(),
                is_rated=candidates > 1,
            )

        best = rollout()
        if brief.room_tokens <= 0:
            return best, []
        best.run(context, standing, rebase=self._must_rebase)
        self._imagined_from, self._must_rebase, self._past.fresh = len(self._past.ids), False, []
        if candidates == 1:
            return best, best.step_s
        best_ids, steps_s = list(self._decoder.ids), best.step_s
        for _ in range(candidates - 1):
            other = rollout()
            other.run(context, [], rebase=False)
            steps_s = steps_s + other.step_s
            if other.fit > best.fit:
                best, best_ids = other, list(self._decoder.ids)
        if self._decoder.ids != best_ids:
            continue_from(self._decoder, best_ids)
        return best, steps_s

    def _standing(self, tail: list[int]) -> list[int]:
        """What was imagined after all that has come true since; a flush in between takes none of it away."""
        if self._past.fresh is None:
            return []
        true = self._past.fresh + tail
        beyond = self._decoder.ids[self._imagined_from :]
        return beyond[len(true) :] if beyond[: len(true)] == true else []

    def keep_warm(self) -> None:
        """See Engine: one step that is forgotten."""
        decoder = self._decoder
        held = decoder.mark()
        if 0 < held < self._window_tokens:
            decoder.append(decoder.ids[-1:])
            decoder.rewind(held)

    def _follow(self, controls: Controls) -> None:
        """Take up who plays and what is asked for. A change rewrites the pinned words, which costs a prefill.

        Tempo and meter wait for the window after the next flush, which takes them as they are when it is known where
        that will begin: a tempo that wavers between two words must not cost a prefill each time.
        """
        self._ear.lead = self._pulse.lead = controls.lead
        self._ear.told = chord(controls.chord)
        self._decoder.strength = controls.genre_strength
        if self._wishes != (wishes := controls.wishes):
            self._wishes, self._past.fresh = wishes, None  # what was imagined is not what is wished for now
        self._agenda.seat(controls.roles)
        pinned = self._past.header
        self._header = Header(
            genre=None if controls.genre == "none" else controls.genre.upper(),
            part=role_named(controls.part),
            tempo_bpm=controls.tempo_bpm,
            meter=controls.meter,
            seats=tuple(sorted(set(self._agenda.seats.values()))),
        )
        header = replace(
            self._header,
            tempo_bpm=pinned.tempo_bpm or controls.tempo_bpm,
            meter=pinned.meter or controls.meter,
        )
        if header == pinned:
            return
        changed_kind = (header.part == "drums") != (pinned.part == "drums")
        if changed_kind:
            self._agenda.forget_own()
        if changed_kind or self._past.is_bare:
            self._begin_anew(
                header
            )  # drums have no note-offs: the old words can't stand under the new header
        else:
            self._past.repin(header)

    def _write(self, now_tick: int, controls: Controls) -> BarLines:
        """Write what happened up to and including the present tick; returns the bar lines to come."""
        happened = self._agenda.pass_until(now_tick)
        bar_tick = self._agenda.tick(controls.bar_start_beats)
        bar_ticks = max(1, round(controls.bar_beats * self._codec.params.ticks_per_beat))
        first_tick = happened[0].tick if happened else now_tick
        first_line = max(0, bar_tick + (first_tick - bar_tick) // bar_ticks * bar_ticks)
        bars = self._bars
        if bars is None or first_line - bars.next_tick > _LONG_REST_BARS * bar_ticks:
            bars = self._bars = BarLines(first_line, bar_ticks)
            self._writer = self._codec.writer(self._past.header, first_line)
            self._past.begin(self._writer.head, self._past.header)
        happened += [Event(line, BAR, 0, 0, 0) for line in bars.pass_until(now_tick, bar_tick, bar_ticks)]
        happened.sort(key=lambda event: event.tick)
        for event in happened:
            self._ear.hear(event)
            self._pulse.hear(event)
            if event.kind == ON and event.channel == COPILOT_CHANNEL:
                self._pace.count(event.tick)
            self._past.extend(self._writer.feed(event))
            self._make_room(self._window_tokens)
        self._past.extend(self._writer.advance(now_tick))
        return bars

    def _make_room(self, most_tokens: int) -> None:
        """Flush a window of more than so many tokens. Where even its newer half is too long, begin anew."""
        if len(self._past.ids) > most_tokens:
            kept = self._past.flush(self._header)
            self._must_rebase = True
            if not kept or len(self._past.ids) > most_tokens:
                self._begin_anew(self._header)

    def _begin_anew(self, header: Header) -> None:
        """A window that knows only what sounds now, as far as a quarter of it can tell."""
        most_held = self._window_tokens // 4 // self._codec.vocab.longest
        self._writer = self._writer.anew(header, most_held)
        self._past.begin(self._writer.head, header)
