"""LoRA adapters for the starter model, made by the tests."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from tests.gguf_files import FLOAT32, HEAD, N_EMBD, N_HEADS, STRING, GgufFile

WIDTH, RANK, ALPHA = 576, 4, 8.0
QUERY = "blk.{}.attn_q.weight"  # 576 in, 576 out


def adapter(
    layers: Iterable[int] = range(4), *, seed: int = 1, size: float = 0.05, architecture: str = "llama"
) -> GgufFile:
    """Changes the queries of some layers by random values of about `size`."""
    file = GgufFile()
    file.set("general.type", STRING, "adapter")
    file.set("general.architecture", STRING, architecture)
    file.set("adapter.type", STRING, "lora")
    file.set("adapter.lora.alpha", FLOAT32, ALPHA)
    random = np.random.default_rng(seed)
    for layer in layers:
        add_pair(file, QUERY.format(layer), random, size)
    return file


def add_pair(
    file: GgufFile, name: str, random: np.random.Generator, size: float = 0.05, shape: tuple[int, int] = (WIDTH, WIDTH)
) -> None:
    """A and B for a tensor with `shape` (values in, values out)."""
    wide, tall = shape
    file.add(f"{name}.lora_a", random.standard_normal((RANK, wide)).astype(np.float32) * np.float32(size))
    file.add(f"{name}.lora_b", random.standard_normal((tall, RANK)).astype(np.float32) * np.float32(size))


def tiny_adapter(*, architecture: str = "llama", base: str = "", seed: int = 1) -> GgufFile:
    """For the model of `tiny_model`."""
    file = adapter((), architecture=architecture)
    if base:
        file.set("general.base_model.0.name", STRING, base)
    add_pair(file, QUERY.format(0), np.random.default_rng(seed), shape=(N_EMBD, N_HEADS * HEAD))
    return file
