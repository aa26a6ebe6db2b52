"""The page in a real browser: it draws, it plays, and nothing complains."""

from collections.abc import Iterator

import pytest

from copilot.commands.evaluate import EvaluateOptions, evaluate
from tests.scoreboard import browser

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(browser.found() is None, reason="there is no Chromium or Chrome in the PATH"),
]

# Before the page's own script: what goes to the loudspeaker can be looked at.
LISTEN = """
const make = AudioContext.prototype.createDynamicsCompressor;
AudioContext.prototype.createDynamicsCompressor = function () {
  const made = make.call(this);
  window.ear = this.createAnalyser();
  window.ear.fftSize = 32768;
  made.connect(window.ear);
  return made;
};
window.loudest = () => {
  const heard = new Float32Array(32768);
  window.ear.getFloatTimeDomainData(heard);
  return heard.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
};
window.until = condition => new Promise((done, failed) => {
  const began = performance.now();
  const look = () => {
    if (condition()) done(true);
    else if (performance.now() - began > 20000) done(false);
    else setTimeout(look, 20);
  };
  look();
});
"""


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Iterator[browser.Page]:
    """The page of a short evaluation, with a case of basses and one of drums, open."""
    folder = tmp_path_factory.mktemp("page")
    evaluate(
        EvaluateOptions(
            output=folder / "evaluation",
            with_model=False,
            parts=("bass", "drums"),
            baselines=("echo",),
            seeds=1,
            bars=8,
            latencies_ms=(50.0, 0.0),
        )
    )
    with browser.Page(folder / "evaluation" / "page.html", folder / "browser", LISTEN) as opened:
        yield opened


def count(page: browser.Page, selector: str) -> int:
    return int(page.run(f"document.querySelectorAll({selector!r}).length"))


def test_all_is_there_and_nothing_complains(page: browser.Page) -> None:
    """Tables, a card for each case, and no error or warning: its own policy lets it load nothing."""
    assert page.run("document.title") == "Scoreboard: baselines"
    assert count(page, "article") == count(page, "canvas") == 2
    assert count(page, "table") >= 2 * (1 + 2 * 2)
    assert count(page, "tr.real") >= 2 and count(page, "svg.range") == 2 * 2 * 2
    assert page.run("document.documentElement.scrollWidth <= window.innerWidth")
    assert page.complaints == []


def test_the_rolls_are_drawn(page: browser.Page) -> None:
    """Each shows the real part and the played one, in their colours, and the band in its own."""
    colours = """(canvas => {
      const data = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data, seen = {};
      for (let i = 0; i < data.length; i += 4) {
        const name = [data[i], data[i + 1], data[i + 2]].map(v => v.toString(16).padStart(2, "0")).join("");
        seen[name] = (seen[name] || 0) + 1;
      }
      return seen;
    })"""
    for number in range(2):
        seen = page.run(f"{colours}(document.querySelectorAll('canvas')[{number}])")
        assert all(seen.get(colour, 0) > 50 for colour in ("1864ab", "d9480f", "c3c9d1")), seen


def test_a_click_plays_and_another_stops(page: browser.Page) -> None:
    """Sound comes out, the needle moves on, one button is down; after stop there is silence."""
    page.run("document.querySelectorAll('.keys button')[0].click()")
    assert page.run("until(() => Synth.now() > 0.3 && loudest() > 0.01)")
    assert page.run("until(() => parseFloat(document.querySelector('.clock').textContent) > 0.1)")
    assert count(page, 'button[aria-pressed="true"]') == 1
    assert page.run("getComputedStyle(document.querySelector('.needle')).visibility") == "visible"
    page.run("document.querySelectorAll('.keys button')[3].click()")
    assert page.run("until(() => loudest() < 0.001)")
    assert count(page, 'button[aria-pressed="true"]') == 0
    assert page.complaints == []


def test_a_click_into_the_roll_plays_from_there(page: browser.Page) -> None:
    """The drums' case from its middle on; another case that is played stops the first."""
    page.run("document.querySelectorAll('.keys button')[1].click()")
    page.run("""(canvas => canvas.dispatchEvent(new MouseEvent("click", {
      clientX: canvas.getBoundingClientRect().left + 300, bubbles: true })))
      (document.querySelectorAll("canvas")[1])""")
    assert count(page, 'button[aria-pressed="true"]') == 1
    assert page.run("document.querySelectorAll('article')[1].querySelector('[aria-pressed=true]') !== null")
    assert page.run("until(() => loudest() > 0.01)")
    assert float(str(page.run("document.querySelectorAll('.clock')[1].textContent")).split()[0]) > 1.0
    page.run("document.querySelectorAll('article')[1].querySelectorAll('.keys button')[3].click()")
    assert page.complaints == []
