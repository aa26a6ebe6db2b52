"""On what was measured: what a figure means nothing without."""

import platform
import subprocess
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from copilot import __version__
from copilot.cores import usable_cores


def machine() -> dict[str, str | int | None]:
    """Facts of this machine and of what runs on it. Takes a second: asking for the instructions imports numba."""
    from copilot.decode.kernels.lanes import DOT_LANES

    instructions = {16: "AVX-512 VNNI", 8: "AVX-VNNI", 0: "none for bytes: bfloat16 weights, float32 sums"}
    return {
        "cpu": cpu_model(),
        "cores": usable_cores(),
        "instructions": instructions[DOT_LANES],
        "system": f"{platform.system()} {platform.release()}",
        "python": platform.python_version(),
        "numba": _version("numba"),
        "torch": _version("torch"),
        "copilot": __version__,
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
    }


def cpu_model() -> str:
    """The processor's name as its maker writes it, or the architecture."""
    try:
        if platform.system() == "Darwin":
            asked = ["sysctl", "-n", "machdep.cpu.brand_string"]
            return subprocess.run(asked, capture_output=True, text=True, check=True).stdout.strip()
        for line in Path("/proc/cpuinfo").read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    except (OSError, subprocess.SubprocessError):
        pass
    return platform.processor() or platform.machine()


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None
