"""The drawn drummer: a kick that stays with its section, time that moves with its strength, and fills."""

import random

from copilot.music.score import Note
from training.styles.drawn.grids import Cell, draw_cell, draw_struck
from training.styles.drawn.idioms.model import Idiom, Kit
from training.styles.drawn.sections import LETTERS
from training.styles.drawn.song import Groove, Song
from training.styles.drums import CRASH, HAT, KICK, OPEN_HAT, PEDAL, RIDE, SNARE
from training.styles.forms import Bar
from training.styles.take import Take

_P_SAME_KICK, _P_CRASH, _P_SMALL_FILL, _P_FILL, _P_OPEN = 0.5, 0.7, 0.15, 0.85, 0.2
_LOUD_LEVEL, _BARE_LEVEL = 0.7, 0.35


def draw_groove(rng: random.Random, idiom: Idiom, beats: float) -> Groove:
    """A kit, and by section label its kick, snare and time; sections share one, or have their own."""
    kit = rng.choice(idiom.kits)

    def by_label(texts: tuple[str, ...], p_same: float) -> tuple[Cell, ...]:
        base = draw_cell(rng, rng.choice(texts), beats)
        return tuple(
            base if label == 0 or rng.random() < p_same else draw_cell(rng, rng.choice(texts), beats)
            for label in range(len(LETTERS))
        )

    return Groove(
        kit, by_label(kit.kicks, _P_SAME_KICK), by_label(kit.snares, 0.85), by_label(kit.times, 0.7)
    )


def play(take: Take, song: Song) -> None:
    """Every bar that the plan gives; fills end sections, and what follows one begins with a crash."""
    _play(take, song)
    # Two hands can't strike one drum at once: what two tables ask for is one stroke.
    at_once: dict[tuple[int, int], Note] = {}
    for note in sorted(take.notes):
        place = round(note.start_ticks * 8 / take.beat_ticks), note.pitch
        at_once.setdefault(place, note)
    take.notes[:] = at_once.values()


def _play(take: Take, song: Song) -> None:
    rng, groove, kit = take.rng, song.groove, song.groove.kit
    base = take.loudness * kit.soft
    more = [
        (voice, draw_cell(rng, voice.grid, song.form.beats))
        for voice in kit.more
        if rng.random() < voice.share
    ]
    after_fill = False
    for bar in song.form.bars:
        take.loudness = base * song.plan.energy[bar.number]
        if bar.is_last:
            take.hit(bar.at, bar.beats * 0.7, CRASH, 104)
            take.hit(bar.at, 0.3, KICK, 102)
            return
        if not song.plan.plays["drums"][bar.number]:
            after_fill = True
            continue
        level = song.plan.levels[bar.number]
        fill = _fill_beats(rng, bar, song)
        until = bar.beats - fill
        crashes = bar.starts_section and level > _BARE_LEVEL and (after_fill or bar.ends_chorus)
        if crashes and rng.random() < _P_CRASH:
            take.hit(bar.at, 1.0, CRASH, 98)
        side = bar.index % 4
        _time(take, bar, until, groove.times[bar.section][side % len(groove.times[bar.section])], kit, level)
        kicks, snares = groove.kicks[bar.section], groove.snares[bar.section]
        for beat, _ in kicks[side % len(kicks)]:
            if beat < until:
                take.hit(bar.at + beat, 0.2, KICK, 94 + 8 * (beat == 0) - 6 * (beat % 0.5 != 0))
        if level > _BARE_LEVEL or kit.soft < 0.9:
            _snare(take, bar, until, snares[side % len(snares)], kit)
        for voice, cell in more:
            for beat, _ in cell[side % len(cell)]:
                if beat < until or fill < 2:
                    take.hit(bar.at + beat, 0.2, voice.pitch, voice.velocity + 8 * (beat % 1 == 0))
        if fill:
            _fill(take, bar.at + until, fill, song)
        after_fill = fill >= 1


def _time(
    take: Take, bar: Bar, until: float, struck: tuple[tuple[float, str], ...], kit: Kit, level: float
) -> None:
    """The steady notes, beats louder; the hat opens before a beat now and then, its pedal goes under a ride."""
    voice = kit.loud if level >= _LOUD_LEVEL else kit.quiet
    opens = voice == HAT and bar.index % 4 == 3 and take.rng.random() < _P_OPEN
    for beat, _ in struck:
        if beat < until:
            velocity = 80 if beat % 1 == 0 else 68 if beat % 0.5 == 0 else 56
            last = opens and beat == bar.beats - 0.5
            take.hit(bar.at + beat, 0.2, OPEN_HAT if last else voice, velocity)
    if voice == RIDE and bar.beats == 4:
        for beat in (1.0, 3.0):
            if beat < until:
                take.hit(bar.at + beat, 0.2, PEDAL, 60)


def _snare(take: Take, bar: Bar, until: float, struck: tuple[tuple[float, str], ...], kit: Kit) -> None:
    """Backbeats, and ghost notes drawn for each bar."""
    hits = {beat for beat, _ in struck}
    for beat in sorted(hits):
        if beat < until:
            take.hit(bar.at + beat, 0.2, kit.snare, 98 if beat % 1 == 0 else 88)
    for beat, _ in draw_struck(take.rng, kit.ghosts):
        if beat < until and beat not in hits:
            take.hit(bar.at + beat, 0.1, SNARE, 36)


def _fill_beats(rng: random.Random, bar: Bar, song: Song) -> float:
    if bar.ends_section and rng.random() < _P_FILL:
        whole = bar.beats if bar.ends_chorus and rng.random() < 0.25 else min(2.0, bar.beats - 1)
        return whole if bar.ends_chorus or rng.random() < 0.3 else 1.0
    small = bar.index % 4 == 3 and not bar.ends_section
    return 1.0 if small and rng.random() < _P_SMALL_FILL * song.idiom.loudness else 0.0


def _fill(take: Take, at: float, beats: float, song: Song) -> None:
    """Down the drums, a roll that grows, kicks and snares in turns, or nothing but the last stroke."""
    rng, drums = take.rng, song.groove.kit.fill
    threes = song.feel.swing[0] > 0.6 and song.feel.swung_beats == 1.0
    steps = rng.choice(
        ((0.0, 0.25, 0.5), (0.0, 0.5)) if threes else ((0.0, 0.25, 0.5, 0.75), (0.0, 0.5), (0.0, 0.5, 0.75))
    )
    if song.feel.tempo_bpm[0] > 140:
        steps = (0.0, 0.5)
    spots = [beat + step for beat in range(int(beats)) for step in steps]
    kind = rng.choices(("down", "roll", "turns", "stop"), (5, 2, 2, 1))[0]
    drums = drums[:: rng.choice((1, 1, 2))]
    for index, spot in enumerate(spots):
        share = index / len(spots)
        if kind == "stop" and index < len(spots) - 2:
            continue
        if 0 < index < len(spots) - 1 and rng.random() < 0.1:
            continue
        pitch = drums[int(share * len(drums))] if kind == "down" else drums[0]
        if kind == "turns" and index % 2:
            pitch = KICK
        take.hit(at + spot, 0.2, pitch, 74 + 30 * share)
        if kind in ("down", "roll") and spot % 1 == 0:
            take.hit(at + spot, 0.2, KICK, 82)
