"""The sampler chain, built from llama.cpp's samplers in the order of core.sampling.SAMPLER_ORDER."""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from typing import Any

import llama_cpp
import numpy as np
import numpy.typing as npt

from chatapp.core.sampling import PENALTY_WINDOW, SAMPLER_ORDER, SamplingSettings

_CANDIDATE = np.dtype([("id", np.int32), ("logit", np.float32), ("p", np.float32)])  # llama_token_data
_MIN_KEEP = 1  # a cutting sampler leaves at least the most likely token
_MARGINS = (8.0, 16.0)  # below the best logit, where the top k are looked for anew
_MANY, _RISE = 32, 0.25  # with that many times k above the floor it rises by so much

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
        self._candidates = np.zeros(n_vocab, dtype=_CANDIDATE)
        self._ids = np.arange(n_vocab, dtype=np.int32)
        self._array = llama_cpp.llama_token_data_array()
        self._data = self._candidates.ctypes.data_as(llama_cpp.llama_token_data_p)
        self._chain = llama_cpp.llama_sampler_chain_init(llama_cpp.llama_sampler_chain_default_params())
        self.names: list[str] = []
        for name in SAMPLER_ORDER:
            sampler = _MAKERS[name](settings, seed, n_vocab)
            if sampler:
                llama_cpp.llama_sampler_chain_add(self._chain, sampler)
                self.names.append(name)
        self._top_k = settings.top_k if self.names[0] == "top_k" else 0  # 0: something else needs all candidates
        self._floor = np.float32(np.inf)

    def draw(self, logits: npt.NDArray[np.float32]) -> int:
        """The next token id, drawn from `logits`, float32 (n_vocab,), and remembered for the penalties."""
        size = self._fill(logits)
        array = self._array
        array.data, array.size, array.selected, array.sorted = self._data, size, -1, False
        llama_cpp.llama_sampler_apply(self._chain, ctypes.byref(array))
        token = int(array.data[array.selected].id)
        llama_cpp.llama_sampler_accept(self._chain, token)
        return token

    def _fill(self, logits: npt.NDArray[np.float32]) -> int:
        """Makes the candidates, in the order of their ids; returns how many there are."""
        ids: npt.NDArray[np.signedinteger] = self._ids
        if self._top_k and len(near := self._above_floor(logits)) >= self._top_k:
            ids, logits = near, logits[near]
        size = len(ids)
        self._candidates["id"][:size] = ids
        self._candidates["logit"][:size] = logits
        self._candidates["p"][:size] = 0.0
        return size

    def _above_floor(self, logits: npt.NDArray[np.float32]) -> npt.NDArray[np.signedinteger]:
        """The places of all logits above a floor. The top k are among them if there are k.

        The floor follows the logits from step to step. Few calls matter here: with the caches full of weights,
        each function of numpy costs 10 to 40 us, whatever it does.
        """
        near = np.flatnonzero(logits > self._floor)
        if len(near) > _MANY * self._top_k:
            self._floor += np.float32(_RISE)
        elif len(near) < self._top_k:
            best = logits.max()
            for margin in _MARGINS:
                self._floor = best - np.float32(margin)
                near = np.flatnonzero(logits > self._floor)
                if len(near) >= self._top_k:
                    break
        return near

    def close(self) -> None:
        llama_cpp.llama_sampler_free(self._chain)
        self._chain = None
