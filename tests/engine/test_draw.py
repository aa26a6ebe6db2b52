"""What is drawn has the odds that the model gives it, given all that can't be."""

import math
from collections import Counter
from collections.abc import Mapping, Sequence

import numpy as np
import pytest

from copilot.codec.grammar import NEVER, GridState, Limits
from copilot.codec.grid import GridCodec
from copilot.codec.vocabulary import Vocabulary, train_tokenizer
from copilot.decode.decoder import Branches, Decoder, Logits
from copilot.engine.brief import Brief
from copilot.engine.draw import OTHERS, OWN_OFF, OWN_ON, TIME, VELOCITY, Draw, IdMap
from copilot.engine.rollout import Rollout
from copilot.music.ear import Ear
from copilot.music.pace import Pace
from copilot.music.pulse import Pulse
from tests.codec.vocabularies import table

TABLE = table(bar_anchors=True)
WORDS = "BAR P_1 P_5 P_6 P_12 P_18 P_24 P_48 P_96 V_3 ON_0_40 ON_0_43 OFF_0_40 OFF_0_43 ON_7_40 OFF_7_40 "
"""One id each."""
GRID = GridCodec(Vocabulary(train_tokenizer([WORDS * 50], TABLE, 400), TABLE))
DRAWS = 3000

Odds = Mapping[str, Mapping[str, float]]


class Book:
    """A decoder that says what a book says may follow a word; everything else is as good as impossible."""

    def __init__(self, odds: Odds) -> None:
        self.ids: list[int] = []
        self._rows = {GRID.vocab.ids[TABLE.index[word]][-1]: self._row(after) for word, after in odds.items()}

    @staticmethod
    def _row(after: Mapping[str, float]) -> Logits:
        row = np.full(GRID.vocab.size, -60.0, np.float32)
        for word, share in after.items():
            (token,) = GRID.vocab.ids[TABLE.index[word]]
            row[token] = math.log(share)
        return row

    def append(self, ids: Sequence[int]) -> Logits:
        self.ids.extend(ids)
        return self._rows[self.ids[-1]]

    def mark(self) -> int:
        return len(self.ids)

    def rewind(self, mark: int) -> None:
        del self.ids[mark:]

    def prepare(self, ids: Sequence[int]) -> None:
        pass

    def rebase(self, ids: Sequence[int]) -> Logits:
        self.ids = []
        return self.append(ids)

    def fork(self, n: int) -> Branches:
        raise NotImplementedError

    def twin(self) -> Decoder:
        raise NotImplementedError


def after_a_bar_line() -> GridState:
    state = GRID.grammar(bar_ticks=96)
    state.advance(TABLE.bar)
    return state


def drawn(book: Book, limits: Limits, temperature: float = 1.0, stop_tick: int = NEVER) -> Counter[str]:
    """What is drawn after a bar line, as words."""
    rng = np.random.default_rng(0)
    draw = Draw(
        GRID, book, rng, lambda: 0.0, temperature, 1.0,
        lambda _: None, IdMap.of(GRID.vocab),
    )  # fmt: skip
    said: Counter[str] = Counter()
    for _ in range(DRAWS):
        logits = book.rebase(GRID.vocab.encode([TABLE.bar]))
        draw.event(logits, after_a_bar_line(), limits, stop_tick, 100, lambda logits, _: logits)
        said[" ".join(TABLE.texts[word] for word in GRID.vocab.words(book.ids[1:]))] += 1
    return said


def assert_odds(said: Counter[str], expected: Mapping[str, float]) -> None:
    """Within four standard deviations."""
    assert set(said) == set(expected)
    for words, share in expected.items():
        assert abs(said[words] / DRAWS - share) < 4 * math.sqrt(share * (1 - share) / DRAWS) + 1e-9


def test_a_sixteenth_that_is_nearly_over_gets_only_the_odds_of_its_end() -> None:
    """Half of all events fall on P_6, but where tick 7 is past, just the tenth of them that come after it count."""
    book = Book(
        {
            "BAR": {"P_6": 0.5, "P_12": 0.3, "P_18": 0.2},
            "P_6": {"P_5": 0.1, "ON_7_40": 0.9},
            "P_5": {"ON_7_40": 1.0},
            "P_12": {"ON_7_40": 1.0},
            "P_18": {"ON_7_40": 1.0},
            "ON_7_40": {"BAR": 1.0},
        }
    )
    left = 0.05 + 0.3 + 0.2
    expected = {"P_6 P_5 ON_7_40": 0.05 / left, "P_12 ON_7_40": 0.3 / left, "P_18 ON_7_40": 0.2 / left}
    assert_odds(drawn(book, Limits(floor_tick=8)), expected)


@pytest.mark.parametrize("temperature", [0.05, 0.5, 1.0])
def test_temperature_decides_which_note_and_never_whether(temperature: float) -> None:
    """The copilot plays as often as the model would, however sure of the pitch it is asked to be."""
    book = Book(
        {
            "BAR": {"ON_0_40": 0.2, "ON_0_43": 0.1, "ON_7_40": 0.3, "P_12": 0.4},
            "P_12": {"ON_7_40": 1.0},
            "ON_0_40": {"BAR": 1.0},
            "ON_0_43": {"BAR": 1.0},
            "ON_7_40": {"BAR": 1.0},
        }
    )
    likelier = 2 ** (1 / temperature) / (1 + 2 ** (1 / temperature))
    said = drawn(book, Limits(), temperature)
    expected = {
        "ON_0_40": 0.3 * likelier,
        "ON_0_43": 0.3 * (1 - likelier),
        "ON_7_40": 0.3,
        "P_12 ON_7_40": 0.4,
    }
    assert_odds(said, {words: share for words, share in expected.items() if share > 1e-4})


def test_a_note_that_may_not_begin_yet_leaves_the_odds_of_the_others_alone() -> None:
    """Masked, it would be struck a tick too late; drawn again, the next beat is as likely as it was."""
    book = Book(
        {
            "BAR": {"P_6": 0.6, "P_24": 0.4},
            "P_6": {"ON_0_40": 0.9, "P_1": 0.1},
            "P_1": {"ON_0_40": 1.0},
            "P_24": {"ON_0_40": 1.0},
            "ON_0_40": {"P_48": 1.0},
            "P_48": {"OFF_0_40": 1.0},
            "OFF_0_40": {"P_96": 1.0},
            "P_96": {"BAR": 1.0},
        }
    )
    every = np.ones(16 * 128, np.bool_)
    starts: Counter[int] = Counter()
    rng = np.random.default_rng(1)
    for _ in range(DRAWS // 3):
        brief = Brief(0, 8, 90, [], every, every, 1, 0.0, 1.0, 1.0, 64, 0, None)
        rollout = Rollout(
            GRID, book, after_a_bar_line(), brief, rng, lambda: 0.0,
            IdMap.of(GRID.vocab), Ear(24), Pulse(24), Pace(24),
        )  # fmt: skip
        rollout.run(GRID.vocab.encode([TABLE.bar]), [], rebase=True)
        starts.update(note.start_ticks for note in rollout.notes)
    assert set(starts) == {24}
    assert starts[24] > 0.9 * DRAWS // 3  # else even eight draws gave none that may be


def test_nothing_until_what_is_certain_is_as_likely_as_nothing_at_all_before_it() -> None:
    """A committed note at tick 12: what the model would draw beyond it is silence until then, not a crowd before."""
    book = Book(
        {
            "BAR": {"P_6": 0.1, "P_48": 0.9},
            "P_6": {"ON_7_40": 1.0},
            "P_48": {"ON_7_40": 1.0},
            "ON_7_40": {"P_48": 1.0},
            "P_12": {"ON_0_40": 1.0},
            "ON_0_40": {"P_48": 1.0},
        }
    )
    said = drawn(book, Limits(), stop_tick=12)
    assert_odds(said, {"P_6 ON_7_40": 0.1, "P_48": 0.9})


def test_each_id_has_the_kind_of_the_words_that_it_begins() -> None:
    """Time, velocities, the copilot's ends and beginnings; an id that begins words of several kinds has none."""
    kinds = IdMap.of(GRID.vocab).kinds
    for text, kind in {
        "P_6": TIME, "P_1": TIME, "V_3": VELOCITY, "OFF_0_40": OWN_OFF, "ON_0_40": OWN_ON, "ON_7_40": OTHERS,
        "BAR": OTHERS,
    }.items():  # fmt: skip
        (token,) = GRID.vocab.ids[TABLE.index[text]]
        assert kinds[token] == kind
