"""The README's two commands are what the integration runs, and what it names exists."""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def test_the_two_commands_stand_first_and_the_integration_runs_the_second() -> None:
    """The first code of the README is the two commands; .ci/run has the test command word for word."""
    first, second = re.findall(r"^    (python .*)$", README, re.MULTILINE)[:2]
    assert first == "python -m pip install -e . && copilot jam"
    assert second == "python -m pip install -e '.[test]' && python -m pytest"
    script = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    assert second.replace("pip install -e", "pip install -q -e") in script


def test_every_file_that_the_readme_links_exists() -> None:
    """A link to a file of the repository leads somewhere."""
    links = re.findall(r"\]\(([^)#:]+)\)", README)
    assert links
    assert [link for link in links if not (ROOT / link).exists()] == []


def test_every_option_that_the_readme_shows_is_one_of_the_command() -> None:
    """What follows `copilot` in the README's code is understood by the command line."""
    from copilot.cli import main

    shown = re.findall(
        r"^    copilot (jam|run|ports|recordings|replay|info|bench|evaluate)(.*?)(?:#.*)?$",
        README,
        re.MULTILINE,
    )
    assert shown
    for name, rest in shown:
        known = {option for param in main.commands[name].params for option in param.opts}
        assert set(re.findall(r"(?<!\S)--?[a-z][a-z-]*", rest)) <= known, (name, rest)
