"""`python -m tests.fuzz.guided TARGET [libFuzzer options]`: inputs that coverage leads, where atheris is installed.

`pip install -e '.[fuzz]'` has it for CPython up to 3.13 on Linux. What it learns stays in a folder of its own; what
breaks the target is written to its corpus.
"""

import logging
import sys
import tempfile
from pathlib import Path

_FOLLOWED = ["copilot", "h11", "websockets", "uvicorn", "tomllib"]
_COMPILED = ["copilot.codec.kernels", "copilot.codec.masks", "copilot.compiled", "copilot.decode.sampling"]
"""numba does not take what is instrumented."""


def main() -> None:
    """Run one target until it breaks, or as long as the options say: `-max_total_time=60`, `-runs=100000`."""
    import atheris

    logging.disable(logging.WARNING)
    with atheris.instrument_imports(include=_FOLLOWED, exclude=_COMPILED):
        from tests.fuzz.target import CORPUS, MOST_S
        from tests.fuzz.targets import targets

        by_name = {target.name: target for target in targets()}
    name = sys.argv[1] if len(sys.argv) > 1 else ""
    if name not in by_name:
        sys.exit(f"no target is called {name!r}: there are {', '.join(by_name)}")
    target = by_name[name]

    def read(data: bytes) -> None:
        took_s, _ = target.best_s(data)
        assert took_s < 10 * MOST_S, (
            f"{took_s * 1000:.0f} ms"
        )  # what is instrumented takes some times as long

    learnt = Path(tempfile.gettempdir()) / f"copilot-fuzz-{name}"
    learnt.mkdir(exist_ok=True)
    options = [f"-max_len={target.most_bytes}", f"-artifact_prefix={CORPUS / name}/", *sys.argv[2:]]
    atheris.Setup([sys.argv[0], *options, str(learnt), str(CORPUS / name)], read)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
