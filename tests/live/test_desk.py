"""The desk that all remotes work through, presets, taps, the recorder and the herald."""

import asyncio
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from copilot.errors import ConfigError, ParameterError
from copilot.live.feed import Beat, Changed, Chord, Event, Said
from copilot.live.herald import Herald
from copilot.live.journal import read_journal, to_score
from copilot.live.models import Models
from copilot.live.presets import GROUPS, Presets
from copilot.live.taps import Taps
from copilot.panel import Panel, find
from copilot.verbs import VERBS
from tests.control.desks import make_desk


def test_a_change_is_told_once_with_its_value() -> None:
    """Setting what is set already tells nothing."""
    desk, _ = make_desk()
    told: list[Event] = []
    forget = desk.feed.subscribe(told.append)
    desk.set("density", 2)
    desk.set("density", 2.0)
    forget()
    desk.set("density", 3.0)
    assert told == [Changed("density", 2.0)]


def test_reset_goes_back_to_where_the_daemon_began() -> None:
    """A bundle's temperature, not the table's."""
    desk, _ = make_desk()
    desk.session.began_with["temperature"] = 0.8
    desk.set("temperature", 1.4)
    assert desk.reset("temperature") == 0.8


@pytest.mark.parametrize(
    ("verb", "given_value"), [("dance", None), ("record", "maybe"), ("preset/load", 3), ("mute", 2)]
)
def test_what_can_not_be_done_says_what_can(verb: str, given_value: object) -> None:
    desk, _ = make_desk()
    with pytest.raises(ParameterError, match=r"there are panic|takes"):
        desk.do(verb, given_value)


def test_every_verb_says_what_was_done(tmp_path: Path) -> None:
    """In one line, for the page and for people who listen by OSC; listing changes nothing and says nothing."""
    desk, _ = make_desk(tmp_path)
    told: list[Event] = []
    desk.feed.subscribe(told.append)
    arguments = {"bool": False, "name": "mine", None: None}
    desk.do("preset/save", "mine")

    async def do_all() -> None:
        for verb in VERBS:
            desk.do(verb.name, "default" if verb.name == "model" else arguments[verb.takes])
        with pytest.raises(ParameterError, match="wait for it"):
            desk.do("model", "default")
        await asyncio.sleep(0)
        await asyncio.sleep(0)

    asyncio.run(do_all())
    said = [event.text for event in told if isinstance(event, Said)]
    assert len(said) == len(VERBS)
    assert said[-1] == "plays with default"


def test_a_preset_is_how_it_plays_and_not_whether_or_with_whom(tmp_path: Path) -> None:
    """Sound, steering and sampling come back; mute, tempo and channels stay as they are."""
    desk, _ = make_desk(tmp_path)
    for name, value in {
        "part": "keys",
        "swing": 0.6,
        "chord": "Am7",
        "mute": True,
        "tempo_bpm": 90,
        "channel_3": "lead",
    }.items():
        desk.set(name, value)
    desk.do("preset/save", "verse-1")
    for name in ("part", "swing", "chord", "mute", "tempo_bpm", "channel_3"):
        desk.reset(name)
    desk.do("preset/load", "verse-1")
    assert [desk.get(name) for name in ("part", "swing", "chord")] == ["keys", 0.6, "Am7"]
    assert [desk.get(name) for name in ("mute", "tempo_bpm", "channel_3")] == [False, 120.0, "auto"]


@pytest.mark.parametrize("name", ["", "..", "a/b", "A", "ä", "x" * 65, "a.toml", "con\0"])
def test_a_name_leads_nowhere_else(name: str, tmp_path: Path) -> None:
    presets = Presets(tmp_path / "presets")
    with pytest.raises(ParameterError, match="at most 64"):
        presets.save(name, Panel())
    with pytest.raises(ParameterError, match="at most 64"):
        presets.load(name)
    assert not (tmp_path / "presets").exists()


def test_links_and_what_is_no_preset_are_refused(tmp_path: Path) -> None:
    """A link is neither read, listed nor written through; a broken file is a line that names it."""
    presets, outside = Presets(tmp_path), tmp_path / "outside"
    outside.write_text("[panel]\n")
    (tmp_path / "link.toml").symlink_to(outside)
    with pytest.raises(ConfigError, match="link"):
        presets.save("link", Panel())
    with pytest.raises(ConfigError, match="no preset is called"):
        presets.load("link")
    (tmp_path / "broken.toml").write_text("part = ")
    with pytest.raises(ConfigError, match=r"broken\.toml"):
        presets.load("broken")
    assert presets.names() == ["broken"]


def test_presets_hold_groups_that_exist() -> None:
    assert {find("part").group, find("swing").group} <= set(GROUPS)


@given(st.floats(20.1, 900.0), st.integers(2, 12))
def test_steady_taps_are_their_tempo(tempo_bpm: float, count: int) -> None:
    taps, found = Taps(), None
    for number in range(count):
        found = taps.tap(10.0 + number * 60.0 / tempo_bpm)
    assert found == pytest.approx(tempo_bpm, rel=1e-6)


def test_a_long_pause_begins_anew_and_a_bounce_counts_nothing() -> None:
    taps = Taps()
    assert taps.tap(0.0) is None
    assert taps.tap(0.01) is None
    assert taps.tap(0.5) == pytest.approx(120.0)
    assert taps.tap(10.0) is None
    assert taps.tap(11.0) == pytest.approx(60.0)


def test_a_recording_begins_at_its_bar_and_ends_as_journal_and_midi(tmp_path: Path) -> None:
    """What was heard in the middle of the session's third bar stands in the middle of the recording's first."""
    desk, _ = make_desk(tmp_path)
    clock, session = desk.clock, desk.session

    async def record() -> list[str]:
        names = []
        for bar in (2, 5):
            clock.advance_to(2.0 * bar + 0.25)  # type: ignore[attr-defined]
            names.append(str(desk.do("record", True)))
            assert desk.do("record", True) == names[-1]
            session.hear(2.0 * bar + 1.0, 3, 60, 90)
            session.hear(2.0 * bar + 1.5, 3, 60, 0)
            assert desk.do("record", False) == names[-1]
        assert desk.do("record", False) == ""
        await desk.recorder.close(session)
        return names

    names = asyncio.run(record())
    assert len(set(names)) == 2
    for name in names:
        music = to_score(read_journal(desk.recorder.path(name)))
        [part] = [part for part in music.parts if part.notes]
        assert part.notes[0].start_ticks == 2 * music.ticks_per_beat
        assert desk.recorder.path(name).with_suffix(".mid").exists()


def test_the_herald_counts_beats_and_names_chords() -> None:
    """Each beat once, with its bar, whatever the meter; the chord and the key when they are others."""
    desk, _ = make_desk()
    session = desk.session
    told: list[Event] = []
    herald = Herald(session, desk.clock)
    desk.feed.subscribe(herald.hear)
    desk.feed.subscribe(told.append)
    session.clock.meter.set_meter(3.0, 6, 8)
    for step in range(800):
        if step == 10:
            for pitch in (45, 57, 60, 64):
                session.hear(step / 100, 2, pitch, 90)
        herald.look(step / 100)
    beats = [(event.bar, event.beat) for event in told if isinstance(event, Beat)]
    assert beats[:4] == [(1, 1), (1, 2), (1, 3), (1, 4)]
    assert beats[4:12] == [(2, beat) for beat in range(1, 7)] + [(3, 1), (3, 2)]
    chords = [event for event in told if isinstance(event, Chord)]
    assert [event.symbol for event in chords] == ["Am"]


def test_models_are_folders_with_plain_names(tmp_path: Path) -> None:
    """The one that ships and the one that was given stand beside them; links and other folders are none."""
    for name in ("mine", "Not Plain", "empty"):
        (tmp_path / name).mkdir()
    for name in ("mine", "Not Plain"):
        (tmp_path / name / "bundle.json").write_text("{}")
    (tmp_path / "link").symlink_to(tmp_path / "mine")
    models = Models(tmp_path, tmp_path / "elsewhere")
    assert models.names() == ["default", "large", "given", "mine"]
    assert models.path("given") == tmp_path / "elsewhere"
    assert models.path("mine") == tmp_path / "mine"
    with pytest.raises(ParameterError, match="there are default, large, given, mine"):
        models.path("../mine")
    assert Models(tmp_path / "none").names() == ["default", "large"]


def test_start_loads_a_model_again_that_died_too_often() -> None:
    """Whether or not the copilot was stopped; while it loads, another start is refused; else start loads none."""
    desk, done = make_desk()

    async def start() -> list[Path]:
        desk.do("start")
        await asyncio.sleep(0)
        none = list(done.changed)
        done.lost = Path("bundles/lost")
        desk.do("start")
        with pytest.raises(ParameterError, match="being loaded"):
            desk.do("start")
        await asyncio.sleep(0)
        return none

    assert asyncio.run(start()) == []
    assert done.changed == [Path("bundles/lost")]
    assert desk.model == "lost"
