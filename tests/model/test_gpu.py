"""Offloading on a real backend, by `scripts/vulkan.sh`: device list, memory fit, layer split, refusals."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from chatapp.core.errors import AppError, ErrorKind
from chatapp.core.models import AUTO_GPU_LAYERS, LoadSpec
from chatapp.core.sampling import SamplingSettings
from chatapp.protocol.engine import Finished, RawPrompt
from chatapp.storage.paths import Paths
from chatapp.workers.client import EngineClient

pytestmark = [pytest.mark.model, pytest.mark.gpu]


def text_of(client: EngineClient, n: int = 6) -> str:
    prompt = RawPrompt(text="The capital of France is")
    *_, last = client.generate(prompt, SamplingSettings(temperature=0.0, max_tokens=n))
    assert isinstance(last, Finished)
    return last.text


def test_the_device_and_its_memory_are_listed() -> None:
    with EngineClient() as client:
        backend = client.ready.backend
    gpus = [device for device in backend.devices if device.kind in ("gpu", "igpu")]
    assert backend.gpu_offload
    assert gpus
    assert all(0 < device.free_bytes <= device.total_bytes for device in gpus)


@pytest.mark.parametrize(("asked", "got"), [(0, 0), (10, 10), (AUTO_GPU_LAYERS, 31)])
def test_layers_go_where_they_were_asked_to(starter_model: Path, asked: int, got: int) -> None:
    with EngineClient() as client:
        model = client.load(LoadSpec(path=str(starter_model), n_ctx=512, n_threads=1, n_gpu_layers=asked))
        assert (model.n_gpu_layers, model.n_layers) == (got, 30)
        assert "Paris" in text_of(client)


def test_auto_takes_fewer_layers_where_a_long_context_needs_the_memory(starter_model: Path) -> None:
    with EngineClient() as client:
        (gpu,) = [device for device in client.ready.backend.devices if device.kind in ("gpu", "igpu")]
        per_token = 30 * 3 * (64 + 64) * 2
        n_ctx = int(gpu.free_bytes * 1.3 / per_token) // 256 * 256
        model = client.load(LoadSpec(path=str(starter_model), n_ctx=n_ctx, n_threads=1))
        assert 0 < model.n_gpu_layers < 30
        assert text_of(client, 2)


def test_a_number_that_does_not_fit_is_explained_with_ways_out(starter_model: Path) -> None:
    with EngineClient() as client:
        (gpu,) = [device for device in client.ready.backend.devices if device.kind in ("gpu", "igpu")]
        n_ctx = int(gpu.free_bytes * 4 / (30 * 3 * (64 + 64) * 2)) // 256 * 256
        with pytest.raises(AppError) as caught:
            client.load(LoadSpec(path=str(starter_model), n_ctx=n_ctx, n_threads=1, n_gpu_layers=31))
        info = caught.value.info
        assert info.kind is ErrorKind.MODEL_LOAD
        assert "do not fit on the GPU" in info.message
        assert "--gpu-layers 0" in info.advice
        ways = info.params["ways"].split("; ")
        assert ways[0].startswith("--ctx ")
        smaller = int(ways[0].removeprefix("--ctx "))
        model = client.load(LoadSpec(path=str(starter_model), n_ctx=smaller, n_threads=1, n_gpu_layers=31))
        assert model.n_gpu_layers == 31


def test_the_terminal_tells_devices_and_layers(starter_library: Paths) -> None:
    command = [sys.executable, "-m", "chatapp", "selfcheck", "--json", "--gpu-layers", "10", "--threads", "1"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    details = {record["name"]: record["detail"] for record in map(json.loads, done.stdout.splitlines())}
    assert "free)" in details["engine worker"]
    assert "10 of 31 layers on the GPU" in details["one sentence"]
