"""The generator of blues bands."""

from pathlib import Path

import pytest

from copilot.errors import ParameterError
from copilot.music.midifile import read_score
from copilot.music.roles import REGISTER
from copilot.music.theory import key_of
from training.styles.blues import BAND, blues, main
from training.styles.take import Take

EXAMPLE = Path(__file__).parents[3] / "copilot" / "examples" / "blues.mid"
SEEDS = range(40)


def test_a_seed_gives_the_same_song_and_another_seed_another() -> None:
    """Songs can be made again, and a thousand seeds are a thousand songs."""
    assert blues(3) == blues(3)
    assert len({blues(seed).parts for seed in SEEDS}) == len(SEEDS)


def test_players_stay_on_their_channels_and_in_their_registers() -> None:
    """Each role has a player's channel of its own and pitches that its instrument has."""
    for seed in SEEDS:
        score = blues(seed)
        channels = [part.channel for part in score.parts]
        assert len(set(channels)) == len(channels)
        assert 0 not in channels
        for part in score.parts:
            low, high = REGISTER[part.role]
            assert all(low <= note.pitch <= high for note in part.notes), (seed, part.role)


def test_songs_last_their_choruses() -> None:
    """Three choruses are 36 bars of 4/4, the last chord included."""
    score = blues(5, choruses=3)
    assert 35.5 * 1920 < score.end_ticks < 36.1 * 1920
    assert len(score.bar_lines(score.end_ticks - 200)) == 36


def test_seeds_vary_in_tempo_key_and_feel() -> None:
    """Training data must not all sound alike."""
    scores = [blues(seed) for seed in range(100)]
    assert len({score.tempi[0].tempo_bpm for score in scores}) > 40
    assert {score.title.split()[0] for score in scores} == {"shuffle", "straight", "slow", "swing"}
    assert len({score.title.split(" in ")[1].split(",")[0] for score in scores}) > 12


def test_given_key_is_played() -> None:
    """Dominant sevenths everywhere, and still the key is heard at most a fourth or fifth off."""
    for key, tonic in (("A", 9), ("Bb", 10), ("E", 4)):
        heard = key_of(blues(1, key=key, roles=("bass", "keys")))
        assert heard is not None
        assert (heard.tonic - tonic) % 12 in (0, 5, 7)


def test_leaving_a_player_out_changes_no_other() -> None:
    """Each has a generator of his own."""
    whole = blues(8, roles=BAND)
    trio = blues(8, roles=("drums", "bass", "guitar"))
    assert trio.parts == tuple(part for part in whole.parts if part.role != "keys")


@pytest.mark.parametrize(("swing", "played"), [(0.5, (0.25, 0.5, 0.75)), (2 / 3, (1 / 3, 2 / 3, 5 / 6))])
def test_swing_moves_what_lies_between_beats(swing: float, played: tuple[float, ...]) -> None:
    """Written quarters of a beat fall on the triplet when the feel swings 2:1; beats stay."""
    import random

    take = Take(random.Random(0), 120.0, swing)
    assert [take.swung(2 + part) - 2 for part in (0.25, 0.5, 0.75)] == pytest.approx(played)
    assert take.swung(3.0) == 3.0


def test_unknown_key_is_refused() -> None:
    """The message lists what may be asked for."""
    with pytest.raises(ParameterError, match="key 'H' is unknown: give one of C, Db"):
        blues(1, key="H")
    with pytest.raises(ParameterError, match="0 choruses"):
        blues(1, choruses=0)


def test_packaged_example_is_what_the_generator_writes(tmp_path: Path) -> None:
    """The shipped file can be made again, and holds the band that the README speaks of."""
    assert main([str(tmp_path / "blues.mid")]) == 0
    assert read_score(tmp_path / "blues.mid") == read_score(EXAMPLE)
    assert {part.role: part.channel for part in read_score(EXAMPLE).parts} == {
        "drums": 9,
        "bass": 2,
        "keys": 1,
        "guitar": 3,
    }


def test_command_without_a_path_says_how(capsys: pytest.CaptureFixture[str]) -> None:
    """One line and exit status 2."""
    assert main([]) == 2
    assert "OUT.mid" in capsys.readouterr().err
