"""What the codec's measurement says."""

import math
import sys
from typing import Any

import pytest

from copilot.bench.codec import EXAMPLE, encode_parsed, measure
from copilot.codec.grid import GridCodec
from copilot.model.bundle import Bundle, default_bundle_path


def test_every_figure_is_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    """All rates are positive, the ratio to miditok is None where it is not installed, and rows carry their units."""
    monkeypatch.setitem(sys.modules, "miditok", None)
    section = measure(0.0, [EXAMPLE])
    assert section.keys["codec.x_miditok"] is None
    figures = [value for name, value in section.keys.items() if name != "codec.x_miditok"]
    assert len(figures) == 3
    assert all(value is not None and 0 < value < math.inf for value in figures)
    assert [row.figure.split()[-1] for row in section.rows] == ["notes/s"] * 4 + ["µs"]


def test_miditok_is_measured_where_it_is_installed() -> None:
    """The ratio is to the faster of TSD and REMI, which both stand beside the figure."""
    pytest.importorskip("miditok")
    section = measure(0.0, [EXAMPLE])
    ratio = section.keys["codec.x_miditok"]
    assert ratio is not None and ratio > 1
    assert "TSD" in section.rows[0].beside and "REMI" in section.rows[0].beside


def test_what_is_timed_holds_every_note() -> None:
    """The ids of a parsed score decode to as many notes as symusic found."""
    import symusic

    codec: GridCodec = Bundle.open(default_bundle_path()).codec
    parsed: Any = symusic.Score.from_midi(EXAMPLE.read_bytes())
    decoded = codec.decode(encode_parsed(codec, parsed).tolist())
    assert decoded.note_count == parsed.note_num() > 900
