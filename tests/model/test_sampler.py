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


def drawn_by_llama_cpp(steps: list[npt.NDArray[np.float32]], *, top_k: int, seed: int) -> list[int]:
    chain = llama_cpp.llama_sampler_chain_init(llama_cpp.llama_sampler_chain_default_params())
    for sampler in (
        llama_cpp.llama_sampler_init_top_k(top_k),
        llama_cpp.llama_sampler_init_top_p(0.95, 1),
        llama_cpp.llama_sampler_init_temp(0.8),
        llama_cpp.llama_sampler_init_dist(seed),
    ):
        llama_cpp.llama_sampler_chain_add(chain, sampler)
    tokens = []
    for logits in steps:
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

    def one_step() -> npt.NDArray[np.float32]:
        logits = numbers.normal(numbers.normal(0, 9), numbers.uniform(0.1, 6), n_vocab).astype(np.float32)
        match shape:
            case "ties":
                logits = logits.round()
            case "all equal":
                logits[:] = 1.5
            case "peak at the end":
                logits[-3:] = 30.0, 31.0, 32.0
            case "cut off":
                logits[1:][numbers.random(n_vocab - 1) < 0.999] = -np.inf  # never all: nothing could be drawn
        return logits

    steps = [one_step() for _ in range(12)]
    chain = SamplerChain(
        SamplingSettings(top_k=top_k, top_p=0.95, min_p=0.0, temperature=0.8), seed=seed, n_vocab=n_vocab
    )
    found = [chain.draw(logits) for logits in steps]
    chain.close()
    expected = drawn_by_llama_cpp(steps, top_k=top_k, seed=seed)
    values = list(zip(steps, found, expected, strict=True))
    assert [logits[mine] for logits, mine, _ in values] == [logits[theirs] for logits, _, theirs in values]
    if shape in ("normal", "peak at the end"):
        assert found == expected  # equal logits may come in any order


@pytest.mark.parametrize("others", [-50.0, -6.0, 9.0])  # far from the best, nearer, near
@pytest.mark.parametrize("top_k", [2, 3, 5])
def test_top_k_leaves_k_and_is_seen_to_cut_what_was_never_looked_at(top_k: int, others: float) -> None:
    logits = np.full(300, others, dtype=np.float32)
    logits[[7, 70, 170]] = 10.0, 9.5, 9.25
    settings = SamplingSettings(top_k=top_k, top_p=0.999, min_p=0.0)
    chain = SamplerChain(settings, seed=1, n_vocab=300)
    chain.watched = True
    chain.draw(logits)
    name, left = chain.last_draw().cuts[0]
    assert name == "top_k"
    assert len(left) == top_k
    assert set(left.tolist()) >= set([7, 70, 170][:top_k])
    chain.close()
