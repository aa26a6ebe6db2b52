"""What a model is played with: measured once, kept, explained, and never a torch import without a reason."""

import importlib.metadata
import subprocess
import sys
import time
from pathlib import Path

import pytest

from copilot.decode import choose, devices
from copilot.decode.choose import load_decoder
from copilot.decode.decoder import Decoder
from copilot.decode.devices import Sign
from copilot.decode.numba_decoder import NumbaDecoder
from copilot.errors import ParameterError
from copilot.files import user_cache_folder

from .conftest import SHAPES, WINDOW, make_pair

GPU = "Thing 9000 (CUDA 1.0)"


class Rig:
    """A machine with an accelerator that answers in a time of its own; counts how often it is measured."""

    def __init__(self, directory: Path) -> None:
        self.directory, self.accelerator_ms, self.measured, self.fails = directory, 0.01, 0, ""

    def load(self, *, again: bool = False, model_hash: str = "abc") -> choose.Chosen:
        return load_decoder(self.directory, WINDOW, model_hash=model_hash, again=again)

    def on_accelerator(self, directory: Path, max_tokens: int, device: str, name: str) -> Decoder:
        from copilot.decode.torch_decoder import TorchDecoder

        assert (device, name) == ("cuda", GPU)
        if self.fails:
            raise ParameterError(self.fails)
        return TorchDecoder.load(directory, max_tokens, "cpu")

    def burst(self, decoder: Decoder, max_tokens: int) -> float:
        self.measured += 1
        return 1.0 if isinstance(decoder, NumbaDecoder) else self.accelerator_ms


@pytest.fixture(scope="module")
def directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_pair(SHAPES["grouped"], tmp_path_factory.mktemp("chosen")).directory


@pytest.fixture
def rig(directory: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Rig:
    rig = Rig(directory)
    monkeypatch.setenv("COPILOT_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(choose, "accelerator_sign", lambda: Sign("cuda", "/dev/thing0"))
    monkeypatch.setattr(choose, "describe_accelerator", lambda _: GPU)
    monkeypatch.setattr(choose, "burst_ms", rig.burst)
    monkeypatch.setattr(choose, "_on_accelerator", rig.on_accelerator)
    versions = {"torch": "2.99"}
    real = importlib.metadata.version
    monkeypatch.setattr(importlib.metadata, "version", lambda name: versions.get(name) or real(name))
    return rig


def test_the_faster_one_plays_and_is_remembered(rig: Rig) -> None:
    """A later start measures nothing and says the same reason; another model is measured for itself."""
    first = rig.load()
    assert first.choice.device == "cuda" and not isinstance(first.decoder, NumbaDecoder)
    assert first.choice.reason == f"measured: 0.01 ms a step on {GPU}, 1.00 ms on the processor"
    assert rig.measured == 2
    again = rig.load()
    assert again.choice == first.choice and type(again.decoder) is type(first.decoder)
    assert rig.measured == 2
    rig.load(model_hash="other")
    assert rig.measured == 4


def test_an_accelerator_that_gains_little_is_left_alone(rig: Rig) -> None:
    """It costs seconds at each start: nearly as fast is not fast enough. Measured again when asked."""
    rig.accelerator_ms = 0.9
    chosen = rig.load()
    assert chosen.choice.device == "cpu" and isinstance(chosen.decoder, NumbaDecoder)
    assert "0.90 ms" in chosen.choice.reason
    rig.accelerator_ms = 0.1
    assert rig.load().choice.device == "cpu"
    assert rig.load(again=True).choice.device == "cuda"
    assert rig.load().choice.device == "cuda"


def test_a_failure_is_said_and_not_kept(rig: Rig) -> None:
    """The processor plays while the accelerator can't; once it can, it is measured."""
    rig.fails = "cuda can't be used: out of memory"
    failed = rig.load()
    assert (failed.choice.device, failed.choice.reason) == ("cpu", rig.fails)
    rig.fails = ""
    assert rig.load().choice.device == "cuda"


def test_an_accelerator_that_torch_can_not_use_is_asked_for_once(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Importing torch only to hear the same again would cost each start 2 s; `again` asks."""
    asked: list[str] = []

    def refuse(device: str) -> str:
        asked.append(device)
        raise ParameterError("cuda can't be used: no driver")

    monkeypatch.setattr(choose, "describe_accelerator", refuse)
    reasons = {rig.load().choice.reason for _ in range(3)}
    assert reasons == {"cuda can't be used: no driver; `copilot doctor` looks again"}
    assert asked == ["cuda"]
    monkeypatch.setattr(choose, "describe_accelerator", lambda _: GPU)
    assert rig.load(again=True).choice.device == "cuda"


def test_a_remembered_accelerator_that_is_gone_gives_way(rig: Rig, caplog: pytest.LogCaptureFixture) -> None:
    """The jam starts on the processor, with a line that says why."""
    rig.load()
    rig.fails = "cuda can't be used: it was pulled out"
    chosen = rig.load()
    assert chosen.choice.device == "cpu" and isinstance(chosen.decoder, NumbaDecoder)
    assert "pulled out; playing on the processor" in caplog.text


@pytest.mark.parametrize("kept", [b"", b"{}", b'{"device":"toaster","reason":"x"}', b"\xff"])
def test_a_spoilt_memory_is_measured_over(rig: Rig, kept: bytes) -> None:
    """Whatever stands in the cache folder, a start succeeds."""
    rig.load()
    (file,) = (user_cache_folder() / "devices").iterdir()
    file.write_bytes(kept)
    assert rig.load().choice.device == "cuda"
    assert rig.measured == 4


def test_a_cache_folder_that_can_not_be_written_costs_only_time(
    rig: Rig, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file where the folder should be: each start measures."""
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("COPILOT_CACHE", str(tmp_path / "file"))
    assert rig.load().choice == rig.load().choice
    assert rig.measured == 4


def test_the_processor_can_be_asked_for(rig: Rig) -> None:
    """Then nothing is measured."""
    chosen = load_decoder(rig.directory, WINDOW, device="cpu", model_hash="abc")
    assert isinstance(chosen.decoder, NumbaDecoder) and chosen.choice.reason == "asked for"
    assert rig.measured == 0


def test_a_device_that_is_not_here_is_one_line(directory: Path) -> None:
    """An explicit wish is not quietly turned into something else."""
    for device in ("cuda", "mps"):
        try:
            devices.describe_accelerator(device)
        except ParameterError as error:
            assert "auto" in str(error) and "\n" not in str(error)
            with pytest.raises(ParameterError, match=f"{device} can't be used"):
                load_decoder(directory, WINDOW, device=device, model_hash="abc")


def test_what_torch_raises_is_one_line(directory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Memory that runs out, or a driver that fails, comes with what to do."""
    from copilot.decode.torch_decoder import TorchDecoder

    def fail(*_: object) -> None:
        raise RuntimeError("CUDA out of memory.\nA long story")

    monkeypatch.setattr(TorchDecoder, "load", fail)
    monkeypatch.setattr(choose, "describe_accelerator", lambda _: GPU)
    with pytest.raises(ParameterError) as caught:
        load_decoder(directory, WINDOW, device="cuda", model_hash="abc")
    assert "CUDA out of memory.: free its memory" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_torch_for_the_processor_is_told_without_importing_it(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A GPU under a CPU build of torch: the reason names the build."""
    monkeypatch.setattr(importlib.metadata, "version", lambda _: "2.13.0+cpu")
    reason = rig.load().choice.reason
    assert "/dev/thing0" in reason and "2.13.0+cpu" in reason
    assert rig.measured == 0


def test_a_burst_leaves_nothing_behind(directory: Path) -> None:
    """It times steps, and the decoder holds nothing afterwards."""
    decoder = NumbaDecoder.load(directory, WINDOW)
    decoder.warm_up()
    began = time.perf_counter()
    spent_ms = choose.burst_ms(decoder, WINDOW)
    assert (
        0 < spent_ms * choose.BURST / 2 < (time.perf_counter() - began) * 1e3
    )  # half take the median or more
    assert decoder.ids == []


def test_without_a_sign_torch_is_not_imported(directory: Path) -> None:
    """Importing it takes 2 s, at every start."""
    code = (
        "import sys; from pathlib import Path; from copilot.decode import choose\n"
        "choose.accelerator_sign = lambda: None\n"
        f"chosen = choose.load_decoder(Path({str(directory)!r}), {WINDOW}, model_hash='abc')\n"
        "print(chosen.choice.device, 'torch' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["cpu", "False"]
