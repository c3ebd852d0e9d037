from __future__ import annotations

import os
import subprocess
import sys
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tiny_models

from hipjoint.errors import InputError, ModelError
from hipjoint.models import Backend, onnx_backend, open_backend
from hipjoint.models.backend import GpuMemoryError
from hipjoint.models.backends import WithFallback
from hipjoint.models.onnx_backend import CUDA, OnnxBackend

KINDS: list[Any] = [OnnxBackend]
if find_spec("openvino"):
    from hipjoint.models.openvino_backend import OpenVinoBackend

    KINDS.append(OpenVinoBackend)


@pytest.fixture(params=KINDS)
def a_backend(request: pytest.FixtureRequest, a_model: Path) -> Backend:
    return request.param(a_model, 1)


@pytest.fixture
def no_cuda(monkeypatch: pytest.MonkeyPatch) -> None:
    """The installed ONNX Runtime is the one for the processor."""
    monkeypatch.setattr(onnx_backend.onnxruntime, "get_available_providers", lambda: ["CPUExecutionProvider"])


@pytest.fixture
def cuda_without_a_card(monkeypatch: pytest.MonkeyPatch) -> None:
    """ONNX Runtime says that it is built for CUDA, but CUDA does not start."""
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "-1")
    monkeypatch.setattr(onnx_backend.onnxruntime, "get_available_providers", lambda: [CUDA, "CPUExecutionProvider"])


def some_channels(*shape: int) -> np.ndarray:
    return np.random.default_rng(1).normal(size=(1, tiny_models.CHANNELS, *shape)).astype(np.float32)


def tolerance(backend: Backend) -> float:
    return {"f32": 1e-5, "bf16": 0.02}[str(backend.info["precision"])]


def test_a_back_end_computes_what_the_model_says(a_backend: Backend, the_weights: np.ndarray) -> None:
    x = some_channels(5, 6, 7)
    answer = a_backend.run(x)
    assert answer.dtype == np.float32
    np.testing.assert_allclose(answer, tiny_models.expected(x, the_weights), atol=tolerance(a_backend))


def test_a_back_end_takes_windows_of_any_size_one_after_the_other(a_backend: Backend, the_weights: np.ndarray) -> None:
    for shape in ((4, 4, 4), (3, 5, 8), (4, 4, 4)):
        x = some_channels(*shape)
        np.testing.assert_allclose(a_backend.run(x), tiny_models.expected(x, the_weights), atol=tolerance(a_backend))


def test_an_answer_belongs_to_the_caller(a_backend: Backend) -> None:
    x = some_channels(4, 4, 4)
    first = a_backend.run(x)
    kept = first.copy()
    first *= 0
    second = a_backend.run(x)
    np.testing.assert_array_equal(second, kept)
    a_backend.run(x + 1)
    np.testing.assert_array_equal(second, kept)


def test_the_run_manifest_can_say_what_really_ran(a_backend: Backend) -> None:
    info = a_backend.info
    package = {"OpenVINO": "openvino", "ONNX Runtime": "onnxruntime"}[str(info["library"])]
    assert str(info["version"]).startswith(version(package))
    assert (info["provider"], info["threads"]) == ("CPU", 1)
    assert a_backend.name.startswith(f"{info['library']} CPU")


@pytest.mark.parametrize("kind", KINDS)
def test_a_file_that_is_not_a_model_is_refused_in_one_sentence(kind: Any, tmp_path: Path) -> None:
    path = tmp_path / "text.onnx"
    path.write_text("not a model")
    with pytest.raises(ModelError, match=r"^The model file .*text\.onnx cannot be read as ONNX: [^.]*\.$"):
        kind(path, 1)


@pytest.mark.usefixtures("no_cuda")
@pytest.mark.parametrize("device", ["auto", "cpu"])
def test_the_fastest_library_for_the_processor_is_taken(a_model: Path, device: str) -> None:
    fastest = "OpenVINO CPU" if find_spec("openvino") else "ONNX Runtime CPU"
    assert open_backend(a_model, device).name.startswith(fastest)


@pytest.mark.usefixtures("no_cuda")
def test_the_number_of_threads_can_be_given(a_model: Path) -> None:
    assert open_backend(a_model, threads=1).info["threads"] == 1


@pytest.mark.usefixtures("no_cuda")
def test_cuda_with_the_package_for_the_processor_names_the_package_to_install(a_model: Path) -> None:
    with pytest.raises(InputError, match=r"^CUDA cannot be used because .* onnxruntime-gpu .* 'cpu'\.$"):
        open_backend(a_model, "cuda")


@pytest.mark.usefixtures("cuda_without_a_card")
@pytest.mark.filterwarnings("ignore:Specified provider")
def test_cuda_that_does_not_start_names_the_driver(a_model: Path) -> None:
    with pytest.raises(InputError, match=r"^CUDA cannot be used although .* NVIDIA driver .* 'cpu'\.$"):
        open_backend(a_model, "cuda")


@pytest.mark.usefixtures("cuda_without_a_card")
@pytest.mark.filterwarnings("ignore:Specified provider")
def test_auto_takes_the_processor_where_cuda_does_not_start(a_model: Path) -> None:
    assert open_backend(a_model, "auto").info["provider"] == "CPU"


def test_an_unknown_device_is_refused_with_the_known_ones(a_model: Path) -> None:
    with pytest.raises(InputError, match="no device 'tpu': choose one of auto, cpu, cuda"):
        open_backend(a_model, "tpu")


class FullCard:
    """A graphics card whose memory is used up after one window."""

    name, info = "ONNX Runtime CUDA", {"provider": "CUDA"}

    def __init__(self, backend: Backend) -> None:
        self.backend, self.left = backend, 1

    def run(self, x: np.ndarray) -> np.ndarray:
        self.left -= 1
        if self.left < 0:
            raise GpuMemoryError
        return self.backend.run(x)


def test_when_the_card_is_full_the_processor_goes_on_and_says_so_once(a_model: Path) -> None:
    cpu, notes = OnnxBackend(a_model, 1), []
    backend = WithFallback(FullCard(cpu), lambda: cpu, notes.append)
    x = some_channels(4, 4, 4)
    answers = [backend.run(x)]
    assert (backend.name, notes) == ("ONNX Runtime CUDA", [])
    answers += [backend.run(x), backend.run(x)]
    assert notes == ["The graphics card has too little free memory: going on with ONNX Runtime CPU, which is slower."]
    assert (backend.name, backend.info["provider"]) == ("ONNX Runtime CPU", "CPU")
    for answer in answers:
        np.testing.assert_array_equal(answer, cpu.run(x))


def test_the_words_of_a_full_memory_are_understood(tmp_path: Path) -> None:
    backend = OnnxBackend(tiny_models.without_end_of_memory(tmp_path / "huge.onnx"), 1)
    # The allocator and its words are the same on the card and on the processor.
    backend.cuda = True
    with pytest.raises(GpuMemoryError):
        backend.run(np.ones((1, 1, 2, 2, 2), np.float32))


def test_computing_calls_nobody_and_leaves_nothing_in_the_home_folder(a_model: Path, tmp_path: Path) -> None:
    program = (
        "import socket, sys, numpy as np\n"
        "def call(*a): raise SystemExit('somebody was called')\n"
        "socket.getaddrinfo = socket.socket.connect = call\n"
        "from pathlib import Path\n"
        "from hipjoint.models import open_backend\n"
        f"backend = open_backend(Path({str(a_model)!r}))\n"
        "backend.run(np.zeros((1, 2, 4, 4, 4), np.float32))\n"
        "assert not any(name.startswith('openvino_telemetry') and sys.modules[name] for name in sys.modules)\n"
    )
    home = tmp_path / "home"
    home.mkdir()
    kept = {key: value for key, value in os.environ.items() if key not in {"CI", "TF_BUILD"}}
    env = {**kept, "HOME": str(home), "USERPROFILE": str(home), "PYTHONPATH": os.pathsep.join(sys.path)}
    subprocess.run([sys.executable, "-c", program], env=env, check=True, timeout=60)
    assert list(home.rglob("*")) == []
