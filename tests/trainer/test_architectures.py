"""The trainer's model gives llama.cpp's distributions, for every architecture that it takes; others it refuses."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch

from chatapp.core.errors import AppError, ErrorKind
from chatapp.core.model_file import checked_header
from chatapp.core.training import TrainingSettings
from chatapp.workers.trainer.architectures import ARCHITECTURES, plan_of
from chatapp.workers.trainer.base import BaseModel, read_base
from chatapp.workers.trainer.loss import log_probabilities
from tests.gguf_files import FLOAT32, STRING, UINT32, GgufFile
from tests.trainer.tiny import Logits, divergences, engine_logits, tiny

N_TOKENS = 70


def plain(architecture: str) -> GgufFile:
    return tiny(architecture, tied=architecture != "phi3", bias=architecture == "qwen2")


def llama_with_biases() -> GgufFile:
    return tiny("llama", tied=False, bias=True)


def linear_scaling() -> GgufFile:
    file = tiny("llama")
    file.set("llama.rope.scaling.type", STRING, "linear")
    file.set("llama.rope.scaling.factor", FLOAT32, 4.0)
    return file


def rope_factors() -> GgufFile:
    """As Llama 3.1 has them."""
    file = tiny("llama")
    file.add("rope_freqs.weight", np.linspace(1, 8, 8).astype(np.float32))
    return file


def gemma2_with_windows() -> GgufFile:
    file = tiny("gemma2", layers=3)
    file.set("gemma2.attention.sliding_window", UINT32, 16)
    file.set("gemma2.attn_logit_softcapping", FLOAT32, 2.0)
    file.set("gemma2.final_logit_softcapping", FLOAT32, 3.0)
    return file


def gemma3_with_windows() -> GgufFile:
    """Its layers with a window rotate by another base and without the scaling of the others."""
    file = tiny("gemma3", layers=7)
    file.set("gemma3.attention.sliding_window", UINT32, 16)
    file.set("gemma3.rope.scaling.type", STRING, "linear")
    file.set("gemma3.rope.scaling.factor", FLOAT32, 8.0)
    return file


MODELS: dict[str, Callable[[], GgufFile]] = {
    **{name: (lambda name=name: plain(name)) for name in ARCHITECTURES},
    **{make.__name__: make for make in (llama_with_biases, linear_scaling, rope_factors)},
    **{make.__name__: make for make in (gemma2_with_windows, gemma3_with_windows)},
}


def logits_of(base: BaseModel, ids: list[int]) -> Logits:
    with torch.no_grad():
        hidden = base.body(input_ids=torch.tensor([ids])).last_hidden_state[0]
        found: Logits = log_probabilities(hidden, base.head, base.plan.softcap).numpy()
    return found


def read(path: Path, *, packed: bool = False) -> BaseModel:
    return read_base(str(path), TrainingSettings(), packed=packed, device=torch.device("cpu"))


@pytest.mark.parametrize("name", MODELS)
def test_each_model_computes_what_llama_cpp_does(name: str, tmp_path: Path) -> None:
    path = MODELS[name]().write(tmp_path / "model.gguf")
    ids = [int(token) for token in np.random.default_rng(2).integers(3, 90, N_TOKENS)]
    expected = engine_logits(path, ids)
    assert divergences(expected, logits_of(read(path), ids)).max() < 1e-6
    assert divergences(expected, logits_of(read(path, packed=True), ids)).max() < 1e-6
    assert divergences(expected, np.zeros_like(expected)).min() > 1e-3


@pytest.mark.parametrize(("architecture", "largest"), [("gemma2", 46), ("gemma3", 62)])
def test_scores_of_the_largest_gemmas_are_scaled_by_another_number(
    architecture: str, largest: int, tmp_path: Path
) -> None:
    scalars = []
    for layers in (largest - 1, largest):
        file = tiny(architecture, layers=1)
        file.set(f"{architecture}.block_count", UINT32, layers)
        for name in ("key_length", "value_length"):
            file.set(f"{architecture}.attention.{name}", UINT32, 32)
        path = str(file.write(tmp_path / "model.gguf"))
        scalars.append(plan_of(path, checked_header(path)).config["query_pre_attn_scalar"])
    assert scalars == [32, 64 // 4]  # the length of a head; n_embd / heads


def changed(file: GgufFile, key: str, kind: int, value: str | float) -> GgufFile:
    file.set(key, kind, value)
    return file


REFUSED: dict[str, tuple[Callable[[], GgufFile], str]] = {
    "architecture": (lambda: tiny("smollm3"), "its architecture smollm3 is not known"),
    "yarn": (lambda: changed(tiny(), "llama.rope.scaling.type", STRING, "yarn"), "scaled by yarn"),
    "attention factor": (lambda: changed(tiny(), "llama.rope.scaling.attn_factor", FLOAT32, 1.2), "attn_factor means"),
    "unknown key": (lambda: changed(tiny(), "llama.logit_scale", FLOAT32, 2.0), "llama.logit_scale means"),
    "base of windows": (
        lambda: changed(tiny("gemma2"), "gemma2.rope.freq_base_swa", FLOAT32, 9.0),
        "differs from gemma2.rope.freq_base",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_it_does_not_compute_as_llama_cpp_is_refused_with_the_reason(name: str, tmp_path: Path) -> None:
    make, reason = REFUSED[name]
    with pytest.raises(AppError) as caught:
        read(make().write(tmp_path / "model.gguf"))
    assert caught.value.info.kind is ErrorKind.MODEL_LOAD
    assert reason in caught.value.info.message
    assert "llama" in caught.value.info.advice


def test_longrope_and_tensors_without_a_use_are_refused(tmp_path: Path) -> None:
    file = tiny("phi3", tied=False)
    for kind in ("long", "short"):
        file.add(f"rope_factors_{kind}.weight", np.ones(8, dtype=np.float32))
    with pytest.raises(AppError, match="LongRoPE"):
        read(file.write(tmp_path / "long.gguf"))
    file = tiny("qwen2")
    file.add("output.weight", np.zeros((99, 64), dtype=np.float32))
    file.add("output.bias", np.zeros(99, dtype=np.float32))
    with pytest.raises(AppError, match=r"no use for the tensor output\.bias"):
        read(file.write(tmp_path / "bias.gguf"))
