"""The pages: their commands run or at least exist, their links lead somewhere, their tables are the table."""

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from copilot.cli import main
from copilot.commands.jam import EXAMPLE
from copilot.control.osc_table import ROUTES
from copilot.control.panel_table import BEGIN, END, reference
from copilot.music.midifile import read_score, write_score
from copilot.panel import as_bool, find
from copilot.scoreboard.excerpt import excerpt

ROOT = Path(__file__).resolve().parents[1]
DOCS = ROOT / "docs"
PAGES = sorted(DOCS.glob("*.md"))
_BLOCK = re.compile(r"(<!-- run -->\n)?```console\n(.*?)```", re.DOTALL)
_REAPER_ACTIONS = ("TEMPO", "PLAY", "STOP", "PAUSE", "RECORD", "REPEAT", "METRONOME")
_REAPER_DEFAULTS = re.compile(r"(DEVICE|REAPER)_[A-Z_]+ [A-Z0-9_.]+")


def blocks() -> Iterator[tuple[str, bool, list[str]]]:
    """Each block of commands: its page, whether it is to be run, and its lines."""
    for page in PAGES:
        for marked, text in _BLOCK.findall(page.read_text(encoding="utf-8")):
            lines = text.splitlines()
            assert all(line.startswith("$ ") for line in lines), (page.name, lines)
            yield page.name, bool(marked), [line.removeprefix("$ ") for line in lines]


def runnable() -> list[list[str]]:
    """The blocks that are marked to be run."""
    return [lines for _, is_run, lines in blocks() if is_run]


@pytest.fixture
def _short_blues(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Eight bars of the packaged blues in its place: it is jammed with three times, and in full elsewhere."""
    short = tmp_path / "package" / EXAMPLE.name
    short.parent.mkdir()
    score = read_score(EXAMPLE)
    write_score(excerpt(score, 0, score.bar_lines(score.end_ticks)[8]), short)
    monkeypatch.setattr("copilot.commands.jam.EXAMPLE", short)


@pytest.mark.slow
@pytest.mark.usefixtures("_short_blues")
@pytest.mark.parametrize("lines", runnable(), ids=lambda lines: lines[0])
def test_what_is_to_be_typed_works(lines: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The commands of a block that is marked so, one after the other in an empty folder."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COPILOT_DATA", str(tmp_path / "data"))
    for line in lines:
        program, *arguments = shlex.split(line)
        assert program == "copilot"
        result = CliRunner().invoke(main, arguments)
        assert result.exit_code == 0, (line, result.output)


def test_some_commands_run() -> None:
    """Pages have commands that are run, and others."""
    assert len(runnable()) >= 3
    assert sum(len(lines) for _, is_run, lines in blocks() if not is_run) > 15


def test_every_command_and_option_exists() -> None:
    """What follows `copilot` in a block is understood by the command line, options and values alike."""
    for page, _, lines in blocks():
        for line in lines:
            program, *arguments = shlex.split(line)
            if program == "python":
                continue
            assert program == "copilot", (page, line)
            command = main.commands[arguments[0]]
            command.make_context(arguments[0], arguments[1:], resilient_parsing=False)


def test_links_lead_somewhere() -> None:
    """A link to a page or file is there, and within the site; one to a heading of its own page too."""
    for page in PAGES:
        text = page.read_text(encoding="utf-8")
        for link in re.findall(r"\]\(([^)\s]+)\)", text):
            if link.startswith(("http://", "https://")):
                continue
            path, _, heading = link.partition("#")
            target = (page.parent / path).resolve() if path else page
            assert target.is_file() and DOCS in target.parents, (page.name, link)
            if heading:
                titles = re.findall(r"^#+ (.*)$", target.read_text(encoding="utf-8"), re.MULTILINE)
                slugs = [re.sub(r"[^\w\s-]", "", title).strip().lower().replace(" ", "-") for title in titles]
                assert heading in slugs, (page.name, link)


def test_every_page_is_in_the_navigation() -> None:
    """mkdocs.yml names all pages, and no other."""
    named = re.findall(
        r"^  - .*: (\S+\.md)$", (ROOT / "mkdocs.yml").read_text(encoding="utf-8"), re.MULTILINE
    )
    assert sorted(named) == [page.name for page in PAGES]


def test_the_panels_page_is_the_panel() -> None:
    """Between its marks stands what the panel and the verbs say; nothing else may stand there."""
    text = (DOCS / "panel.md").read_text(encoding="utf-8")
    assert text.partition(BEGIN)[2].partition(END)[0].strip() == reference().strip()


def test_the_reaper_file_sends_what_is_taken() -> None:
    """Each line is a default, or an action of REAPER's with one of its flags and an address of ours that takes it."""
    lines = (DOCS / "examples" / "copilot.ReaperOSC").read_text(encoding="utf-8").splitlines()
    actions = []
    for line in lines:
        if not line or line.startswith("#") or _REAPER_DEFAULTS.fullmatch(line):
            continue
        action, *patterns = line.split(" ")
        assert action in _REAPER_ACTIONS and patterns, line
        for pattern in patterns:
            flag, address = pattern[0], pattern[1:]
            route = ROUTES[address]
            if flag == "f":
                assert route.act == "set" and find(route.name).parse(123.5) == 123.5
            else:
                assert flag in "bt" and "true or false" in route.takes
                assert as_bool(1.0) is True and as_bool(0.0) is False
        actions.append(action)
    assert actions == ["TEMPO", "STOP", "RECORD"]
