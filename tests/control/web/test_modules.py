"""The page's own reckoning, module by module: its clock, its notes, its bars, its words, its colours."""

import re
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from tests.scoreboard import browser

fake_server = pytest.importorskip(
    "tests.control.web.fake_server", reason="starlette, uvicorn or websockets is not installed"
)

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(browser.found() is None, reason="there is no Chromium or Chrome in the PATH"),
]


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Iterator[browser.Page]:
    """A page whose session stands still."""
    with (
        fake_server.FakeServer(plays=False) as server,
        browser.Page(server.url, tmp_path_factory.mktemp("browser")) as opened,
    ):
        yield opened


def run(page: browser.Page, module: str, script: str) -> Any:
    """What a script comes to, with a module's exports in `it`."""
    return page.run(f"import('/static/{module}').then(it => {{ {script} }})")


def test_the_clock_glides_over_small_differences_and_follows_jumps(page: browser.Page) -> None:
    """Beats never run back over a small correction; a jump of the session is followed at once."""
    beats = run(
        page,
        "clock.js",
        """
        const clock = new it.Clock();
        clock.status(8, 120, true, 100);
        const first = clock.at(101);
        clock.pong(0.002, 9.9, 101);
        const steps = Array.from({ length: 40 }, (_, at) => clock.at(101 + at / 20));
        const isForward = steps.every((beat, at) => !at || beat > steps[at - 1]);
        clock.status(64, 120, true, 103);
        return { first, isForward, settled: steps.at(-1), jumped: clock.at(103) };
        """,
    )
    assert beats["first"] == 10 and beats["isForward"] and beats["jumped"] == 64
    assert beats["settled"] == pytest.approx(9.9 + 2 * 39 / 20, abs=0.01)


def test_the_clock_stands_when_time_does(page: browser.Page) -> None:
    """Without a session, or with one that does not run, beats stand still."""
    stood = run(
        page,
        "clock.js",
        "const c = new it.Clock(); c.status(4, 90, true, 0); c.stop(2); return [c.at(2), c.at(50)];",
    )
    assert stood == [7, 7]


def test_notes_end_and_none_hangs(page: browser.Page) -> None:
    """A second note-on ends the first; letting go ends all; the ring holds the newest."""
    ends = run(
        page,
        "notes.js",
        """
        const notes = new it.Notes();
        notes.on(3, 60, 90, 1); notes.on(3, 60, 90, 2); notes.on(4, 64, 90, 2.5); notes.letGo(3);
        const ends = [...notes.end.slice(0, 3)];
        for (let at = 0; at < 2 * notes.size; at++) { notes.on(5, at % 128, 90, at); notes.off(5, at % 128, at + 1); }
        return { ends, down: notes.down.every(at => at < 0) };
        """,
    )
    assert ends == {"ends": [2, 3, 3], "down": True}


def test_what_leaves_the_plan_before_its_moment_is_final_until_it_sounds(page: browser.Page) -> None:
    """A note that was made final stays in view until it is played; one planned otherwise does not."""
    final = run(
        page,
        "notes.js",
        """
        const notes = new it.Notes();
        notes.planned(0, 4, [[0.3, 0.6, 40, 90], [3, 3.5, 43, 90]], 0.5);
        notes.planned(0.1, 4.1, [[2, 2.5, 45, 90]], 0.5);
        const before = notes.final.map(note => note[2]);
        notes.on(0, 40, 90, 0.3);
        return [before, notes.final.length];
        """,
    )
    assert final == [[40], 0]


def test_bars_are_told_on_ahead(page: browser.Page) -> None:
    """From the last bar on, lines follow in its meter; 6/8 has six lines of half a beat."""
    lines = run(
        page,
        "bars.js",
        """
        const bars = new it.Bars(), lines = [];
        bars.beat({ pos_beats: 0, bar: 1, beat: 1, numerator: 4, denominator: 4 });
        bars.beat({ pos_beats: 4.5, bar: 2, beat: 2, numerator: 6, denominator: 8 });
        bars.each(3, 8, (pos, bar) => lines.push([pos, bar]));
        return lines;
        """,
    )
    eighths = [[4 + at / 2, {0: 2, 6: 3}.get(at, 0)] for at in range(9)]
    assert lines == [[3, 0], *eighths]


def verdict(page: browser.Page, set_commit_ms: float, **status: object) -> dict[str, str]:
    """What is said of a status."""
    whole = {
        "running": True,
        "engine_calls": 9,
        "engine_call_p99_ms": 180,
        "commit_ms": 200,
        "tempo_bpm": 120,
        "late_p99_ms": 0.5,
    } | status
    as_script = repr(whole).replace("True", "true").replace("False", "false")
    return dict(run(page, "words.js", f"return it.verdict({as_script}, {set_commit_ms});"))


def test_a_recording_that_stopped_is_trouble(page: browser.Page) -> None:
    """With the reason; one that runs, and none, are not."""

    def shown(status: str) -> list:
        rows = run(page, "words.js", f"return it.figures({status}, 0);")
        return next(row[1:] for row in rows if row[0] == "Recording")

    assert shown('{recording: "", journal_error: "no space"}') == ["stopped", "no space", True]
    assert shown('{recording: "a", journal_error: ""}')[0::2] == ["on", False]
    assert shown('{recording: "a", journal_pending_bytes: 99999}')[0::2] == ["waits", True]
    assert shown("{}")[0::2] == ["off", False]


def test_what_limits_is_said_in_words(page: browser.Page) -> None:
    """The model, the commit horizon or the port: whichever it is."""
    good = verdict(page, 0)
    assert good == {
        "text": "The model needs 180 ms; commit is 200 ms: "
        "what you play is answered 0.40 beats later at the soonest.",
        "kind": "good",
    }
    assert "the model limits" in verdict(page, 100, commit_ms=100)["text"]
    assert "the model limits" in verdict(page, 0, engine_call_p99_ms=9000, commit_ms=4000)["text"]
    assert "follows the newest calls" in verdict(page, 0, engine_call_p99_ms=300)["text"]
    assert "commit limits" in verdict(page, 900, commit_ms=900)["text"]
    assert "The MIDI port limits: notes leave 12 ms late" in verdict(page, 0, late_p99_ms=12)["text"]
    assert verdict(page, 0, running=False)["kind"] == "calm"
    assert "not been asked" in verdict(page, 0, engine_calls=0)["text"]


RATE_HZ = 44100
RENDER = """
(async () => {
  const { Synth } = await import("/static/synth.js"), real = globalThis.AudioContext;
  const offline = new OfflineAudioContext(2, 1.5 * RATE, RATE), synth = new Synth();
  globalThis.AudioContext = function () { return offline; };
  synth.build();
  globalThis.AudioContext = real;
  Object.defineProperty(synth, "sounds", { value: true });
  synth.on(1, ROLE, PITCH, 90);
  synth.off(1, 1.0);
  const made = await offline.startRendering(), left = made.getChannelData(0), right = made.getChannelData(1);
  return Array.from(left, (value, at) => Math.round(5e4 * (value + right[at])) / 1e5);
})()
"""


@pytest.mark.parametrize(
    ("role", "pitch"),
    [
        ("bass", 36),
        ("keys", 60),
        ("guitar", 40),
        ("guitar", 64),
        ("guitar", 76),
        ("guitar", 88),
        ("lead", 72),
        ("pad", 60),
    ],
)
def test_voices_are_in_tune_and_not_too_loud(page: browser.Page, role: str, pitch: int) -> None:
    """The partial at the note's own pitch lies within 8 cents of it: what one hears as out of tune begins there."""
    script = RENDER.replace("RATE", str(RATE_HZ)).replace("ROLE", f'"{role}"').replace("PITCH", str(pitch))
    sound = np.array(page.run(script))
    assert 0.03 < np.abs(sound).max() < 0.7
    hertz = 440 * 2 ** ((pitch - 69) / 12)
    steady = sound[RATE_HZ // 10 : RATE_HZ]
    spectrum = np.abs(np.fft.rfft(steady * np.hanning(len(steady)), 1 << 19))
    places = np.fft.rfftfreq(1 << 19, 1 / RATE_HZ)
    near = (places > hertz * 0.94) & (places < hertz * 1.06)
    found = places[near][spectrum[near].argmax()]
    assert abs(1200 * np.log2(found / hertz)) < 8


@pytest.mark.parametrize("scheme", ["dark", "light"])
def test_colours_can_be_told_from_their_ground(scheme: str) -> None:
    """WCAG AA: text 4.5 to 1, and what is drawn 3 to 1."""
    css = (fake_server.WEB / "base.css").read_text()
    dark, light = css.split("@media (prefers-color-scheme: light)")[:2]
    found = dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{6})", dark))
    if scheme == "light":
        found |= dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{6})", light))
    for ground in ("ground", "paper", "raised"):
        for name in ("ink", "soft", "warn", "good"):
            assert contrast(found[name], found[ground]) >= 4.5, (name, ground)
    for ink, ground in (("on-accent", "accent"), ("on-panic", "panic")):
        assert contrast(found[ink], found[ground]) >= 4.5, (ink, ground)
    for name in ("copilot", "edge", "bass", "keys", "guitar", "drums", "lead", "pad", "other"):
        assert contrast(found[name], found["paper"]) >= 3, name


def contrast(one: str, other: str) -> float:
    """The contrast of two colours, by WCAG 2.2."""
    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def luminance(colour: str) -> float:
    """Relative luminance of #rrggbb."""
    shares = (int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5))
    linear = [share / 12.92 if share <= 0.04045 else ((share + 0.055) / 1.055) ** 2.4 for share in shares]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def test_whose_plan_plays_is_shown_where_there_are_two_engines(page: browser.Page) -> None:
    """The model or its cover, and how often the model was in time; nothing of it where there is one engine."""
    pair = '{plays: "cover", switches: 7, model_in_time: 30, model_missed: 90, cover_call_p99_ms: 12}'
    rows = {row[0]: row[1:] for row in run(page, "words.js", f"return it.figures({pair}, 0);")}
    assert rows["Plays"][0] == "cover" and rows["Plays"][2]
    assert "7 times" in rows["Plays"][1]
    assert rows["Model in time"][0] == "25%"
    assert not any(row[0] == "Plays" for row in run(page, "words.js", "return it.figures({}, 0);"))
    late = verdict(page, 0, plays="cover", model_in_time=30, model_missed=90)
    assert late["kind"] == "warn" and "its cover plays" in late["text"]
