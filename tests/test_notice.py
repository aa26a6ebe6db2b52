"""Whoever's music is in the weights that ship is named."""

import json
from pathlib import Path

from copilot.model.bundle import default_bundle_path

ROOT = Path(__file__).resolve().parents[1]


def test_notice_names_every_source_of_the_bundle_that_ships() -> None:
    """Each source of bundle.json stands in NOTICE with its licence, its address and whom to cite."""
    notice = " ".join((ROOT / "NOTICE").read_text(encoding="utf-8").split())
    sources = json.loads((default_bundle_path() / "bundle.json").read_text(encoding="utf-8"))["sources"]
    assert sources
    for source in sources:
        for field in ("name", "license", "url", "citation"):
            assert " ".join(source[field].split()) in notice, source
