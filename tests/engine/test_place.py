"""Which cores a worker takes."""

from copilot.engine.place import PLACES, cores_of


def test_the_first_core_is_no_workers_where_there_is_another() -> None:
    """The MIDI process and the daemon have it."""
    for place in PLACES:
        assert cores_of(place, [3]) == [3]
        for count in range(2, 9):
            assert 0 not in cores_of(place, list(range(count)))


def test_a_cover_has_a_core_of_its_own_where_there_are_four() -> None:
    """On fewer it shares the model's."""
    assert cores_of("cover", [0, 1]) == cores_of("covered", [0, 1]) == [1]
    assert cores_of("cover", [0, 1, 2]) == cores_of("covered", [0, 1, 2]) == [1, 2]
    assert cores_of("cover", [0, 1, 2, 3]) == [3] and cores_of("covered", [0, 1, 2, 3]) == [1, 2]
    assert cores_of("alone", [0, 1, 2, 3]) == [1, 2, 3]
