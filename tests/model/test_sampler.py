"""The sampler chain beside llama.cpp's own samplers over the whole vocabulary."""

from __future__ import annotations

import ctypes
import random

import llama_cpp
import numpy as np
import numpy.typing as npt
import pytest

from chatapp.core.sampling import SamplingSettings
from chatapp.workers.engine.llama.sampler import SamplerChain

pytestmark = pytest.mark.model


def drawn_by_llama_cpp(logits: npt.NDArray[np.float32], *, top_k: int, seed: int, n: int) -> list[int]:
    chain = llama_cpp.llama_sampler_chain_init(llama_cpp.llama_sampler_chain_default_params())
    for sampler in (
        llama_cpp.llama_sampler_init_top_k(top_k),
        llama_cpp.llama_sampler_init_top_p(0.95, 1),
        llama_cpp.llama_sampler_init_temp(0.8),
        llama_cpp.llama_sampler_init_dist(seed),
    ):
        llama_cpp.llama_sampler_chain_add(chain, sampler)
    tokens = []
    for _ in range(n):
        data = (llama_cpp.llama_token_data * len(logits))()
        for at, logit in enumerate(logits):
            data[at].id, data[at].logit = at, logit
        array = llama_cpp.llama_token_data_array(data, len(logits), -1, False)
        llama_cpp.llama_sampler_apply(chain, ctypes.byref(array))
        tokens.append(int(array.data[array.selected].id))
    llama_cpp.llama_sampler_free(chain)
    return tokens


@pytest.mark.parametrize("n_vocab", [300, 5120, 32_001])
@pytest.mark.parametrize("top_k", [1, 40, 200])
@pytest.mark.parametrize("shape", ["normal", "ties", "all equal", "peak at the end", "cut off"])
def test_looking_only_at_the_best_changes_no_draw(n_vocab: int, top_k: int, shape: str, rng: random.Random) -> None:
    seed = rng.randrange(2**31)
    numbers = np.random.default_rng(seed)
    logits = numbers.normal(0, 3, n_vocab).astype(np.float32)
    match shape:
        case "ties":
            logits = logits.round()
        case "all equal":
            logits[:] = 1.5
        case "peak at the end":
            logits[-3:] = 30.0
        case "cut off":
            logits[numbers.random(n_vocab) < 0.999] = -np.inf
    settings = SamplingSettings(top_k=top_k, top_p=0.95, min_p=0.0, temperature=0.8)
    chain = SamplerChain(settings, seed=seed, n_vocab=n_vocab)
    found = [chain.draw(logits) for _ in range(8)]
    chain.close()
    expected = drawn_by_llama_cpp(logits, top_k=top_k, seed=seed, n=8)
    if len(set(logits[np.isfinite(logits)])) == np.isfinite(logits).sum():
        assert found == expected
    assert [logits[token] for token in found] == [logits[token] for token in expected]  # equal ones in any order
