"""The sampler chain, built from llama.cpp's samplers in the order of core.sampling.SAMPLER_ORDER."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import llama_cpp

from chatapp.core.sampling import PENALTY_WINDOW, SAMPLER_ORDER, SamplingSettings
from chatapp.workers.engine.llama.context import Context

_MIN_KEEP = 1  # a cutting sampler leaves at least the most likely token

# None: this sampler changes nothing with these settings and is left out of the chain.
_MAKERS: dict[str, Callable[[SamplingSettings, int, int], Any]] = {
    "penalties": lambda s, _seed, n_vocab: (
        llama_cpp.llama_sampler_init_penalties(n_vocab, PENALTY_WINDOW, s.repeat_penalty, 0.0, 0.0)
        if s.repeat_penalty != 1.0
        else None
    ),
    "top_k": lambda s, _seed, _n: llama_cpp.llama_sampler_init_top_k(s.top_k) if s.top_k > 0 else None,
    "top_p": lambda s, _seed, _n: llama_cpp.llama_sampler_init_top_p(s.top_p, _MIN_KEEP) if s.top_p < 1.0 else None,
    "min_p": lambda s, _seed, _n: llama_cpp.llama_sampler_init_min_p(s.min_p, _MIN_KEEP) if s.min_p > 0.0 else None,
    "temperature": lambda s, _seed, _n: (
        llama_cpp.llama_sampler_init_temp(s.temperature) if s.temperature != 1.0 else None
    ),
    "draw": lambda s, seed, _n: (
        llama_cpp.llama_sampler_init_dist(seed) if s.temperature > 0.0 else llama_cpp.llama_sampler_init_greedy()
    ),
}


class SamplerChain:
    """Draws tokens with one lane's settings; `names` are the samplers in force, in order."""

    def __init__(self, settings: SamplingSettings, *, seed: int, n_vocab: int) -> None:
        self._chain = llama_cpp.llama_sampler_chain_init(llama_cpp.llama_sampler_chain_default_params())
        self.names: list[str] = []
        for name in SAMPLER_ORDER:
            sampler = _MAKERS[name](settings, seed, n_vocab)
            if sampler:
                llama_cpp.llama_sampler_chain_add(self._chain, sampler)
                self.names.append(name)

    def draw(self, context: Context) -> int:
        """The next token id, drawn from the logits of the context's last token and remembered for the penalties."""
        return int(llama_cpp.llama_sampler_sample(self._chain, context.handle, -1))

    def close(self) -> None:
        llama_cpp.llama_sampler_free(self._chain)
        self._chain = None
