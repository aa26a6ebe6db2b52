"""What the learners count and link, against worked examples."""

from collections import Counter
from collections.abc import Callable

from copilot.engine.base import Controls, Heard
from copilot.scoreboard.baselines.band import Band
from copilot.scoreboard.baselines.bars import beats
from copilot.scoreboard.baselines.counts import Counts, Symbol
from copilot.scoreboard.baselines.dice import unit
from copilot.scoreboard.baselines.factor_oracle import FactorOracle
from copilot.scoreboard.baselines.harmony import NO_CHORD, chord_now
from copilot.scoreboard.baselines.material import RootedNote
from copilot.scoreboard.baselines.slices import Slice

A, B, C = (1, 0, 1), (2, 0, 1), (3, 0, 1)


def anything(_symbol: Symbol) -> bool:
    return True


def always(chance: float) -> Callable[[int], float]:
    """The same chance, whatever the order."""
    return lambda _order: chance


def word(letters: str) -> list[Slice]:
    return [Slice(0, (RootedNote(0, ord(letter), 1),)) for letter in letters]


def test_a_factor_oracle_has_the_suffix_links_of_the_paper() -> None:
    """Of `abbbaab`: Allauzen, Crochemore and Raffinot's figure 3."""
    oracle = FactorOracle()
    for piece in word("abbbaab"):
        oracle.add(piece)
    assert oracle._suffixes == [-1, 0, 0, 2, 3, 1, 1, 2]


def test_a_factor_oracle_knows_every_factor() -> None:
    """From the beginning, every run of slices of what was added can be followed."""
    letters = "abbbaabcabcacb"
    oracle = FactorOracle()
    for piece in word(letters):
        oracle.add(piece)
    for first in range(len(letters)):
        state = 0
        for piece in word(letters[first:]):
            state = oracle._links[state][piece.label]


def test_a_walk_goes_on_or_shares_its_past() -> None:
    """From a state it comes to the next one, or to one that follows the same slice elsewhere."""
    letters = "abcabdabe"
    oracle = FactorOracle()
    for piece in word(letters):
        oracle.add(piece)
    assert oracle.follow(5, 0, goes_on=0.1, choice=0.9) == 6
    jumps = {oracle.follow(5, 0, goes_on=0.9, choice=choice / 10) for choice in range(10)}
    assert {letters[state - 1] for state in jumps} == {"c", "d", "e"}
    assert oracle.follow(9, 0, goes_on=0.1, choice=0.0) > 0, "where a piece ends, it goes on elsewhere"
    assert oracle.follow(3, 7, goes_on=0.1, choice=0.0) == 0, "no slice was at that beat of a bar"


def test_ppm_draws_with_the_probabilities_of_method_c() -> None:
    """After A came B twice and C once: 2/5 and 1/5, and 2/5 escape to the rest, which is A alone."""
    counts = Counts()
    counts.learn([A, B, A, B, A, C, A])
    share = 1 / 5
    drawn = Counter(counts.draw([A], anything, always((u + 0.5) * share / 20)) for u in range(100))
    assert drawn == {B: 40, C: 20, A: 40}


def test_ppm_never_draws_what_is_not_allowed() -> None:
    """It escapes from it, and where nothing is left there is nothing to draw."""
    counts = Counts()
    counts.learn([A, B, A, B])
    assert counts.draw([A], lambda symbol: symbol == A, always(0.0)) == A
    assert counts.draw([A], lambda _symbol: False, always(0.0)) is None
    assert Counts().draw([], anything, always(0.0)) is None


def test_what_was_taught_stays_as_it_was() -> None:
    """Two players share it, and each learns on for itself."""
    taught = Counts()
    taught.learn([A, B, A, B])
    one, other = Counts(taught), Counts(taught)
    one.learn([C] * 50)
    drawn = [[player.draw([], anything, always(u / 100)) for u in range(100)] for player in (one, other)]
    assert C in drawn[0] and C not in drawn[1]


def test_chance_is_even_and_keyed_by_place() -> None:
    """The same place draws the same, and a thousand places draw evenly."""
    draws = [unit(1, place) for place in range(1000)]
    assert draws == [unit(1, place) for place in range(1000)]
    assert all(0 <= draw < 1 for draw in draws)
    assert 450 < sum(draw < 0.5 for draw in draws) < 550
    assert unit(1, 2) != unit(2, 2)


def test_a_chord_is_left_only_for_a_better_one() -> None:
    """A seventh of C, then G over two beats: C until G has sounded for most of them; silence changes nothing."""
    band, roles = Band(), {1: "keys"}
    assert chord_now(NO_CHORD, band, 0.0, roles) == NO_CHORD
    for pitch in (60, 64, 67):
        band.hear(Heard(0.0, 1, pitch, 90))
    chord = chord_now(NO_CHORD, band, 1.0, roles)
    for pitch in (60, 64, 67):
        band.hear(Heard(2.0, 1, pitch, 0))
    for pitch in (55, 59, 62):
        band.hear(Heard(2.0, 1, pitch, 90))
    heard = [chord := chord_now(chord, band, 2.0 + step / 4, roles) // 6 * 6 for step in range(9)]
    assert heard[0] == 0 and heard[-1] == 7 * 6
    assert heard == sorted(heard)
    for pitch in (55, 59, 62):
        band.hear(Heard(4.0, 1, pitch, 0))
    assert chord_now(chord, band, 30.0, roles) == chord


def test_beats_stand_on_the_bar_lines() -> None:
    """In 7/8 the fourth beat of a bar is half a beat, backwards and forwards from the present bar."""
    controls = Controls("bass", bar_start_beats=7.0, bar_beats=3.5)
    told = [(beat.start_beats, beat.end_beats, beat.index) for beat in beats(controls, 6.6, 11.0)]
    assert told == [
        (6.5, 7.0, 3),
        (7.0, 8.0, 0),
        (8.0, 9.0, 1),
        (9.0, 10.0, 2),
        (10.0, 10.5, 3),
        (10.5, 11.5, 0),
    ]
