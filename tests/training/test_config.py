"""The TOML file: what no run could use is refused before one begins."""

from pathlib import Path

import pytest

from copilot.errors import ConfigError
from training.config import load_config

TABLES = ("corpus", "tokenizer", "model", "pretrain", "export")


@pytest.mark.parametrize(
    ("table", "setting", "expected"),
    [
        ("model", "hidden = 0", "`int` >= 1"),
        ("model", "layers = 0", "`int` >= 1"),
        ("model", "heads = 0", "`int` >= 1"),
        ("model", "kv_heads = -1", "`int` >= 1"),
        ("model", "intermediate = 0", "`int` >= 1"),
        ("model", "rope_theta = 0.0", "`float` > 0"),
        ("model", "heads = 3", "hidden 256 over 3 heads is not a multiple of 8 a head: set hidden"),
        ("model", "hidden = 240", "hidden 240 over 4 heads is not a multiple of 8 a head"),
        ("model", "kv_heads = 3", "3 kv_heads don't divide 4 heads"),
        ("pretrain", "seed = -1", "`int` >= 0"),
        ("tokenizer", "sizes = []", "length >= 1"),
        ("tokenizer", "sizes = [1023]", "`int` >= 1024"),
        ("tokenizer", "sizes = [1536, 8193]", "`int` <= 8192"),
        ("tokenizer", "sample_windows = 0", "`int` >= 1"),
        ("study", "variants = []", "length >= 1"),
        ("study", "seeds = []", "length >= 1"),
        ("study", "steps = 0", "`int` >= 1"),
        ("study", "batch_windows = 0", "`int` >= 1"),
        ("study", "hidden = 200", "hidden 200 is neither"),
        ("export", "temperature = 2.1", "`float` <= 2"),
        ("export", "top_p = 0.0", "`float` > 0"),
        ("export", "top_p = 1.1", "`float` <= 1"),
    ],
)  # fmt: skip
def test_a_value_that_no_run_could_use_is_one_line(
    table: str, setting: str, expected: str, tmp_path: Path
) -> None:
    """The line names the table and says what is allowed."""
    lines = dict.fromkeys(TABLES, "") | {"export": 'name = "x"'}
    lines[table] = f"{lines.get(table, '')}\n{setting}"
    file = tmp_path / "bad.toml"
    file.write_text("\n".join(f"[{name}]\n{text}" for name, text in lines.items()))
    with pytest.raises(ConfigError) as caught:
        load_config(file)
    assert expected in str(caught.value)
    assert f"$.{table}" in str(caught.value)
    assert "\n" not in str(caught.value)
