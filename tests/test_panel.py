"""The panel: every parameter once, values checked, listeners told."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from copilot.errors import ParameterError
from copilot.panel import PARAMETERS, Panel, Parameter, Value, find


@pytest.mark.parametrize("parameter", PARAMETERS, ids=lambda parameter: parameter.name)
def test_a_default_is_allowed_and_documented(parameter: Parameter) -> None:
    """Each parameter takes its own default, as a value and as text, and says in a sentence what it does."""
    assert parameter.parse(parameter.default) == parameter.default
    assert parameter.parse(str(parameter.default)) == parameter.default
    assert parameter.doc.endswith(".")


def test_names_are_unique() -> None:
    """No two parameters share a name."""
    assert len({parameter.name for parameter in PARAMETERS}) == len(PARAMETERS)


@pytest.mark.parametrize("parameter", [p for p in PARAMETERS if p.kind == "float"], ids=lambda p: p.name)
def test_a_range_includes_its_ends_only(parameter: Parameter) -> None:
    """Low and high are taken, what is beyond them is refused with the range in words."""
    assert parameter.parse(parameter.low) == parameter.low
    assert parameter.parse(parameter.high) == parameter.high
    for beyond in (math.nextafter(parameter.low, -math.inf), parameter.high + 1, math.nan, math.inf):
        with pytest.raises(ParameterError, match=f"{parameter.name}: got .* allowed is {parameter.low:g} to"):
            parameter.parse(beyond)


@pytest.mark.parametrize(
    ("name", "given_value", "value"),
    [
        ("mute", "on", True),
        ("mute", "No", False),
        ("mute", 1, True),
        ("mute", 0, False),
        ("tempo_bpm", "96.5", 96.5),
        ("part", "drums", "drums"),
    ],
)
def test_text_and_numbers_are_understood(name: str, given_value: object, value: Value) -> None:
    """Values come as OSC, TOML and the command line write them."""
    assert find(name).parse(given_value) == value


@pytest.mark.parametrize(
    ("name", "given_value"),
    [
        ("mute", "maybe"),
        ("mute", 2),
        ("temperature", True),
        ("temperature", "hot"),
        ("temperature", None),
        ("temperature", b"1"),
        ("part", "kazoo"),
        ("part", 3),
    ],
)
def test_what_does_not_fit_is_refused(name: str, given_value: object) -> None:
    """A value of the wrong kind is a ParameterError that names what is allowed."""
    with pytest.raises(ParameterError, match="allowed is"):
        find(name).parse(given_value)


def test_whole_numbers_stay_whole() -> None:
    """An int parameter takes 3.0 as 3 and refuses 3.5."""
    parameter = Parameter("voices", "int", 4, "How many.", high=16)
    value = parameter.parse(3.0)
    assert value == 3 and isinstance(value, int)
    with pytest.raises(ParameterError):
        parameter.parse(3.5)


def test_an_endless_integer_is_refused() -> None:
    """A number that no float can hold, as TOML may write it, is a ParameterError like any other."""
    with pytest.raises(ParameterError, match="allowed is"):
        find("temperature").parse(10**400)


anything = st.none() | st.booleans() | st.floats() | st.text() | st.binary() | st.lists(st.integers())
small_integers = st.integers(-(2**63), 2**63 - 1)


@given(st.sampled_from(PARAMETERS), anything | small_integers)
def test_any_value_is_parsed_or_a_parameter_error(parameter: Parameter, given_value: object) -> None:
    """Nothing but a ParameterError comes out, and what is parsed parses to itself."""
    try:
        value = parameter.parse(given_value)
    except ParameterError:
        return
    assert parameter.parse(value) == value


def test_set_tells_the_listeners_of_changes_only() -> None:
    """A listener hears a change once, and nothing when the value stays or is refused."""
    panel, heard = Panel(), []
    panel.on_change(lambda parameter, value: heard.append((parameter.name, value)))
    panel.set("temperature", 0.5)
    panel.set("temperature", "0.5")
    with pytest.raises(ParameterError):
        panel.set("temperature", 9)
    assert heard == [("temperature", 0.5)]
    assert panel.number("temperature") == 0.5


def test_an_unknown_name_lists_the_names() -> None:
    """A misspelt name is refused with all names there are."""
    with pytest.raises(ParameterError, match=r"temprature.*there are part, genre"):
        Panel().set("temprature", 1)


def test_a_panel_shows_all_its_values() -> None:
    """Iterating gives each parameter with its present value, in the table's order."""
    panel = Panel()
    panel.set("part", "lead")
    shown = {parameter.name: value for parameter, value in panel}
    assert list(shown) == [parameter.name for parameter in PARAMETERS]
    assert shown["part"] == panel.text("part") == "lead"
